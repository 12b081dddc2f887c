"""The life of a template at Meta: heard by webhook, read from the listing, told to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.templates import TemplateTranslationFactory
from tests.factories.whatsapp import NOW, World
from tests.whatsapp import payloads
from whatsapp.connection import notices
from whatsapp.connection.listings import store_templates
from whatsapp.connection.template_life import STATE_FIELDS
from whatsapp.meta.types import Template
from whatsapp.models import AdminNotice, AuditEntry, LiveEvent, MessageTemplate, WebhookItem
from whatsapp.selectors.audit import audit_page

pytestmark = pytest.mark.django_db
Apply = Callable[..., bool]
META_ID = "1689556908129832"
BODY = {
    "type": "BODY",
    "text": "Hello {{1}}, see you soon then.",
    "example": {"body_text": [["A"]]},
}
LISTED = Template(
    id=META_ID,
    name="interview_reminder",
    language="en_US",
    category="UTILITY",
    status="PENDING",
    components=(BODY,),
    parameter_format="POSITIONAL",
    quality_score="UNKNOWN",
    rejected_reason="NONE",
)
# Only webhooks say when something ends or comes; a deletion is noticed when it is heard of.
TOLD_BY_WEBHOOK = {"paused_until", "category_changes_at", "gone_at"}


@dataclass(frozen=True)
class Chapter:
    """One thing that Meta does: what it sends, and what its listing says then."""

    field: str
    value: dict[str, Any]
    listed: dict[str, Any]
    tells: tuple[str, ...] = ()


def status(event: str, **more: Any) -> dict[str, Any]:
    return {"event": event, "reason": "NONE", **more}


STATUS, CATEGORY = "message_template_status_update", "template_category_update"
LATER = int((NOW + timedelta(days=1)).timestamp())
LIFE = [
    Chapter(
        STATUS,
        status("REJECTED", reason="PROMOTIONAL", rejection_info={"recommendation": "Be brief."}),
        {"status": "REJECTED", "rejected_reason": "PROMOTIONAL"},
        ("template_rejected",),
    ),
    Chapter(STATUS, status("APPROVED"), {"status": "APPROVED", "rejected_reason": "NONE"}),
    Chapter(
        CATEGORY,
        {
            "new_category": "UTILITY",
            "correct_category": "MARKETING",
            "category_update_timestamp": LATER,
        },
        {"correct_category": "MARKETING"},
        ("template_moves",),
    ),
    Chapter(
        CATEGORY,
        {"previous_category": "UTILITY", "new_category": "MARKETING"},
        {"category": "MARKETING", "previous_category": "UTILITY", "correct_category": None},
        ("template_moved",),
    ),
    Chapter(
        "message_template_quality_update",
        {"previous_quality_score": "UNKNOWN", "new_quality_score": "GREEN"},
        {"quality_score": "GREEN"},
    ),
    Chapter(
        # As in a sample of Meta's.
        STATUS,
        {"previous_quality_score": "GREEN", "new_quality_score": "RED"},
        {"quality_score": "RED"},
        ("template_quality_fell",),
    ),
    Chapter(
        STATUS,
        status("PAUSED", other_info={"title": "SECOND_PAUSE"}),
        {"status": "PAUSED"},
        ("template_paused",),
    ),
    Chapter(STATUS, status("APPROVED", other_info={"title": "UNPAUSE"}), {"status": "APPROVED"}),
    Chapter(
        "message_template_components_update",
        {"message_template_element": "Hello {{1}}, see you on Monday then."},
        {"components": ({**BODY, "text": "Hello {{1}}, see you on Monday then."},)},
    ),
    Chapter(STATUS, status("FLAGGED"), {}),
    Chapter(STATUS, status("ARCHIVED"), {"status": "ARCHIVED"}),
    Chapter(STATUS, status("UNARCHIVED"), {"status": "APPROVED"}),
    Chapter(
        STATUS,
        status("DISABLED", disable_info={"disable_date": "2026-11-20"}),
        {"status": "DISABLED"},
        ("template_disabled",),
    ),
    Chapter(STATUS, status("REINSTATED"), {"status": "APPROVED"}),
    Chapter(STATUS, status("DELETED"), {"status": "DELETED"}),
]
BEGINS = int((NOW - timedelta(hours=5)).timestamp())


def hear(
    world: World, client: Client, field: str, value: dict[str, Any], *, at: int, **more: Any
) -> None:
    named = {
        "message_template_id": int(META_ID),
        "message_template_name": "interview_reminder",
        "message_template_language": "en-US",
    }
    change = {"field": field, "value": named | value | more}
    entry = {"id": world.sender.waba.waba_id, "time": at, "changes": [change]}
    payloads.post(client, {"object": "whatsapp_business_account", "entry": [entry]})


def read(world: World, *listed: Template, at: datetime = NOW) -> None:
    with company_scope(world.company):
        store_templates(world.sender.waba, listed, at=at, now=NOW)


def row(world: World) -> MessageTemplate:
    with company_scope(world.company):
        return MessageTemplate.objects.get(name="interview_reminder")


def values(world: World) -> dict[str, Any]:
    found = row(world)
    names = [*STATE_FIELDS, "components", "meta_id", "language", "parameter_format"]
    return {name: getattr(found, name) for name in names if name not in TOLD_BY_WEBHOOK}


def told(world: World) -> list[str]:
    with company_scope(world.company):
        return list(AdminNotice.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def known(world: World) -> World:
    """Read while it was in review, before anything happens."""
    with company_scope(world.company):
        MessageTemplate.objects.all().delete()
    read(world, LISTED, at=datetime.fromtimestamp(BEGINS - 60, tz=UTC))
    return world


def by_webhooks(world: World, client: Client, apply_all: Apply) -> list[dict[str, Any]]:
    seen = []
    for number, chapter in enumerate(LIFE):
        hear(world, client, chapter.field, chapter.value, at=BEGINS + number)
        apply_all()
        seen.append(values(world))
    return seen


def by_reading(world: World) -> list[dict[str, Any]]:
    seen, listed = [], LISTED
    for number, chapter in enumerate(LIFE):
        listed = replace(listed, **chapter.listed)
        there = [] if listed.status == "DELETED" else [listed]
        read(world, *there, at=datetime.fromtimestamp(BEGINS + number, tz=UTC))
        seen.append(values(world))
    return seen


def test_webhooks_alone_and_readings_alone_tell_the_same_life(
    known: World, client: Client, apply_all: Apply
) -> None:
    heard, letters = by_webhooks(known, client, apply_all), told(known)
    with company_scope(known.company):
        MessageTemplate.objects.all().delete()
        AdminNotice.objects.all().delete()
    read(known, LISTED, at=datetime.fromtimestamp(BEGINS - 60, tz=UTC))
    assert by_reading(known) == heard
    assert told(known) == letters == [kind for chapter in LIFE for kind in chapter.tells]
    assert {one.state for one in WebhookItem.objects.all()} == {"applied"}


def test_a_pause_and_an_announced_category_are_known_to_the_hour(
    known: World, client: Client, apply_all: Apply
) -> None:
    for title, hours in (("FIRST_PAUSE", 3), ("SECOND_PAUSE", 6), ("RATE_LIMITING_PAUSE", None)):
        at = BEGINS + (hours or 9)
        hear(known, client, STATUS, status("PAUSED", other_info={"title": title}), at=at)
        apply_all()
        sent = datetime.fromtimestamp(at, tz=UTC)
        assert row(known).paused_until == (sent + timedelta(hours=hours) if hours else None)
    hear(known, client, CATEGORY, LIFE[2].value, at=BEGINS)
    apply_all()
    assert row(known).category_changes_at == NOW.replace(microsecond=0) + timedelta(days=1)
    # The listing does not know either, and takes neither away.
    read(known, replace(LISTED, status="PAUSED", correct_category="MARKETING"))
    assert row(known).category_changes_at is not None


def test_what_meta_says_of_a_rejection_is_kept_until_it_decides_anew(
    known: World, client: Client, apply_all: Apply
) -> None:
    info = {"reason": "It asks for a card number.", "recommendation": "Take it out."}
    hear(known, client, STATUS, status("REJECTED", reason="SCAM", rejection_info=info), at=BEGINS)
    apply_all()
    words = "It asks for a card number. Take it out."
    assert row(known).rejection_words == words
    # The listing does not have them.
    read(known, replace(LISTED, status="REJECTED", rejected_reason="SCAM"), at=NOW)
    assert row(known).rejection_words == words
    client.force_login(known.alice)
    page = client.get(reverse("whatsapp:template", args=[row(known).pk])).content.decode()
    assert words in page
    hear(known, client, STATUS, status("APPROVED"), at=int(NOW.timestamp()) + 5)
    apply_all()
    assert row(known).rejection_words == ""


def test_what_only_webhooks_say_is_kept_where_a_reading_was_quicker(
    known: World, client: Client, apply_all: Apply
) -> None:
    info = {"reason": "It asks for a card number.", "recommendation": "Take it out."}
    later = datetime.fromtimestamp(BEGINS + 30, tz=UTC)
    read(known, replace(LISTED, status="REJECTED", rejected_reason="SCAM"), at=later)
    rejected = status("REJECTED", reason="SCAM", rejection_info=info)
    hear(known, client, STATUS, rejected, at=BEGINS)
    apply_all()
    assert row(known).rejection_words == "It asks for a card number. Take it out."
    assert told(known) == ["template_rejected"]
    later = later + timedelta(hours=1)
    moved = replace(LISTED, status="PAUSED", correct_category="MARKETING")
    read(known, moved, at=later)
    at = BEGINS + 3000
    hear(known, client, STATUS, status("PAUSED", other_info={"title": "FIRST_PAUSE"}), at=at)
    hear(known, client, CATEGORY, LIFE[2].value, at=at)
    apply_all()
    assert row(known).paused_until == datetime.fromtimestamp(at, tz=UTC) + timedelta(hours=3)
    assert row(known).category_changes_at == NOW.replace(microsecond=0) + timedelta(days=1)
    assert row(known).told_at == later


def test_words_of_an_earlier_rejection_do_not_explain_a_later_one(
    known: World, client: Client, apply_all: Apply
) -> None:
    later = datetime.fromtimestamp(BEGINS + 30, tz=UTC)
    read(known, replace(LISTED, status="REJECTED", rejected_reason="SCAM"), at=later)
    info = {"reason": "It is too long."}
    heard = [
        (BEGINS + 3, status("REJECTED", reason="SCAM")),
        (BEGINS + 2, status("APPROVED")),
        (BEGINS + 1, status("REJECTED", reason="SCAM", rejection_info=info)),
    ]
    for order in (heard, heard[::-1]):
        with company_scope(known.company):
            MessageTemplate.objects.update(heard_at=None, rejection_words="")
            WebhookItem.objects.all().delete()
        for at, value in order:
            hear(known, client, STATUS, value, at=at)
            apply_all()
        assert (row(known).status, row(known).rejection_words) == ("REJECTED", "")


def test_a_warning_does_not_hide_what_was_decided_before_it(
    known: World, client: Client, apply_all: Apply
) -> None:
    hear(known, client, STATUS, status("FLAGGED"), at=BEGINS + 5)
    apply_all()
    hear(known, client, STATUS, status("REJECTED", reason="SCAM"), at=BEGINS + 4)
    apply_all()
    assert row(known).status == "REJECTED"


def test_what_is_older_changes_nothing_and_tells_nobody(
    known: World, client: Client, apply_all: Apply
) -> None:
    hear(known, client, STATUS, status("APPROVED"), at=BEGINS + 5)
    hear(known, client, STATUS, status("REJECTED", reason="SCAM"), at=BEGINS + 4)
    apply_all()
    # Meta was asked before the approval, and its answer is written down after it.
    read(known, LISTED, at=datetime.fromtimestamp(BEGINS + 3, tz=UTC))
    assert (row(known).status, told(known)) == ("APPROVED", [])
    # Nor does the list of that moment take away what is newer than it.
    read(known, at=datetime.fromtimestamp(BEGINS + 3, tz=UTC))
    assert not row(known).is_gone
    read(known, at=NOW)
    assert (row(known).is_gone, row(known).gone_at) == (True, NOW)


def test_a_name_waits_only_where_it_was_approved(known: World) -> None:
    read(known, at=NOW)
    assert (row(known).is_gone, row(known).gone_at) == (True, None)


def test_admins_and_who_submitted_it_are_told_of_a_new_category_once(
    known: World, client: Client, apply_all: Apply
) -> None:
    rita = UserFactory(company=known.company, role=Role.RECRUITER, email="rita@caravella.example")
    UserFactory(company=known.company, role=Role.WHATSAPP_ADMIN, email="wanda@caravella.example")
    with company_scope(known.company):
        # Somebody's draft of that name, which Meta took once under another.
        TemplateTranslationFactory(
            company=known.company,
            family__waba=known.sender.waba,
            family__name="interview_reminder",
            language="en_US",
            submitted_by=known.alice,
        )
        TemplateTranslationFactory(
            company=known.company,
            family__waba=known.sender.waba,
            family__name="interview_reminder",
            language="en_US",
            submitted_at=NOW,
            submitted_by=rita,
        )
    for _ in range(2):
        hear(known, client, CATEGORY, LIFE[3].value, at=BEGINS)
        apply_all()
        WebhookItem.objects.update(state="waiting", next_try_at=NOW)
    read(known, replace(LISTED, category="MARKETING", previous_category="UTILITY"))
    assert notices.drain(lambda: NOW)
    assert sorted(one.to[0] for one in mail.outbox) == [
        "rita@caravella.example",
        "wanda@caravella.example",
    ]
    assert "from utility to marketing" in mail.outbox[0].body
    assert "opted in to marketing" in mail.outbox[0].body
    assert "/whatsapp/templates/" in mail.outbox[0].body
    with company_scope(known.company):
        entry = AuditEntry.objects.get(verb="template_moved")
        assert (entry.data["before"], entry.data["after"]) == ("utility", "marketing")
        assert entry.data["told"] == f"WhatsApp admins and {rita.full_name}"
        [line] = audit_page().lines
        assert line.what == "Meta moved a template to another category"
        assert line.changes == (("", "utility", "marketing"),)
        assert LiveEvent.objects.filter(kind="templates").exists()


def test_a_template_written_anew_hears_nothing_of_the_old_one(
    known: World, client: Client, apply_all: Apply
) -> None:
    read(known, replace(LISTED, id="99", status="APPROVED"), at=NOW - timedelta(hours=1))
    hear(known, client, STATUS, status("DISABLED"), at=int(NOW.timestamp()))
    apply_all()
    assert (row(known).meta_id, row(known).status, told(known)) == ("99", "APPROVED", [])


def test_of_many_that_are_moved_at_once_the_price_is_looked_up_once(known: World) -> None:
    many = [replace(LISTED, id=str(number), name=f"told_{number}") for number in range(30)]
    read(known, *many, at=NOW - timedelta(hours=1))
    moved = [replace(one, category="MARKETING", previous_category="UTILITY") for one in many]
    with CaptureQueriesContext(connection) as asked:
        read(known, *moved, at=NOW)
    assert told(known) == ["template_moved"] * 30
    assert sum("rate" in one["sql"] or "whatsapp_conversation" in one["sql"] for one in asked) <= 3
