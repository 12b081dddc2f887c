"""Notes of WhatsApp's between the messages: another number, another user id, another device."""

from __future__ import annotations

from ats.public import mobile_display
from whatsapp.meta.reading import as_mapping, as_text
from whatsapp.models import Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind, line


def draw(message: Message, facts: Facts) -> Drawn:
    about = as_mapping(message.content.get("system"))
    kind = as_text(about.get("type"))
    if kind == "user_changed_number" and as_text(about.get("wa_id")):
        number = mobile_display(f"+{as_text(about.get('wa_id')).lstrip('+')}")
        return line("phone", f"{facts.they} has a new number:", number)
    if kind == "user_changed_user_id":
        return line("user", f"WhatsApp knows {facts.they} under a new user id. This thread goes on")
    if kind == "customer_identity_changed":
        text = f"The security code of {facts.they} changed: a new phone, or WhatsApp anew"
        return line("shield", text)
    return line("info", message.text or "A note from WhatsApp that says nothing")


def excerpt(message: Message) -> str:
    kind = as_text(as_mapping(message.content.get("system")).get("type"))
    known = {
        "user_changed_number": "Has a new number",
        "user_changed_user_id": "Has a new user id",
        "customer_identity_changed": "Security code changed",
    }
    return known.get(kind) or message.text or "A note from WhatsApp"


SYSTEM = Kind(draw, excerpt)
