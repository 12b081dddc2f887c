"""What somebody wants to get from the company: their own words, and WhatsApp's switch."""

from __future__ import annotations

from datetime import datetime

from whatsapp.contacts.regroup import wish
from whatsapp.models import Contact, ContactFact, FactKind
from whatsapp.policy.optout import reads_as

# The field of the contact that each kind of wish shows in.
SHOWN = {FactKind.STOPPED: "opted_out_at", FactKind.MARKETING: "marketing_stopped_at"}


def heed(contact: Contact, text: str, *, at: datetime, wa_id: str, user_id: str) -> None:
    """Takes a wish to stop or to start again, where the whole text is one."""
    reading = reads_as(text)
    if reading is not None:
        take(contact, FactKind.STOPPED, reading, at=at, wa_id=wa_id, user_id=user_id)


def take(
    contact: Contact, kind: FactKind, value: str, *, at: datetime, wa_id: str, user_id: str
) -> None:
    """`value` is `stop`, or what takes it back. The newest wish stands, whichever came first. The
    contact is locked."""
    fact = ContactFact(
        company_id=contact.company_id,
        contact=contact,
        portfolio_id=contact.portfolio_id,
        kind=kind,
        wa_id=wa_id,
        user_id=user_id,
        at=at,
        value=value,
    )
    ContactFact.objects.bulk_create([fact], ignore_conflicts=True)
    said = list(ContactFact.objects.filter(contact=contact, kind=kind, undone_at=None))
    field = SHOWN[kind]
    setattr(contact, field, wish(said, kind))
    contact.save(update_fields=[field])
