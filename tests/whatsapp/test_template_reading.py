"""The life of a template as the sandbox's listing shows it, without a single webhook."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.whatsapp.office import Office, office
from whatsapp.connection.clients import client_for
from whatsapp.connection.listings import store_templates
from whatsapp.models import AdminNotice, MessageTemplate, Waba

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]
__all__ = ["office"]

# What Meta does, and what is different of our row then.
ACTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("quality", {"quality": "GREEN"}, {"quality": "GREEN"}),
    ("quality", {"quality": "RED"}, {"quality": "RED"}),
    ("pause", {}, {"status": "PAUSED"}),
    ("unpause", {}, {"status": "APPROVED"}),
    (
        "category",
        {"category": "MARKETING", "announced": True},
        {"next_category": "MARKETING"},
    ),
    (
        "category",
        {"category": "MARKETING"},
        {"category": "MARKETING", "previous_category": "UTILITY", "next_category": ""},
    ),
    ("reject", {"reason": "SCAM"}, {"status": "REJECTED", "rejected_reason": "SCAM"}),
    ("approve", {}, {"status": "APPROVED", "rejected_reason": ""}),
    ("disable", {}, {"status": "DISABLED"}),
]


def read(office: Office) -> MessageTemplate:
    waba = Waba.objects.select_related("connection", "company").get()
    asked_at = timezone.now()
    listed = client_for(waba.connection).message_templates(waba.waba_id)
    store_templates(waba, listed, at=asked_at, now=asked_at)
    row: MessageTemplate = MessageTemplate.objects.get()
    return row


def test_what_the_account_lists_is_followed_and_told(office: Office) -> None:
    expected: dict[str, Any] = {}
    template_id = read(office).meta_id
    for verb, given, changes in ACTS:
        office.meta.stack.control(f"templates/{verb}", template_id=template_id, **given)
        expected |= changes
        row = read(office)
        assert {name: getattr(row, name) for name in expected} == expected, verb
    told = list(AdminNotice.objects.order_by("pk").values_list("kind", flat=True))
    assert told == [
        "template_quality_fell",
        "template_paused",
        "template_moves",
        "template_moved",
        "template_rejected",
        "template_disabled",
    ]
