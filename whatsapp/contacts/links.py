"""Which candidate a contact is: what a colleague said, else the number of the record."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from ats.public import Candidate, User, candidates_with_mobile
from whatsapp.models import CompanySettings, Contact, ContactFact, FactKind
from whatsapp.models.contact import ContactFactQuerySet
from whatsapp.policy.spellings import canonical, spellings
from whatsapp.remembering import remembered

# What tells that somebody has a number, or had it.
NUMBERED = (FactKind.SEEN, FactKind.DIALLED, FactKind.ANSWERED, FactKind.NUMBER_CHANGED)


def link(contact: Contact, facts: list[ContactFact] | None = None) -> None:
    """Sets the contact's candidate from its facts; saves where that changes."""
    if facts is None:
        facts = list(ContactFact.objects.filter(contact=contact, undone_at=None))
    candidate_id = _said(facts) or _of_number(contact, facts)
    if candidate_id != contact.candidate_id:
        contact.candidate_id = candidate_id
        contact.save(update_fields=["candidate"])


def say_who(contact: Contact, candidate: Candidate, *, by: User | None, now: datetime) -> None:
    """A colleague says that this contact is that candidate."""
    say(contact, FactKind.LINKED, by=by, now=now, candidate=candidate)
    contact.candidate = candidate
    contact.save(update_fields=["candidate"])


def say(
    contact: Contact,
    kind: FactKind,
    *,
    by: User | None,
    now: datetime,
    candidate: Candidate | None = None,
    wa_id: str | None = None,
    user_id: str | None = None,
) -> None:
    """Writes down what a colleague says of this contact, by the ids that it has now, or of the part
    of it that has the ids given."""
    ContactFact.objects.create(
        company_id=contact.company_id,
        contact=contact,
        portfolio_id=contact.portfolio_id,
        kind=kind,
        wa_id=number_of(contact) if wa_id is None else wa_id,
        user_id=contact.user_id if user_id is None else user_id,
        at=now,
        candidate=candidate,
        by=by,
    )


def number_of(contact: Contact) -> str:
    return contact.wa_id or contact.phone.removeprefix("+")


def _recipient_field() -> int | None:
    field_id: int | None = CompanySettings.objects.values_list(
        "recipient_field_id", flat=True
    ).first()
    return field_id


def candidates_of_number(contact: Contact) -> list[Candidate]:
    """Those whose recipient field has this contact's number, however it is spelled."""
    return _candidates_with(contact, {contact.wa_id, contact.phone.removeprefix("+")} - {""})


def _candidates_with(contact: Contact, numbers: Collection[str]) -> list[Candidate]:
    recipient_field = remembered(("recipient field", contact.company_id), _recipient_field)
    if recipient_field is None or not numbers:
        return []
    forms = {f"+{form}" for number in numbers for form in forms_of(contact.portfolio_id, number)}
    return candidates_with_mobile(contact.company_id, forms, recipient_field)


def forms_of(portfolio_id: str, number: str) -> frozenset[str]:
    """The spellings of this number, but for those that a colleague said are somebody else's."""
    forms = spellings(number)
    if len(forms) > 1 and apart(portfolio_id, number).exists():
        return frozenset({number})
    return forms


def apart(portfolio_id: str, number: str) -> ContactFactQuerySet:
    """What colleagues said of the spellings of this number: that they are two people's."""
    rows: ContactFactQuerySet = ContactFact.objects.standing().filter(
        portfolio_id=portfolio_id, kind=FactKind.APART, wa_id__in=spellings(number)
    )
    return rows


def _said(facts: list[ContactFact]) -> int | None:
    said = [fact for fact in facts if fact.kind == FactKind.LINKED]
    return max(said, key=lambda fact: (fact.at, fact.pk)).candidate_id if said else None


def _first_numbers(contact: Contact, facts: list[ContactFact]) -> set[str]:
    """The numbers that nobody else was known with before this person."""
    mine: dict[str, datetime] = {}
    for fact in facts:
        for wa_id in _named(fact):
            number = canonical(wa_id)
            mine[number] = min(fact.at, mine.get(number, fact.at))
    forms = {form for number in mine for form in spellings(number)}
    naming = ContactFact.objects.standing().naming(contact.portfolio_id, forms, [])
    for other in naming.exclude(contact=contact) if forms else ():
        for wa_id in _named(other):
            number = canonical(wa_id)
            if number in mine and other.at < mine[number]:
                del mine[number]
    return set(mine)


def _named(fact: ContactFact) -> list[str]:
    """The numbers that a fact says its person has or had."""
    if fact.kind not in NUMBERED:
        return []
    return [wa_id for wa_id in (fact.wa_id, fact.new_wa_id) if wa_id]


def _of_number(contact: Contact, facts: list[ContactFact]) -> int | None:
    """Exactly one candidate has a number that was this person's first, and nobody has said that
    it is not them. Who moves to another number stays who they are; who gets a number that somebody
    known had before is not taken for them."""
    found = _candidates_with(contact, _first_numbers(contact, facts))
    refused = {fact.candidate_id for fact in facts if fact.kind == FactKind.NOT_LINKED}
    if len(found) != 1 or found[0].pk in refused:
        return None
    return found[0].pk
