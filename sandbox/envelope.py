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


def encode(payload: Json) -> bytes:
    """Non-ASCII leaves as \\uXXXX, which is why a receiver must hash the raw bytes."""
    return json.dumps(payload, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def signature(secret: str, raw: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def build(world: World, updates: Iterable[Update]) -> Json:
    """One entry per WABA; one change per number and kind, and per person who writes."""
    entries: dict[str, dict[Any, Json]] = {}
    for update in updates:
        if update.kind == "raw":
            return update.body
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
        ],
    }


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
