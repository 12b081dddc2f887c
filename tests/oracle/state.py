"""The state of a company's conversations as plain values, without what depends on when we heard."""

from __future__ import annotations

from typing import Any

from whatsapp.models import (
    Call,
    Contact,
    Conversation,
    Message,
    MessageChange,
    MessageTemplate,
    StatusEvent,
    WebhookItem,
)

CONTACT = (
    "phone",
    "wa_id",
    "user_id",
    "username",
    "profile_name",
    "candidate_id",
    "opted_out_at",
    "marketing_stopped_at",
    "undeliverable_since",
)
MESSAGE = (
    "wamid",
    "callback",
    "direction",
    "kind",
    "status",
    "text",
    "content",
    "context_wamid",
    "wa_id",
    "user_id",
    "at",
    "sent_at",
    "delivered_at",
    "read_at",
    "played_at",
    "failed_at",
    "edited_at",
    "deleted_at",
    "error_code",
)
CHANGE = ("wamid", "kind", "target_wamid", "emoji", "text", "at")
CALL = (
    "wacid",
    "by_candidate",
    "state",
    "outcome",
    "begun_at",
    "started_at",
    "ended_at",
    "duration",
    "session",
)
TEMPLATE = (
    "meta_id",
    "status",
    "rejected_reason",
    "rejection_words",
    "paused_until",
    "told_at",
    "category",
    "category_changes_at",
    "next_category",
    "previous_category",
    "quality",
    "components",
    "is_gone",
)


def state_of_company() -> dict[str, Any]:
    """Call it in the company's scope."""
    threads = Conversation.objects.filter(moved_to=None).select_related("contact", "sender")
    return {
        "threads": sorted((_thread(one) for one in threads), key=repr),
        "people without a thread": sorted(
            repr(_values(one, CONTACT))
            for one in Contact.objects.filter(merged_into=None, conversations=None)
        ),
        "templates": [
            _values(one, TEMPLATE) for one in MessageTemplate.objects.order_by("meta_id")
        ],
        "items": sorted(WebhookItem.objects.values_list("key", "state")),
    }


def _thread(row: Conversation) -> dict[str, Any]:
    messages = Message.objects.filter(conversation=row).order_by("at", "wamid")
    events = StatusEvent.objects.filter(message__conversation=row)
    return {
        "number": row.sender.phone_number_id,
        "contact": _values(row.contact, CONTACT),
        "last": row.last_message.wamid if row.last_message else None,
        # A thread without a message stands in lists where it began here.
        "last_message_at": row.last_message_at if row.last_message else None,
        "last_inbound_at": row.last_inbound_at,
        "unread": row.unread_count,
        "waiting": row.waiting_since,
        "messages": [_message(one) for one in messages],
        "changes": sorted(
            repr(_values(one, CHANGE)) for one in MessageChange.objects.filter(conversation=row)
        ),
        "calls": sorted(
            repr(_values(one, CALL)) for one in Call.objects.filter(message__conversation=row)
        ),
        "statuses": sorted(events.values_list("message__callback_id", "status", "error_code")),
    }


def _message(row: Message) -> dict[str, Any]:
    return _values(row, MESSAGE) | {"callback": row.callback_id if row.is_ours else None}


def _values(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name, None) for name in names}


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Where two states part, for people to read."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = sorted({*one, *other}, key=str)
        pairs = [(one.get(name), other.get(name), f"{where}.{name}") for name in names]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(a, b, f"{where}[{at}]") for at, (a, b) in enumerate(zip(one, other, strict=True))]
    elif isinstance(one, list) and isinstance(other, list):
        only = [f"{where} only here: {entry}" for entry in one if entry not in other]
        return only + [f"{where} missing here: {entry}" for entry in other if entry not in one]
    else:
        return [] if one == other else [f"{where}: {one!r} != {other!r}"]
    return [line for a, b, at in pairs for line in differences(a, b, at)]
