"""The environment's readers say what is wrong, and production refuses to start without secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage.handler import StorageHandler
from django.test import override_settings
from storages.backends.s3 import S3Storage

from config import env, storage
from dev.lint import bare_environment, production
from dev.servers import ROOT

NEEDED = sorted(set(production()) - {"DJANGO_SETTINGS_MODULE", "ALLOWED_HOSTS"})


@pytest.mark.parametrize(
    ("read", "value", "said"),
    [
        (lambda: env.text("A_THING"), None, "A_THING is not set"),
        (lambda: env.text("A_THING"), "", "A_THING is not set"),
        (lambda: env.integer("A_THING", 3), "three", "A_THING='three' is not a whole number"),
        (lambda: env.url("A_THING"), None, "A_THING is not set"),
        (lambda: env.url("A_THING"), "ats.example.com", "is not a web address"),
        (lambda: env.url("A_THING"), "ftp://ats.example.com", "is not a web address"),
        (lambda: env.url("A_THING"), "https://", "is not a web address"),
        (lambda: env.fernet_keys("A_THING"), None, "A_THING is not set"),
        (lambda: env.fernet_keys("A_THING"), "short", "whatsapp_make_key"),
        (lambda: env.database("A_THING"), "sqlite:///db", "must be a PostgreSQL address"),
        (lambda: env.database("A_THING"), None, "A_THING is not set"),
    ],
)
def test_a_wrong_variable_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], object], value: str | None, said: str
) -> None:
    monkeypatch.delenv("A_THING", raising=False)
    if value is not None:
        monkeypatch.setenv("A_THING", value)
    with pytest.raises(ImproperlyConfigured, match="A_THING") as caught:
        read()
    assert said in str(caught.value)


def test_a_wrong_key_is_not_repeated_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_THING", "almost-a-key")
    with pytest.raises(ImproperlyConfigured) as caught:
        env.fernet_keys("A_THING")
    assert "almost-a-key" not in str(caught.value)


def test_right_values_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    monkeypatch.setenv("KEYS", f"{keys[0]} , {keys[1]},")
    monkeypatch.setenv("ADDRESS", "https://ats.example.com:8443/")
    monkeypatch.setenv("WORDS", "one, two,,")
    monkeypatch.setenv("DB", "postgresql://ats:secret@db:5432/ats")
    assert env.fernet_keys("KEYS") == keys
    assert env.url("ADDRESS") == "https://ats.example.com:8443"
    assert env.origin("https://ats.example.com:8443/a/b?c") == "https://ats.example.com:8443"
    assert env.words("WORDS") == ["one", "two"]
    assert env.words("NOT_THERE") == []
    assert env.integer("NOT_THERE", 7) == 7
    assert env.database("DB")["HOST"] == "db"


@pytest.mark.parametrize(("lease", "is_refused"), [(90, False), (66, False), (65, True)])
def test_a_lease_that_a_call_could_outlive_is_refused(lease: int, is_refused: bool) -> None:
    given = {"CONNECT_TIMEOUT": 5, "READ_TIMEOUT": 20, "SENDING_LEASE": lease}
    with override_settings(WHATSAPP=settings.WHATSAPP | given):
        found = [one for one in run_checks() if one.id == "whatsapp.E001"]
    assert bool(found) == is_refused
    if found:
        assert "WHATSAPP_SENDING_LEASE" in found[0].msg
        assert "= 65" in str(found[0].hint)


@pytest.mark.parametrize(("days", "is_refused"), [(30, False), (8, False), (7, True), (0, True)])
def test_webhooks_are_not_forgotten_while_meta_may_repeat_them(days: int, is_refused: bool) -> None:
    with override_settings(WHATSAPP=settings.WHATSAPP | {"WEBHOOK_RETENTION_DAYS": days}):
        found = [one for one in run_checks() if one.id == "whatsapp.E002"]
    assert bool(found) == is_refused
    if found:
        assert f"WEBHOOK_RETENTION_DAYS={days}" in found[0].msg
        assert found[0].hint == "Set it to 8 or more."


def found_by_checks(**changes: object) -> list[str]:
    with override_settings(**changes):
        return [one.id or "" for one in run_checks()]


@pytest.mark.parametrize(("lease", "is_refused"), [(301, False), (300, True)])
def test_a_lease_that_a_task_could_outlive_is_refused(lease: int, is_refused: bool) -> None:
    found = found_by_checks(WHATSAPP=settings.WHATSAPP | {"MEDIA_LEASE": lease})
    assert ("whatsapp.E003" in found) == is_refused


@pytest.mark.parametrize(
    ("percent", "is_refused"), [(0, False), (100, False), (-1, True), (101, True)]
)
def test_the_share_for_single_messages_is_a_percentage(percent: int, is_refused: bool) -> None:
    found = found_by_checks(WHATSAPP=settings.WHATSAPP | {"SINGLE_SHARE": percent})
    assert ("whatsapp.E005" in found) == is_refused


def test_production_says_where_files_are_kept() -> None:
    assert "whatsapp.E004" in found_by_checks(MEDIA_IS_KEPT=False)
    assert "whatsapp.E004" not in found_by_checks(MEDIA_IS_KEPT=True)
    assert "whatsapp.E004" not in found_by_checks(MEDIA_IS_KEPT=False, DEBUG=True)


def test_files_are_kept_in_a_folder_unless_a_bucket_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("S3_BUCKET", raising=False)
    backend = "django.core.files.storage.FileSystemStorage"
    assert storage.default()["BACKEND"] == backend
    assert settings.STORAGES["default"]["BACKEND"] == backend


def test_a_bucket_holds_private_objects_without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "S3_BUCKET": "caravella-files",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_S3_REGION_NAME": "eu-central-1",
        "AWS_S3_ENDPOINT_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    kept = StorageHandler({"default": storage.default()})["default"]
    assert isinstance(kept, S3Storage)
    assert (kept.bucket_name, kept.region_name) == ("caravella-files", "eu-central-1")
    assert (kept.access_key, kept.secret_key) == ("id", "secret")
    assert kept.endpoint_url == "http://127.0.0.1:9"
    # No list of ours makes an object public, and no address carries a signature.
    assert (kept.default_acl, kept.querystring_auth) == (None, False)
    # The name in the row is the name in the bucket.
    assert kept.get_available_name("whatsapp/1/2026/11/x") == "whatsapp/1/2026/11/x"


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Imports the production settings in a process of its own."""
    variables = bare_environment() | production() | changes
    return subprocess.run(
        [sys.executable, "-c", "import config.settings.prod"],
        env={name: value for name, value in variables.items() if value is not None},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_production_starts_with_all_it_needs() -> None:
    result = start()
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", NEEDED)
def test_production_refuses_to_start_without(name: str) -> None:
    result = start(**{name: None})
    assert result.returncode != 0
    assert f"ImproperlyConfigured: {name} is not set." in result.stderr


def test_the_settings_use_the_redis_database_of_this_worker() -> None:
    """The one that is emptied between tests, and no other worker's."""
    address = str(settings.REDIS_URL)
    assert os.environ["REDIS_URL"] == address
    assert address.endswith(f"/{int(os.environ['REDIS_OF_WORKER']) + 1}")
