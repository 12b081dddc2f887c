"""Finds or makes the contact for a person as WhatsApp shows them, and for a candidate's number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from ats.public import Candidate, candidates_with_mobile
from whatsapp.models import CompanySettings, Contact, Sender


class NumberHeld(Exception):
    """The number belongs to a contact who is known under another user id."""


@dataclass(frozen=True, slots=True)
class WhatsAppIdentity:
    """What a webhook says of a person: `wa_id` is their number without "+", `user_id` their
    business-scoped id. At least one of the two is there."""

    wa_id: str = ""
    user_id: str = ""
    profile_name: str = ""
    username: str = ""


def contact_for(sender: Sender, who: WhatsAppIdentity, *, now: datetime) -> Contact:
    """The contact of this person in the sender's portfolio, made where there is none yet.

    Raises `NumberHeld` where the number has gone from one person to another."""
    portfolio_id = sender.waba.portfolio_id
    contact = _find(portfolio_id, who)
    if contact is None:
        phone = f"+{who.wa_id}" if who.wa_id else ""
        contact = _make(
            Contact(
                portfolio_id=portfolio_id,
                phone=phone,
                wa_id=who.wa_id,
                user_id=who.user_id,
                created_at=now,
            )
        ) or _found(portfolio_id, who)
    _learn(contact, who)
    if contact.candidate_id is None and contact.phone:
        _link(contact)
    return contact


def contact_for_candidate(
    candidate: Candidate, *, portfolio_id: str, phone: str, now: datetime
) -> Contact:
    """The contact that a message to this candidate's number goes to.

    A number that two candidates share has one contact, since it is one WhatsApp account; it stays
    with the candidate whom it was linked to first.
    """
    wanted = Q(phone=phone) | Q(wa_id=phone.removeprefix("+"))
    of_portfolio = Contact.objects.filter(portfolio_id=portfolio_id)
    contact = of_portfolio.filter(wanted).order_by("pk").first()
    if contact is None:
        contact = _make(
            Contact(portfolio_id=portfolio_id, phone=phone, candidate=candidate, created_at=now)
        ) or of_portfolio.get(wanted)
    if contact.candidate_id is None:
        contact.candidate = candidate
        contact.save(update_fields=["candidate"])
    return contact


def _find(portfolio_id: str, who: WhatsAppIdentity) -> Contact | None:
    """By user id first: it is the person's, while a number may go from hand to hand."""
    rows = Contact.objects.filter(portfolio_id=portfolio_id)
    if who.user_id:
        contact = rows.filter(user_id=who.user_id).first()
        if contact is not None:
            return contact
    if who.wa_id:
        # A contact of this number that is known under another user id is another person now.
        same_person = Q(user_id="") | Q(user_id=who.user_id) if who.user_id else Q()
        by_number = Q(wa_id=who.wa_id) | Q(wa_id="", phone=f"+{who.wa_id}")
        return rows.filter(by_number & same_person).order_by("pk").first()
    return None


def _found(portfolio_id: str, who: WhatsAppIdentity) -> Contact:
    contact = _find(portfolio_id, who)
    if contact is None:
        raise NumberHeld("The number is held by a contact with another user id.")
    return contact


def _make(contact: Contact) -> Contact | None:
    """Inserts it and links it to its candidate; None where another worker was faster."""
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError:
        return None
    return contact


def _link(contact: Contact) -> None:
    """Links it where exactly one candidate has this number in the recipient field."""
    recipient_field = CompanySettings.objects.values_list("recipient_field_id", flat=True).first()
    if recipient_field is None:
        return
    candidates = candidates_with_mobile(contact.company_id, [contact.phone], recipient_field)
    if len(candidates) == 1:
        contact.candidate = candidates[0]
        contact.save(update_fields=["candidate"])


def _learn(contact: Contact, who: WhatsAppIdentity) -> None:
    """Keeps what was not known or has changed; an empty value teaches nothing."""
    news = {
        name: value
        for name, value in (
            ("profile_name", who.profile_name),
            ("username", who.username),
            ("wa_id", "" if contact.wa_id else who.wa_id),
            ("user_id", "" if contact.user_id else who.user_id),
        )
        if value and getattr(contact, name) != value
    }
    if news:
        for name, value in news.items():
            setattr(contact, name, value)
        contact.save(update_fields=list(news))
