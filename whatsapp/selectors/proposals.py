"""Which candidates somebody unknown may be, each with the reason in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from ats.public import (
    FoundMobile,
    candidate_summary,
    find_mobile_endings,
    find_mobiles,
    find_names_like,
    mobile_display,
)
from whatsapp.contacts.links import forms_of
from whatsapp.models import (
    CompanySettings,
    Contact,
    ContactFact,
    Direction,
    FactKind,
    Message,
    MessageKind,
)
from whatsapp.policy.spellings import spellings
from whatsapp.selectors.inbox import about

MOST = 5
# Contact cards of one person that are looked into, newest first.
CARDS = 20

# How much a reason tells: the least first in a list of proposals.
RECIPIENT, OTHER_FIELD, GIVEN, CARD, ENDING, NAME = range(6)


@dataclass(frozen=True, slots=True)
class Proposal:
    candidate_id: int
    name: str
    about: str
    reasons: tuple[str, ...]
    # A colleague said that it is not them.
    is_denied: bool
    # The number of the record is the contact's own.
    has_number: bool


@dataclass(slots=True)
class _Found:
    rank: int = NAME
    reasons: list[str] = field(default_factory=list)

    def add(self, rank: int, reason: str) -> None:
        self.rank = min(self.rank, rank)
        if reason not in self.reasons:
            self.reasons.append(reason)


def proposals_for(contacts: Sequence[Contact], *, now: datetime) -> Mapping[int, list[Proposal]]:
    """For each contact at most five, the strongest reason first and then the newest candidate."""
    found: dict[int, dict[int, _Found]] = {row.pk: defaultdict(_Found) for row in contacts}
    _by_number(contacts, found)
    _by_card(contacts, found)
    for row in contacts:
        if row.profile_name:
            for candidate in find_names_like(row.profile_name):
                found[row.pk][candidate.pk].add(NAME, "A name like the one on WhatsApp")
    denied = _denied(contacts)
    chosen = {
        row.pk: sorted(
            found[row.pk],
            key=lambda pk: (pk in denied[row.pk], found[row.pk][pk].rank, -pk),
        )[:MOST]
        for row in contacts
    }
    return _told(chosen, found, denied, now=now)


def _by_number(contacts: Iterable[Contact], found: Mapping[int, dict[int, _Found]]) -> None:
    forms = {row.pk: _forms(row) for row in contacts}
    everybody = {one for some in forms.values() for one in some}
    recipient = CompanySettings.objects.values_list("recipient_field_id", flat=True).first()
    same, alike = find_mobiles(everybody), find_mobile_endings(everybody)
    for row in contacts:
        for one in same:
            if one.value in forms[row.pk]:
                rank = RECIPIENT if one.field_id == recipient else OTHER_FIELD
                found[row.pk][one.candidate_id].add(rank, _same_number(row, one))
        for one in alike:
            if _ends_alike(one.value, forms[row.pk]):
                words = f"The last digits of {mobile_display(one.value)} are the same"
                found[row.pk][one.candidate_id].add(ENDING, words)


def _forms(contact: Contact) -> frozenset[str]:
    numbers = {contact.wa_id, contact.phone.removeprefix("+")} - {""}
    return frozenset(
        f"+{form}" for number in numbers for form in forms_of(contact.portfolio_id, number)
    )


def _same_number(contact: Contact, one: FoundMobile) -> str:
    if one.value in (contact.phone, f"+{contact.wa_id}"):
        return f"Same number in “{one.field_label}”"
    return f"Same number in “{one.field_label}”, written {mobile_display(one.value)}"


def _ends_alike(value: str, forms: Collection[str]) -> bool:
    return value not in forms and any(value[-8:] == one[-8:] for one in forms)


def _by_card(contacts: Sequence[Contact], found: Mapping[int, dict[int, _Found]]) -> None:
    """Numbers that they sent as contact cards, also when they were asked for theirs."""
    shared: dict[str, set[tuple[int, bool]]] = defaultdict(set)
    rows = Message.objects.filter(
        conversation__contact__in=contacts, kind=MessageKind.CONTACTS, direction=Direction.IN
    )
    newest = rows.order_by("-at")[: CARDS * len(contacts)]
    for contact_id, content in newest.values_list("conversation__contact", "content"):
        was_asked = content.get("origin") == "contact_request"
        for number in _numbers_in(content):
            for form in spellings(number):
                shared[f"+{form}"].add((contact_id, was_asked))
    for one in find_mobiles(shared):
        for contact_id, was_asked in shared[one.value]:
            words = f"{mobile_display(one.value)}, which is in “{one.field_label}”"
            if was_asked:
                found[contact_id][one.candidate_id].add(GIVEN, f"They gave us {words}")
            else:
                found[contact_id][one.candidate_id].add(CARD, f"They sent a card with {words}")


def _numbers_in(content: Mapping[str, Any]) -> set[str]:
    """Digits of the numbers on a message's cards, as far as they are what Meta says they are."""
    cards = content.get("contacts")
    phones = [
        phone
        for card in (cards if isinstance(cards, list) else [])
        for phone in (card.get("phones") or [] if isinstance(card, dict) else [])
        if isinstance(phone, dict)
    ]
    given = {str(phone.get(name) or "") for phone in phones for name in ("wa_id", "phone")}
    return {
        digits for one in given if 7 <= len(digits := "".join(filter(str.isdecimal, one))) <= 15
    }


def _denied(contacts: Sequence[Contact]) -> Mapping[int, dict[int, ContactFact]]:
    """Who they are not, as colleagues have said."""
    denied: dict[int, dict[int, ContactFact]] = defaultdict(dict)
    rows = ContactFact.objects.standing().filter(contact__in=contacts, kind=FactKind.NOT_LINKED)
    for fact in rows.select_related("by").order_by("pk"):
        if fact.candidate_id is not None:
            denied[fact.contact_id][fact.candidate_id] = fact
    return denied


def _told(
    chosen: Mapping[int, list[int]],
    found: Mapping[int, Mapping[int, _Found]],
    denied: Mapping[int, Mapping[int, ContactFact]],
    *,
    now: datetime,
) -> dict[int, list[Proposal]]:
    everybody = {pk for some in chosen.values() for pk in some}
    summaries = candidate_summary(everybody, now=now) if everybody else {}
    return {
        contact_id: [
            Proposal(
                candidate_id=pk,
                name=summaries[pk].name,
                about=about(summaries[pk]),
                reasons=_reasons(found[contact_id][pk], denied[contact_id].get(pk)),
                is_denied=pk in denied[contact_id],
                has_number=found[contact_id][pk].rank == RECIPIENT,
            )
            for pk in candidates
            if pk in summaries
        ]
        for contact_id, candidates in chosen.items()
    }


def _reasons(found: _Found, denied: ContactFact | None) -> tuple[str, ...]:
    if denied is None:
        return tuple(found.reasons)
    return (f"{who_and_when(denied)}: not them", *found.reasons)


def who_and_when(fact: ContactFact) -> str:
    """“Alice Ferrante on 12 November”."""
    at = timezone.localtime(fact.at)
    who = fact.by.full_name if fact.by else "A colleague"
    return f"{who} on {at.day} {at:%B}"
