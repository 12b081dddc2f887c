"""Finds or makes the contact for a person as WhatsApp shows them, and for a candidate's number.

A business-scoped user id is the person's; a number may go from one person to another, and then goes
from one contact to another here. Whoever decides about an identity holds a lock on it until their
transaction ends, and leaves with the contact's row locked: the order everywhere is contact, then
conversation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from ats.public import Candidate, candidates_with_mobile
from whatsapp.models import CompanySettings, Contact, Conversation, Sender


@dataclass(frozen=True, slots=True)
class WhatsAppIdentity:
    """What a webhook says of a person: `wa_id` is their number without "+", `user_id` their
    business-scoped id. At least one of the two is there."""

    wa_id: str = ""
    user_id: str = ""
    profile_name: str = ""
    username: str = ""


def contact_for(sender: Sender, who: WhatsAppIdentity, *, now: datetime) -> Contact:
    """The contact of this person in the sender's portfolio, made where there is none yet; locked.

    Call it in a transaction.
    """
    portfolio_id = sender.waba.portfolio_id
    _lock(portfolio_id, who.wa_id, who.user_id)
    contact = _of_person(portfolio_id, who)
    if contact is None:
        contact = Contact.objects.create(
            portfolio_id=portfolio_id,
            phone=f"+{who.wa_id}" if who.wa_id else "",
            wa_id=who.wa_id,
            user_id=who.user_id,
            created_at=now,
        )
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    _learn(contact, who)
    _link(contact)
    return contact


def contact_for_candidate(
    candidate: Candidate, *, portfolio_id: str, phone: str, now: datetime
) -> Contact:
    """The contact that a message to this candidate's number goes to.

    A number that two candidates share has one contact, since it is one WhatsApp account; it stays
    with the candidate whom it was linked to first.
    """
    wa_id = phone.removeprefix("+")
    _lock(portfolio_id, wa_id, "")
    contact = _with_number(portfolio_id, wa_id).first()
    if contact is None:
        return Contact.objects.create(
            portfolio_id=portfolio_id, phone=phone, candidate=candidate, created_at=now
        )
    if contact.candidate_id is None:
        contact.candidate = candidate
        contact.save(update_fields=["candidate"])
    return contact


def _lock(portfolio_id: str, *ids: str) -> None:
    """Until the transaction ends nobody else decides about these ids; in one order for all."""
    with connection.cursor() as cursor:
        for name in sorted(f"{portfolio_id}:{one}" for one in ids if one):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _with_number(portfolio_id: str, wa_id: str) -> QuerySet[Contact]:
    """Whoever has this number, as dialled or as Meta answered it."""
    by_number = Q(wa_id=wa_id) | Q(phone=f"+{wa_id}")
    return Contact.objects.filter(by_number, portfolio_id=portfolio_id).order_by("pk")


def _of_person(portfolio_id: str, who: WhatsAppIdentity) -> Contact | None:
    """By user id first, and the number follows the person."""
    known = None
    if who.user_id:
        known = Contact.objects.filter(portfolio_id=portfolio_id, user_id=who.user_id).first()
    if not who.wa_id or (known is not None and known.wa_id == who.wa_id):
        return known
    for holder in _with_number(portfolio_id, who.wa_id):
        if known is None and holder.user_id in ("", who.user_id or holder.user_id):
            known = holder
        elif known is None or holder.pk != known.pk:
            _release_number(holder, to=known)
    if known is not None and known.wa_id and known.wa_id != who.wa_id:
        # They have another number now: answers go there.
        known.phone, known.wa_id = f"+{who.wa_id}", who.wa_id
        known.save(update_fields=["phone", "wa_id"])
    return known


def _release_number(holder: Contact, *, to: Contact | None) -> None:
    """The number is somebody else's now. A holder of whom nothing but the number was known was the
    same person: their candidate and conversations go along."""
    holder.phone = holder.wa_id = ""
    holder.save(update_fields=["phone", "wa_id"])
    if to is None or holder.user_id:
        return
    if to.candidate_id is None and holder.candidate_id is not None:
        to.candidate_id = holder.candidate_id
        to.save(update_fields=["candidate"])
    taken = Conversation.objects.filter(contact=to).values("sender_id")
    Conversation.objects.filter(contact=holder).exclude(sender_id__in=taken).update(contact=to)


def _link(contact: Contact) -> None:
    """Links it where exactly one candidate has this number in the recipient field."""
    if contact.candidate_id is not None or not contact.phone:
        return
    recipient_field = CompanySettings.objects.values_list("recipient_field_id", flat=True).first()
    if recipient_field is None:
        return
    candidates = candidates_with_mobile(contact.company_id, [contact.phone], recipient_field)
    if len(candidates) == 1:
        contact.candidate = candidates[0]
        contact.save(update_fields=["candidate"])


def _learn(contact: Contact, who: WhatsAppIdentity) -> None:
    """Keeps what was not known; names may change, an empty value teaches nothing."""
    news = {
        name: value
        for name, value in (
            ("profile_name", who.profile_name),
            ("username", who.username),
            ("wa_id", "" if contact.wa_id else who.wa_id),
            ("phone", "" if contact.phone or not who.wa_id else f"+{who.wa_id}"),
            ("user_id", "" if contact.user_id else who.user_id),
        )
        if value and getattr(contact, name) != value
    }
    if news:
        for name, value in news.items():
            setattr(contact, name, value)
        contact.save(update_fields=list(news))
