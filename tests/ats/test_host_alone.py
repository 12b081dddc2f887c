"""The host without the module: it checks, and its pages render."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from ats.models import Candidate, CandidateValue, Company, Interview, User
from ats.tenancy import all_companies
from tests.factories.ats import count_all

ROOT = Path(__file__).resolve().parents[2]

PAGES = """
import io
import sys
import django
from django.conf import settings

settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()

from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from ats.models import Candidate, User
from ats.tenancy import all_companies

assert not apps.is_installed("whatsapp")
call_command("check")
with transaction.atomic():
    call_command("ats_demo", stdout=io.StringIO())
    client = Client(raise_request_exception=True)
    client.force_login(
        User.objects.get(email="carla@caravella.example"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    with all_companies():
        pk = Candidate.objects.filter(first_name="Amina").get().pk
    for url in ["/candidates/", f"/candidates/{pk}/", "/jobs/", "/settings/", "/account/"]:
        answer = client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        assert b"Inbox" not in answer.content
    assert client.get("/whatsapp/").status_code == 404
    transaction.set_rollback(True)
print("rendered")
"""


@pytest.mark.django_db
def test_the_host_works_without_the_module() -> None:
    name = str(connection.settings_dict["NAME"])
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.host_only",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", PAGES, name],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "rendered" in done.stdout


@pytest.mark.django_db
def test_the_demo_can_be_made_twice_and_leaves_two_companies_apart() -> None:
    call_command("ats_demo", stdout=io.StringIO())
    before = [count_all(model) for model in (Candidate, CandidateValue, Interview)]
    call_command("ats_demo", stdout=io.StringIO())
    assert [count_all(model) for model in (Candidate, CandidateValue, Interview)] == before
    assert Company.objects.count() == 2
    assert User.objects.get(email="alice@caravella.example").check_password("demo-pass-2026")
    with all_companies():
        numbered = CandidateValue.objects.filter(field__key="mobile").values("candidate_id")
        assert list(
            Candidate.objects.exclude(pk__in=numbered).values_list("first_name", flat=True)
        ) == ["Tobias"]
