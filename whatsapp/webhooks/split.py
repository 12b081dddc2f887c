"""Cuts a delivery into items: one row for every message, status and other change in it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import DataError, transaction

from whatsapp import figures
from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem

OBJECT = "whatsapp_business_account"
MESSAGES = "messages"
STATUSES = "statuses"
CALLS = "calls"
PREFERENCES = "user_preferences"
# Meta's own payloads nest about ten deep.
DEEPEST = 64
# Meta's ids are numbers of 15 to 17 digits.
ID_LENGTH = 32
INSERT_BATCH = 200
# So many times what Meta says it sends at most; `{}` a million times fits into the bytes allowed.
FORBEARANCE = 10
# What stands once beside many items is copied to each of them, unless it is longer than this.
COPIED = 4_096
# Begins the key of an item that cannot be read.
BROKEN = "x:"


class Unreadable(Exception):
    """The body is not what Meta documents; the message says in which way."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to apply. `problem` is set where it cannot be, and why."""

    kind: str
    key: str
    waba_id: str
    phone_number_id: str
    payload: dict[str, Any]
    problem: str = ""


def split(event: WebhookEvent, *, now: datetime) -> int:
    """Writes the items of a delivery and returns how many were new. Runs in a transaction.

    Items that are there already, from an earlier delivery of the same thing, are left alone: that
    is what makes Meta's duplicates harmless.
    """
    try:
        items = _read(_body(event), most=_most_items(now))
    except Unreadable as problem:
        event.state, event.cause = EventState.PARKED, str(problem)
        event.save(update_fields=["state", "cause"])
        return 0
    before = WebhookItem.objects.filter(event=event).count()
    rows = [_row(event, item, now=now) for item in items]
    try:
        with transaction.atomic():
            WebhookItem.objects.bulk_create(rows, ignore_conflicts=True, batch_size=INSERT_BATCH)
    except DataError:
        _insert_one_by_one(event, items, now=now)
    event.state = EventState.SPLIT
    event.save(update_fields=["state"])
    return WebhookItem.objects.filter(event=event).count() - before


def _body(event: WebhookEvent) -> bytes:
    """Read for the occasion and not kept with the row: a batch of large ones would fill memory."""
    rows = WebhookEvent.objects.filter(pk=event.pk)
    return bytes(rows.values_list("body", flat=True).get())


def _most_items(now: datetime) -> int:
    return FORBEARANCE * figures.at(now).webhooks.updates_per_delivery


def _read(raw: bytes, *, most: int) -> list[Item]:
    items = list(islice(items_of(parse(raw)), most + 1))
    if len(items) > most:
        raise Unreadable(f"The body holds more than {most} updates.")
    return items


def _row(event: WebhookEvent, item: Item, *, now: datetime) -> WebhookItem:
    return WebhookItem(
        event=event,
        kind=item.kind,
        key=item.key,
        waba_id=item.waba_id,
        phone_number_id=item.phone_number_id,
        payload=item.payload,
        state=ItemState.PARKED if item.problem else ItemState.WAITING,
        cause=item.problem,
        created_at=event.received_at,
        next_try_at=now,
    )


def _insert_one_by_one(event: WebhookEvent, items: list[Item], *, now: datetime) -> None:
    """PostgreSQL refused one of them: that one is parked without its content, which stays in the
    delivery's body."""
    for item in items:
        try:
            with transaction.atomic():
                WebhookItem.objects.bulk_create([_row(event, item, now=now)], ignore_conflicts=True)
        except DataError:
            broken = _broken(item.kind, "", "", item.key, "PostgreSQL cannot store this item.")
            WebhookItem.objects.bulk_create([_row(event, broken, now=now)], ignore_conflicts=True)


def parse(raw: bytes) -> dict[str, Any]:
    """The envelope. Raises `Unreadable`."""
    try:
        envelope = _storable(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The body is not JSON: {type(error).__name__}.") from error
    if not isinstance(envelope, dict) or envelope.get("object") != OBJECT:
        raise Unreadable(f"The body is not an object of kind {OBJECT}.")
    if not isinstance(envelope.get("entry"), list):
        raise Unreadable("The body has no list of entries.")
    return envelope


def items_of(envelope: dict[str, Any]) -> Iterator[Item]:
    for entry in envelope["entry"]:
        waba_id, changes = _text(entry, "id"), _list(entry, "changes")
        if changes is None:
            yield _broken("entry", waba_id, "", entry, "The entry has no list of changes.")
            continue
        if len(waba_id) > ID_LENGTH:
            yield _broken("entry", "", "", entry, "The entry's id is longer than Meta's are.")
            continue
        for change in changes:
            value = change.get("value") if isinstance(change, dict) else None
            field = _text(change, "field")
            if not field or not isinstance(value, dict):
                yield _broken("change", waba_id, "", change, "The change has no field or no value.")
            elif field == MESSAGES:
                yield from _of_messages(waba_id, value)
            elif field == CALLS:
                yield from _of_calls(waba_id, value)
            elif field == PREFERENCES and _list(value, PREFERENCES):
                yield from _of_preferences(waba_id, value)
            else:
                yield _other(field, waba_id, entry, value)


def _of_messages(waba_id: str, value: dict[str, Any]) -> Iterator[Item]:
    phone_number_id = _text(value.get("metadata"), "phone_number_id")
    if len(phone_number_id) > ID_LENGTH:
        yield _broken(MESSAGES, waba_id, "", value, "The number's id is longer than Meta's are.")
        return
    people = _by_id(_list(value, "contacts") or [])
    for message in _list(value, "messages") or []:
        wamid = _text(message, "id")
        if wamid:
            key = f"m:{phone_number_id}:{wamid}"
            about = people.get(_text(message, "from")) or people.get(_text(message, "from_user_id"))
            payload = {"item": message, "contact": about or {}}
            yield Item(MESSAGES, key[:400], waba_id, phone_number_id, payload)
        else:
            yield _broken(MESSAGES, waba_id, phone_number_id, message, "The message has no id.")
    for status in _list(value, "statuses") or []:
        wamid, word = _text(status, "id"), _text(status, "status")
        if wamid and word:
            who = _text(status, "recipient_id") or _text(status, "recipient_user_id")
            key = f"s:{phone_number_id}:{wamid}:{word}:{who}"
            yield Item(STATUSES, key[:400], waba_id, phone_number_id, {"item": status})
        else:
            problem = "The status has no id or no word for the state."
            yield _broken(STATUSES, waba_id, phone_number_id, status, problem)
    for error in _list(value, "errors") or []:
        yield Item("errors", _hash("e", waba_id, error), waba_id, phone_number_id, {"item": error})


def _of_calls(waba_id: str, value: dict[str, Any]) -> Iterator[Item]:
    """Each with the change's `errors` and the person it is with: the only one that a change names,
    or the one whom the call names."""
    phone_number_id = _text(value.get("metadata"), "phone_number_id")
    if len(phone_number_id) > ID_LENGTH:
        yield _broken(CALLS, waba_id, "", value, "The number's id is longer than Meta's are.")
        return
    contacts = _list(value, "contacts") or []
    people = _by_id(contacts)
    around = {
        "errors": [one for one in (_list(value, "errors") or [])[:1] if _is_short(one)],
        "display_phone_number": _text(value.get("metadata"), "display_phone_number"),
    }
    for name, word in (("calls", "event"), (STATUSES, "status")):
        for call in _list(value, name) or []:
            wacid, happened = _text(call, "id"), _text(call, word)
            if not wacid or not happened:
                problem = "The call has no id or does not say what happened."
                yield _broken(CALLS, waba_id, phone_number_id, call, problem)
                continue
            key = f"c:{phone_number_id}:{wacid}:{word}:{happened}"
            names = ("from", "to", "from_user_id", "recipient_id", "recipient_user_id")
            found = [people[one] for field in names if (one := _text(call, field)) in people]
            about = found[0] if found else _about(contacts[0]) if len(contacts) == 1 else {}
            payload = {"item": call, "contact": about, **around}
            yield Item(CALLS, key[:400], waba_id, phone_number_id, payload)


def _of_preferences(waba_id: str, value: dict[str, Any]) -> Iterator[Item]:
    phone_number_id = _text(value.get("metadata"), "phone_number_id")[:ID_LENGTH]
    for one in _list(value, PREFERENCES) or []:
        if isinstance(one, dict):
            key = _hash("p", waba_id, [phone_number_id, one])
            yield Item(PREFERENCES, key, waba_id, phone_number_id, {"item": one})
        else:
            yield _broken(PREFERENCES, waba_id, phone_number_id, one, "It is not an object.")


def _by_id(contacts: list[Any]) -> dict[str, dict[str, Any]]:
    """`contacts[]` by what a message names its writer by; each item carries only its own."""
    people: dict[str, dict[str, Any]] = {}
    for contact in contacts:
        for name in ("wa_id", "user_id"):
            key = _text(contact, name)
            if key:
                people.setdefault(key, _about(contact))
    return people


def _about(contact: Any) -> dict[str, Any]:
    """An entry of `contacts[]`; of one that is too long to be copied, the ids."""
    if isinstance(contact, dict) and _is_short(contact):
        return contact
    ids = {name: _text(contact, name) for name in ("wa_id", "user_id")}
    return {name: one for name, one in ids.items() if one}


def _is_short(what: object) -> bool:
    return len(json.dumps(what)) <= COPIED


def _other(field: str, waba_id: str, entry: dict[str, Any], value: dict[str, Any]) -> Item:
    # For PARTNER_ADDED and its like the entry names our own business; the customer's WABA stands
    # inside (Meta, account_update reference).
    owner = _text(value.get("waba_info"), "waba_id") or waba_id
    # The time is part of it: the same change may truly happen twice.
    key = _hash(f"f:{field}"[:300], owner, [entry.get("time"), value])
    if len(owner) > ID_LENGTH:
        return _broken(field[:48], "", "", value, "The account's id is longer than Meta's are.")
    payload = {"item": value}
    if isinstance(entry.get("time"), int):
        # When Meta sent it, which orders what changes one thing several times.
        payload["time"] = entry["time"]
    return Item(field[:48], key, owner, "", payload)


def _broken(kind: str, waba_id: str, phone_number_id: str, what: object, problem: str) -> Item:
    key = _hash(BROKEN[:-1], waba_id, [phone_number_id, what])
    return Item(kind, key, waba_id, phone_number_id, {"item": what}, problem)


def _hash(prefix: str, waba_id: str, what: object) -> str:
    canonical = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return f"{prefix}:{waba_id}:{hashlib.sha256(canonical.encode()).hexdigest()}"[:400]


def _text(what: object, name: str) -> str:
    """A short string or number under `name`, as text; empty where there is none."""
    value = what.get(name) if isinstance(what, dict) else None
    return str(value)[:256] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _list(what: object, name: str) -> list[Any] | None:
    value = what.get(name) if isinstance(what, dict) else None
    return value if isinstance(value, list) else None


def _storable(what: Any, depth: int = 0) -> Any:
    """What PostgreSQL's jsonb takes: no NUL, no half of a surrogate pair, no NaN or infinity."""
    if depth > DEEPEST:
        raise Unreadable(f"The body is nested deeper than {DEEPEST} levels.")
    if isinstance(what, str):
        try:
            what.encode()
        except UnicodeEncodeError:
            what = what.encode("utf-8", "replace").decode()
        return what.replace("\x00", "\ufffd")
    if isinstance(what, float):
        return what if math.isfinite(what) else None
    if isinstance(what, list):
        return [_storable(one, depth + 1) for one in what]
    if isinstance(what, dict):
        return {_storable(key): _storable(value, depth + 1) for key, value in what.items()}
    return what
