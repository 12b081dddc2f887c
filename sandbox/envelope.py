"""What a webhook POST says, byte for byte: the envelope and its signature."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Any

from sandbox.records import Json, Update
from sandbox.world import World

MOST_UPDATES = 1000
MOST_BYTES = 3_000_000


def encode(payload: Any) -> bytes:
    """Non-ASCII leaves as \\uXXXX, which is why a receiver must hash the raw bytes."""
    return json.dumps(payload, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def signature(secret: str, raw: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def build(world: World, updates: Iterable[Update]) -> Json:
    """One entry per WABA; one change per number and kind, and per person who writes.

    A field other than a message or status is a change of its own, in an entry with the time.
    """
    entries: dict[str, dict[Any, Json]] = {}
    fields: dict[str, Json] = {}
    for update in updates:
        if update.kind == "field":
            entry = fields.setdefault(
                update.waba_id, {"id": update.waba_id, "time": update.body["time"], "changes": []}
            )
            entry["changes"].append({"value": update.body["value"], "field": update.body["field"]})
            continue
        sender = update.number if update.kind == "messages" else ""
        changes = entries.setdefault(update.waba_id, {})
        key = (update.phone_id, update.kind, sender)
        value = changes.get(key)
        if value is None:
            value = changes[key] = _value(world, update)
        value[update.kind].append(update.body)
        if update.contact is not None:
            contacts = value.setdefault("contacts", [])
            if update.contact not in contacts:
                contacts.append(update.contact)
    return {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": waba_id,
                "changes": [{"value": value, "field": "messages"} for value in changes.values()],
            }
            for waba_id, changes in entries.items()
        ]
        + list(fields.values()),
    }


def body(world: World, updates: list[Update]) -> tuple[bytes, bool]:
    """The bytes to post, and whether they are to be signed."""
    if updates[0].kind != "raw":
        return encode(build(world, updates)), True
    given = updates[0].body["body"]
    raw = given.encode() if isinstance(given, str) else encode(given)
    return raw, bool(updates[0].body["sign"])


def _value(world: World, update: Update) -> Json:
    known = world.numbers.get(update.phone_id)
    return {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": known[1].digits if known else "",
            "phone_number_id": update.phone_id,
        },
        update.kind: [],
    }
