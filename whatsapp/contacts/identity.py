"""Finds or makes the contact for a person as WhatsApp shows them, and for a candidate's number.

Everything that tells who somebody is becomes a `ContactFact`, and contacts follow from their facts
(`contacts.regroup`). Most messages bring nothing new: then their sighting's row is found, locked,
and names the contact. What is new about ids that nobody has named yet makes a contact at once; only
what touches known ids in a new way has the facts around them grouped anew.

Locks, in this order and until the transaction ends: the ids named (advisory), the portfolio's
grouping (advisory, only to regroup), facts, contacts, conversations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q

from ats.public import Candidate, User
from whatsapp.contacts.links import candidates_of_number, forms_of, link, say_who
from whatsapp.contacts.regroup import regroup
from whatsapp.models import Contact, ContactFact, FactKind, Sender
from whatsapp.policy.spellings import canonical, spellings


@dataclass(frozen=True, slots=True)
class WhatsAppIdentity:
    """What a webhook says of a person: `wa_id` is their number without "+", `user_id` their
    business-scoped id. At least one of the two is there."""

    wa_id: str = ""
    user_id: str = ""
    profile_name: str = ""
    username: str = ""


def contact_for(sender: Sender, who: WhatsAppIdentity, *, at: datetime, now: datetime) -> Contact:
    """The contact of this person in the sender's portfolio, made where there is none yet; locked.

    `at` is when they were seen with these ids. Call it in a transaction.
    """
    portfolio_id = sender.waba.portfolio_id
    contact = Contact.objects.seen(
        company_id=sender.company_id,
        portfolio_id=portfolio_id,
        wa_id=who.wa_id,
        user_id=who.user_id,
        profile_name=who.profile_name,
        username=who.username,
        at=at,
    )
    if contact is None:
        lock_ids(portfolio_id, [who.wa_id], [who.user_id])
        return _new_sighting(portfolio_id, who, at=at, now=now)
    if contact.sighted_as != f"{contact.profile_name}\n{contact.username}":
        _show_names(contact)
    if contact.candidate_id is None and candidates_of_number(contact):
        link(contact)
    return contact


def contact_for_candidate(
    candidate: Candidate, *, portfolio_id: str, phone: str, by: User | None, now: datetime
) -> Contact:
    """The contact that a message to this candidate's number goes to.

    A number that two candidates share has one contact, since it is one WhatsApp account; it stays
    with the candidate whom it was linked to first.
    """
    wa_id = phone.removeprefix("+")
    lock_ids(portfolio_id, [wa_id], [])
    contact = with_number(portfolio_id, wa_id)
    if contact is None:
        contact = Contact.objects.create(
            portfolio_id=portfolio_id, phone=phone, candidate=candidate, created_at=now
        )
        note(contact, FactKind.DIALLED, at=now, wa_id=wa_id)
        note(contact, FactKind.LINKED, at=now, wa_id=wa_id, candidate=candidate, by=by)
    elif contact.candidate_id is None:
        say_who(contact, candidate, by=by, now=now)
    return contact


def with_number(portfolio_id: str, wa_id: str) -> Contact | None:
    """Whose number this is now, however it is spelled."""
    forms = forms_of(portfolio_id, wa_id)
    held = Q(wa_id__in=forms) | Q(phone__in=[f"+{one}" for one in forms])
    rows = list(
        Contact.objects.filter(held, portfolio_id=portfolio_id)
        .select_related("candidate")
        .order_by("pk")
    )
    exact = [row for row in rows if wa_id in (row.wa_id, row.phone.removeprefix("+"))]
    return next(iter(exact or rows), None)


def answered(contact: Contact, *, dialled: str, wa_id: str, user_id: str, at: datetime) -> None:
    """Meta told who got a message that we wrote to the number `dialled` (or to a user id: then
    empty). Call it in a transaction."""
    portfolio_id = contact.portfolio_id
    told: list[dict[str, str]] = []
    if dialled and wa_id and dialled != wa_id:
        # Also of another spelling: what Meta took for one number nobody can take for two.
        told.append({"kind": FactKind.ANSWERED, "wa_id": dialled, "new_wa_id": wa_id})
    told.append({"kind": FactKind.SEEN, "wa_id": wa_id or dialled, "user_id": user_id})
    known = ContactFact.objects.filter(portfolio_id=portfolio_id)
    news = [one for one in told if not known.filter(at__lte=at, **one).exists()]
    if not news:
        return
    lock_ids(portfolio_id, [dialled, wa_id], [user_id])
    for one in news:
        # A status that comes late may tell of an earlier moment than one that came before it. A
        # number alone is a fact of its moment: later somebody else may have it.
        same = known.filter(**one) if user_id or one["kind"] == FactKind.ANSWERED else known.none()
        if not same.update(at=at):
            ContactFact.objects.bulk_create([fact_of(contact, at=at, **one)], ignore_conflicts=True)
    regroup(portfolio_id, [dialled, wa_id], [user_id])


def changed(
    portfolio_id: str, kind: FactKind, *, old: str, new: str, at: datetime, user_id: str = ""
) -> Contact:
    """Takes a system note in: somebody has the number, or the user id, `new` instead of `old`. With
    a number, `user_id` names the person as well, or alone where they hide the number.

    Returns the contact of this person, locked. Call it in a transaction.
    """
    is_number = kind == FactKind.NUMBER_CHANGED
    wa_ids, user_ids = ([old, new], [user_id]) if is_number else ([], [old, new])
    lock_ids(portfolio_id, wa_ids, user_ids)
    named = (
        {"wa_id": old, "new_wa_id": new, "user_id": user_id}
        if is_number
        else {"user_id": old, "new_user_id": new}
    )
    same = ContactFact.objects.filter(portfolio_id=portfolio_id, kind=kind, at=at, **named)
    fact = same.first()
    if fact is None:
        forms = {form for one in wa_ids if one for form in spellings(one)}
        ids = [one for one in user_ids if one]
        known = ContactFact.objects.naming(portfolio_id, forms, ids).order_by("pk").first()
        contact = known.contact if known else None
        if contact is None:
            contact = Contact.objects.create(portfolio_id=portfolio_id, created_at=at)
        fact = note(contact, kind, at=at, **named)
        regroup(portfolio_id, wa_ids, user_ids)
        fact.refresh_from_db(fields=["contact"])
    return _locked(fact.contact_id)


def lock_ids(portfolio_id: str, wa_ids: Iterable[str], user_ids: Iterable[str]) -> None:
    """Until the transaction ends nobody else decides about these ids; in one order for all."""
    names = {f"{portfolio_id}:{canonical(one)}" for one in wa_ids if one}
    names |= {f"{portfolio_id}:{one}" for one in user_ids if one}
    # The subquery keeps the order: the function is called for its rows as they come.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM"
            " (SELECT name FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, place)"
            "  ORDER BY place OFFSET 0) AS ordered",
            [sorted(names)],
        )


def fact_of(contact: Contact, *, at: datetime, **values: object) -> ContactFact:
    return ContactFact(
        company_id=contact.company_id,
        contact=contact,
        portfolio_id=contact.portfolio_id,
        at=at,
        **values,
    )


def note(contact: Contact, kind: FactKind, *, at: datetime, **values: object) -> ContactFact:
    """Writes a fact that groups nobody anew."""
    fact = fact_of(contact, at=at, kind=kind, **values)
    fact.save()
    return fact


def _new_sighting(
    portfolio_id: str, who: WhatsAppIdentity, *, at: datetime, now: datetime
) -> Contact:
    """With the ids locked: a pair not seen before, seen earlier than known, or a number alone."""
    forms = spellings(who.wa_id) if who.wa_id else frozenset[str]()
    around = ContactFact.objects.naming(portfolio_id, forms, [who.user_id] if who.user_id else [])
    first = around.order_by("pk").first()
    if first is None:
        contact = Contact.objects.create(
            portfolio_id=portfolio_id,
            phone=f"+{who.wa_id}" if who.wa_id else "",
            wa_id=who.wa_id,
            user_id=who.user_id,
            profile_name=who.profile_name,
            username=who.username,
            created_at=now,
        )
        _write_sighting(contact, who, at)
        link(contact)
        return _locked(contact.pk)
    same = {"kind": FactKind.SEEN, "wa_id": who.wa_id, "user_id": who.user_id}
    mine = around.filter(**same).select_for_update(no_key=True).order_by("pk")
    fact = mine.first() if who.user_id else mine.filter(at=at).first()
    if fact is None:
        fact = _write_sighting(first.contact, who, at)
    else:
        if at < fact.at:
            fact.at = at
            fact.save(update_fields=["at"])
        _name(fact, who, at)
    regroup(portfolio_id, [who.wa_id], [who.user_id])
    fact.refresh_from_db(fields=["contact"])
    return _locked(fact.contact_id)


def _write_sighting(contact: Contact, who: WhatsAppIdentity, at: datetime) -> ContactFact:
    return note(
        contact,
        FactKind.SEEN,
        at=at,
        wa_id=who.wa_id,
        user_id=who.user_id,
        profile_name=who.profile_name,
        username=who.username,
        named_at=at if who.profile_name or who.username else None,
    )


def _name(fact: ContactFact, who: WhatsAppIdentity, at: datetime) -> bool:
    """The newest name stands, at one moment the later in the alphabet; whether this is it."""
    if not (who.profile_name or who.username):
        return False
    before = (fact.profile_name, fact.username)
    given = (who.profile_name, who.username)
    if fact.named_at is not None and (at, given) <= (fact.named_at, before):
        return False
    fact.profile_name, fact.username = given
    fact.named_at = at
    fact.save(update_fields=["profile_name", "username", "named_at"])
    return True


def _show_names(contact: Contact) -> None:
    """In the order of code points, as everywhere: a database sorts names by its own rules."""
    named = ContactFact.objects.filter(contact=contact, named_at__isnull=False)
    newest = max(named.values_list("named_at", "profile_name", "username"), default=None)
    if newest is not None:
        contact.profile_name, contact.username = newest[1:]
        contact.save(update_fields=["profile_name", "username"])


def _locked(contact_id: int) -> Contact:
    return Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
