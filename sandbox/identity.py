"""Who a person is to a business: a changed number, and whether they want its marketing."""

from typing import TYPE_CHECKING

from sandbox.phones import Refused, arrive, unused
from sandbox.records import Business, Json, Number, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox

NOTES = ("number", "user_id")


def change_number(sb: "Sandbox", phone: Phone, new_number: str, only: str = "") -> list[str]:
    """The same person under another number: another wa_id and user id, the chats come along.

    Every company number with a chat gets both notes, or only the one named by `only`.
    """
    if only and only not in NOTES:
        raise Refused(f"only is one of {', '.join(NOTES)}; without it both notes are sent.")
    new = unused(sb, new_number)
    chats = [sb.world.numbers[phone_id] for phone_id, _ in sb.world.chats_of(phone)]
    old_wa_id = phone.wa_id
    old_ids = {business.id: phone.user_id(business) for business, _ in chats}
    sb.world.change_number(phone, new)
    told = []
    for business, number in chats:
        old_id = old_ids[business.id]
        new_id = phone.user_id(business)
        notes: list[Json] = [
            {
                "type": "user_changed_number",
                "body": f"User {phone.name} changed from {old_wa_id} to {phone.wa_id}",
                "wa_id": phone.wa_id,
            },
            {
                "type": "user_changed_user_id",
                "body": f"User {phone.name} changed from {old_id} to {new_id}",
                "user_id": new_id,
                "previous_user_id": old_id,
            },
        ]
        # The message comes from who the person was; what it says is who they are now.
        was: Json = {"from_user_id": old_id}
        if not phone.hides_number:
            was["from"] = old_wa_id
        for name, note in zip(NOTES, notes, strict=True):
            if only in ("", name):
                told.append(arrive(sb, phone, business, number, "system", note, extra=was).wamid)
    sb.live.changed()
    return told


def prefer(sb: "Sandbox", phone: Phone, business: Business, number: Number, value: str) -> Json:
    """Stops or resumes this business's marketing, as the switch inside WhatsApp does."""
    if value not in ("stop", "resume"):
        raise Refused("value is stop or resume.")
    phone.stopped = [each for each in phone.stopped if each != business.id]
    if value == "stop":
        phone.stopped.append(business.id)
    sb.world.save_phone(phone)
    contact = sb.world.contact(phone, business)
    wish: Json = {k: contact[k] for k in ("wa_id", "user_id") if k in contact}
    wish |= {
        "detail": f"User requested to {value} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(sb.clock.now()),
    }
    told: Json = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": number.digits, "phone_number_id": number.id},
        "contacts": [contact],
        "user_preferences": [wish],
    }
    if business.subscribed:
        sb.webhooks.tell_field(business.waba_id, "user_preferences", told, number=phone.number)
    sb.live.changed()
    return told
