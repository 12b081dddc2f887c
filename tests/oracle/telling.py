"""Tells the lines of a story: one delivery each in order, or cut, mixed, doubled and in bundles."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from tests.oracle.story import Json, Line

MOST_COPIES = 3


def in_order(lines: Iterable[Line], waba_id: str) -> list[Json]:
    return [_delivery([_change(line)], waba_id, sent_at=line.sent_at) for line in lines]


def badly(lines: list[Line], waba_id: str, rng: random.Random) -> list[Json]:
    """Every line at least once, in any order, in deliveries of any size."""
    told = [line for line in lines for _ in range(rng.choice((1, 1, 1, 2, MOST_COPIES)))]
    rng.shuffle(told)
    deliveries = []
    while told:
        bundle, told = told[: (size := rng.randint(1, 8))], told[size:]
        deliveries.append(_bundled(bundle, waba_id, rng))
    return deliveries


def _bundled(lines: list[Line], waba_id: str, rng: random.Random) -> Json:
    """Lines of one number and field share a value, as Meta may do."""
    changes: list[Json] = []
    delivery = _delivery(changes, waba_id)
    for line in lines:
        if line.sent_at:
            # What Meta sent at different times is not in one entry.
            delivery["entry"].append(_entry([_change(line)], waba_id, line.sent_at))
            continue
        same = [
            change
            for change in changes
            if line.part
            and change["field"] == line.field
            and change["value"]["metadata"]["phone_number_id"] == line.phone_number_id
            and _fits(change["value"], line)
        ]
        if same and rng.random() < 0.7:
            _add(same[0]["value"], line)
        else:
            changes.append(_change(line))
    return delivery


def _change(line: Line) -> Json:
    if not line.part:
        return {"field": line.field, "value": line.body}
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": f"1{line.phone_number_id}",
            "phone_number_id": line.phone_number_id,
        },
    }
    _add(value, line)
    return {"field": line.field, "value": value}


def _fits(value: Json, line: Line) -> bool:
    """A value names each person once, so two lines with different names of one cannot share it."""
    if line.contact is None:
        return True
    ids = {line.contact.get("wa_id"), line.contact.get("user_id")} - {None}
    same = [
        one for one in value.get("contacts", []) if ids & {one.get("wa_id"), one.get("user_id")}
    ]
    return all(one == line.contact for one in same)


def _add(value: Json, line: Line) -> None:
    value.setdefault(line.part, []).append(line.body)
    contacts: list[Any] = value.setdefault("contacts", [])
    if line.contact is not None and line.contact not in contacts:
        contacts.append(line.contact)


def _delivery(changes: list[Json], waba_id: str, *, sent_at: int = 0) -> Json:
    entry = _entry(changes, waba_id, sent_at)
    return {"object": "whatsapp_business_account", "entry": [entry]}


def _entry(changes: list[Json], waba_id: str, sent_at: int) -> Json:
    return {"id": waba_id, "time": sent_at or 1, "changes": changes}
