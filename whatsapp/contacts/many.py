"""What `contacts.identity` does for one person, for the people of a batch in a few statements.

Only the plain cases, which almost all of a bulk send are: a number that nobody has named yet, and
Meta's answer naming the user id behind it for the first time. Everything else goes one by one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from ats.public import Candidate, User
from whatsapp.contacts.identity import answered, contact_for_candidate, lock_ids
from whatsapp.models import Contact, ContactFact, FactKind
from whatsapp.policy.spellings import canonical, spellings


@dataclass(frozen=True, slots=True)
class Told:
    """Meta's answer to a message: whom it took the number that was dialled for."""

    contact_id: int
    dialled: str
    wa_id: str
    user_id: str


def contacts_of_numbers(portfolio_id: str, wa_ids: Collection[str]) -> dict[str, Contact]:
    """Whose numbers these are now, however they are spelled; those of nobody are not in it."""
    forms = {one: spellings(one) for one in wa_ids}
    several = {one for one, those in forms.items() if len(those) > 1}
    if several:
        for one in several & _apart(portfolio_id, several):
            forms[one] = frozenset({one})
    wanted = {form for those in forms.values() for form in those}
    held = Q(wa_id__in=wanted) | Q(phone__in=[f"+{one}" for one in wanted])
    by_form: dict[str, list[Contact]] = defaultdict(list)
    rows = Contact.objects.filter(held, portfolio_id=portfolio_id).select_related("candidate")
    for row in rows.order_by("pk"):
        for name in {row.wa_id, row.phone.removeprefix("+")} - {""}:
            by_form[name].append(row)
    found = {}
    for one, those in forms.items():
        exact = by_form.get(one)
        other = [row for form in those for row in by_form.get(form, ())]
        if exact or other:
            found[one] = exact[0] if exact else min(other, key=lambda row: row.pk)
    return found


def _apart(portfolio_id: str, wa_ids: Collection[str]) -> set[str]:
    """Those of whose spellings a colleague said that they are two people's."""
    by_form = {form: one for one in wa_ids for form in spellings(one)}
    rows = ContactFact.objects.standing().filter(
        portfolio_id=portfolio_id, kind=FactKind.APART, wa_id__in=by_form
    )
    return {by_form[form] for form in rows.values_list("wa_id", flat=True)}


def contacts_for_candidates(
    people: Mapping[str, Candidate], *, portfolio_id: str, by: User | None, now: datetime
) -> dict[str, Contact]:
    """The contacts that messages to these numbers (without "+") go to, made and linked where that
    is still to be done. Call it in a transaction; the rules have allowed it before."""
    lock_ids(portfolio_id, people, ())
    found = contacts_of_numbers(portfolio_id, people)
    new = {wa_id: one for wa_id, one in people.items() if wa_id not in found}
    if new:
        made = Contact.objects.make_dialled(
            {wa_id: one.pk for wa_id, one in new.items()},
            company_id=next(iter(new.values())).company_id,
            portfolio_id=portfolio_id,
            by_id=by.pk if by else None,
            now=now,
        )
        for wa_id, pk in made.items():
            found[wa_id] = Contact(
                pk=pk,
                company_id=new[wa_id].company_id,
                portfolio_id=portfolio_id,
                phone=f"+{wa_id}",
                candidate=new[wa_id],
                created_at=now,
            )
    for wa_id, row in found.items():
        if row.candidate_id is None:
            found[wa_id] = contact_for_candidate(
                people[wa_id], portfolio_id=portfolio_id, phone=f"+{wa_id}", by=by, now=now
            )
    return found


def learn(told: Sequence[Told], *, portfolio_id: str, at: datetime) -> None:
    """Takes in whom Meta took the dialled numbers for: `identity.answered` for many."""
    news = _not_known(told, portfolio_id, at)
    if not news:
        return
    plain = _said_once(news)
    with transaction.atomic():
        lock_ids(portfolio_id, [one.wa_id for one in plain], [one.user_id for one in plain])
        named = Contact.objects.name_plainly(
            [(one.contact_id, one.wa_id, one.user_id) for one in plain],
            several=[one.wa_id for one in plain if len(spellings(one.wa_id)) > 1],
            portfolio_id=portfolio_id,
            at=at,
        )
    for one in news:
        if one.contact_id not in named:
            with transaction.atomic():
                contact = Contact.objects.get(pk=one.contact_id)
                answered(contact, dialled=one.dialled, wa_id=one.wa_id, user_id=one.user_id, at=at)


def _not_known(told: Sequence[Told], portfolio_id: str, at: datetime) -> list[Told]:
    """Without those whose answer says what is known already."""
    seen = ContactFact.objects.filter(
        portfolio_id=portfolio_id,
        kind=FactKind.SEEN,
        at__lte=at,
        wa_id__in={one.wa_id for one in told},
        user_id__in={one.user_id for one in told},
    )
    known = set(seen.values_list("wa_id", "user_id"))
    return [
        one
        for one in told
        if one.dialled != one.wa_id or (one.wa_id, one.user_id) not in known
        if one.wa_id or one.user_id
    ]


def _said_once(news: Sequence[Told]) -> list[Told]:
    """Those of the number that was dialled, with a user id: each number and person once. The others
    are for the careful way."""
    candidates = [one for one in news if one.user_id and one.wa_id == one.dialled]
    by_number = Counter(canonical(one.wa_id) for one in candidates)
    by_user = Counter(one.user_id for one in candidates)
    by_contact = Counter(one.contact_id for one in candidates)
    return [
        one
        for one in candidates
        if by_number[canonical(one.wa_id)]
        == by_user[one.user_id]
        == by_contact[one.contact_id]
        == 1
    ]
