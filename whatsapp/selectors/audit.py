"""The audit trail of the configuration: who changed what, when, from what to what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp.models import AuditEntry, Sender, Waba

PAGE = 25
# What is set on the configuration page and in the library of templates.
OBJECTS = {
    "Connection": "Connection",
    "CompanySettings": "Settings",
    "Sender": "Sender",
    "Waba": "WhatsApp account",
    "MessageTemplate": "Template",
}
VERBS = {
    "connected": "Logged in with Facebook",
    "broken": "Meta refused the login",
    "disconnected": "Disconnected",
    "webhooks_not_ended": "Meta did not take the end of its events",
    "recipients_chosen": "Changed recipient field and countries",
    "quiet_time_set": "Changed the quiet time",
    "number_added": "Added a sender",
    "number_code_asked": "Asked for a sender’s code",
    "number_verified": "Verified a sender",
    "number_connected": "Connected a sender",
    "number_disconnected": "Disconnected a sender",
    "number_name_asked": "Asked Meta for another display name",
    "number_name_taken": "Put a new display name into force",
    "number_link_kept": "Changed the text of a sender’s link",
    "number_replaced": "Replaced a sender by another",
    "number_renamed": "Renamed a sender",
    "number_photo_changed": "Changed a sender’s photo",
    "number_profile_changed": "Changed a sender’s business profile",
    "template_submitted": "Submitted a template to Meta",
    "template_deleted": "Deleted a template",
    "template_unpaused": "Let a template go on",
    "template_teams_chosen": "Changed which teams may use a template",
    "template_rejected": "Meta rejected a template",
    "template_paused": "Meta paused a template",
    "template_disabled": "Meta disabled a template",
    "template_moves": "Meta announced another category",
    "template_moved": "Meta moved a template to another category",
    "template_quality_fell": "The quality of a template fell",
}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    at: datetime
    who: str
    what: str
    about: str
    # Name, before, after; one that did not change is left out.
    changes: tuple[tuple[str, str, str], ...]
    # What else is known, in words.
    more: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    lines: list[Line]
    # Where the next page goes on; None on the last.
    before: int | None


def audit_page(*, before: int | None = None) -> AuditPage:
    rows = AuditEntry.objects.filter(object_type__in=OBJECTS).select_related("actor")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    names = _names(found[:PAGE])
    lines = [_line(row, names.get((row.object_type, row.object_id), "")) for row in found[:PAGE]]
    return AuditPage(lines, lines[-1].id if len(found) > PAGE else None)


def _names(rows: Sequence[AuditEntry]) -> dict[tuple[str, int], str]:
    """Which sender or account each line is about, as it is called now: one query for each kind."""
    ids = {kind: {row.object_id for row in rows if row.object_type == kind} for kind in OBJECTS}
    senders = Sender.objects.in_bulk(ids["Sender"]) if ids["Sender"] else {}
    wabas = Waba.objects.in_bulk(ids["Waba"]) if ids["Waba"] else {}
    named = {("Sender", pk): _sender_name(one) for pk, one in senders.items()}
    return named | {("Waba", pk): str(one) for pk, one in wabas.items()}


def _sender_name(sender: Sender) -> str:
    return f"{sender.name} ({sender.label})" if sender.label else sender.name


def _line(row: AuditEntry, name: str) -> Line:
    data = dict(row.data)
    old, new = data.pop("before", {}), data.pop("after", {})
    both = isinstance(old, dict) and isinstance(new, dict)
    return Line(
        id=row.pk,
        at=row.at,
        who=row.actor.full_name if row.actor else "Meta or this system",
        what=VERBS.get(row.verb, row.verb.replace("_", " ").capitalize()),
        about=f"{OBJECTS[row.object_type]}: {name}" if name else OBJECTS[row.object_type],
        changes=tuple(_changes(old, new)) if both else (("", _word(old), _word(new)),),
        more=", ".join(f"{_name(name)}: {_word(value)}" for name, value in data.items()),
    )


def _changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name in [*old, *(one for one in new if one not in old)]:
        if old.get(name) != new.get(name):
            yield _name(name), _word(old.get(name)), _word(new.get(name))


def _name(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _word(value: Any) -> str:
    if value in (None, "", [], {}):
        return "none"
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_word(one) for one in value)
        case {"days": list() as days, "start": start, "end": end}:
            return f"{' '.join(DAYS[day] for day in days)} {start} to {end}"
        case dict():
            return ", ".join(f"{_name(name)} {_word(one)}" for name, one in value.items())
    return str(value)
