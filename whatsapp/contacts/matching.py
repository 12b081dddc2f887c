"""What colleagues say about who a contact is: linked, not linked, joined, apart, blocked.

Nothing is changed or deleted: each adds a fact or takes one back, and contacts and threads follow
from the facts that stand. Every action may be pressed twice, in two tabs and by two people at once.

Locks as in `contacts.identity`: the ids named, the portfolio's grouping, facts, contacts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from ats.public import Candidate, ReadValue, User, company_of, create_candidate
from whatsapp import events
from whatsapp.contacts.identity import lock_ids, note
from whatsapp.contacts.links import apart, link, number_of, say, say_who
from whatsapp.contacts.regroup import around, regroup
from whatsapp.models import Contact, ContactFact, Conversation, FactKind
from whatsapp.policy.persons import Persons
from whatsapp.policy.spellings import spellings

TRIES = 5
T = TypeVar("T")


class Refused(Exception):
    """It cannot be done as things are; nothing was changed."""


class AlreadyLinked(Refused):
    """Somebody said meanwhile that they are somebody else; without `by` the number said it."""

    def __init__(self, candidate: Candidate, by: User | None, at: datetime | None) -> None:
        super().__init__(candidate.pk)
        self.candidate, self.by, self.at = candidate, by, at


class Inseparable(Refused):
    """Meta itself said that the spellings are one person's, or there is but one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`contact` is who the action was about, as they are now. `changed` is False where it was so
    already. `joined`: two threads became one, or came apart again."""

    contact: Contact
    changed: bool
    candidate: Candidate | None = None
    joined: bool = False


def link_contact(*, contact: Contact, candidate: Candidate, by: User, now: datetime) -> Outcome:
    """This contact is that candidate. Where the candidate has another contact that can be the same
    WhatsApp account, the two become one. Raises `AlreadyLinked`."""
    return _in_turn(lambda: _link(contact, candidate, by=by, now=now))


def create_candidate_for(
    *,
    contact: Contact,
    first_name: str,
    last_name: str = "",
    email: str = "",
    values: Mapping[int, ReadValue | None] | None = None,
    by: User,
    now: datetime,
) -> Outcome:
    """Makes a candidate in the host and links the contact to it. Raises `AlreadyLinked`; the same
    name given twice makes one candidate."""

    def create() -> Outcome:
        held = _hold(contact)
        row = held.contact
        if row.candidate is not None and row.candidate.name == f"{first_name} {last_name}".strip():
            return Outcome(row, changed=False, candidate=row.candidate)
        _refuse_other(row, None)
        candidate = create_candidate(
            company=company_of(by),
            first_name=first_name,
            last_name=last_name,
            email=email,
            values=values,
            by=by,
        )
        return _linked(held, candidate, by=by, now=now)

    return _in_turn(create)


def unlink_contact(
    *, contact: Contact, by: User, now: datetime, linking_id: int | None = None
) -> Outcome:
    """This contact is not that candidate, nor by its number. What joined it with another contact
    is taken back with the link: then the answer is about the part that had been linked.

    `linking_id` is the fact that the colleague saw (`linking_of`); pressing twice takes back one.
    """
    return _in_turn(lambda: _unlink(contact, linking_id, by=by, now=now))


def split_spellings(*, contact: Contact, by: User, now: datetime) -> Outcome:
    """Two spellings of one number are two people. Raises `Inseparable`."""

    def split() -> Outcome:
        held = _hold(contact)
        row = held.contact
        number = number_of(row)
        if not number:
            raise Inseparable(row.pk)
        if apart(row.portfolio_id, number).exists():
            return Outcome(row, changed=False)
        note(row, FactKind.APART, at=now, wa_id=number, by=by)
        regroup(row.portfolio_id, [number], [])
        if len(_holders(row.portfolio_id, number)) < 2:
            raise Inseparable(row.pk)
        return _told(held, "spellings_split", by=by, now=now)

    return _in_turn(split)


def join_spellings(*, contact: Contact, by: User, now: datetime) -> Outcome:
    """The spellings are one person's after all."""

    def join() -> Outcome:
        held = _hold(contact)
        number = number_of(held.contact)
        taken_back = apart(held.contact.portfolio_id, number).update(undone_at=now)
        if not taken_back:
            return Outcome(held.contact, changed=False)
        regroup(held.contact.portfolio_id, spellings(number), [])
        return _told(held, "spellings_joined", by=by, now=now)

    return _in_turn(join)


def block_contact(*, contact: Contact, by: User, now: datetime) -> Outcome:
    """Out of the lists; what they write is still kept, and nothing is sent to them."""
    return _in_turn(lambda: _set_block(contact, now, by=by, now=now))


def unblock_contact(*, contact: Contact, by: User, now: datetime) -> Outcome:
    return _in_turn(lambda: _set_block(contact, None, by=by, now=now))


# ---- Under the locks


class _Moved(Exception):
    """What was locked is not what is there: begin again."""


@dataclass(frozen=True, slots=True)
class _Held:
    """The contact, and all that are known around it and the candidate's others, locked."""

    contact: Contact
    others: tuple[Contact, ...]
    facts: tuple[ContactFact, ...]
    persons: Persons


def _in_turn(decide: Callable[[], T]) -> T:
    """In a transaction of its own; again where people were regrouped before it had its locks."""
    for _ in range(TRIES - 1):
        try:
            with transaction.atomic():
                return decide()
        except _Moved:
            continue
    with transaction.atomic():
        return decide()


def _hold(contact: Contact, candidate: Candidate | None = None) -> _Held:
    wanted = _wanted(contact, candidate)
    wa_ids, user_ids = _ids_of(wanted)
    portfolio_id = contact.portfolio_id
    lock_ids(portfolio_id, wa_ids, user_ids)
    facts, persons = around(portfolio_id, wa_ids, user_ids)
    involved = wanted | {fact.contact_id for fact in facts}
    locked = Contact.objects.select_for_update(no_key=True).filter(pk__in=involved).order_by("pk")
    rows = {row.pk: row for row in locked}
    if _wanted(contact, candidate) != wanted or _ids_of(wanted) != (wa_ids, user_ids):
        raise _Moved
    row = rows[_current(contact)]
    others = tuple(
        rows[pk] for pk in sorted(wanted - {row.pk}) if rows[pk].portfolio_id == portfolio_id
    )
    return _Held(row, others, tuple(facts), persons)


def _wanted(contact: Contact, candidate: Candidate | None) -> set[int]:
    found = {_current(contact)}
    if candidate is not None:
        theirs = Contact.objects.filter(candidate=candidate, portfolio_id=contact.portfolio_id)
        found |= set(theirs.values_list("pk", flat=True))
    return found


def _current(contact: Contact) -> int:
    """The contact, or the one that it has become part of."""
    into = Contact.objects.values_list("merged_into", flat=True).get(pk=contact.pk)
    return into or contact.pk


def _ids_of(contacts: Collection[int]) -> tuple[set[str], set[str]]:
    rows = ContactFact.objects.standing().filter(contact__in=contacts)
    named = rows.values_list("wa_id", "new_wa_id", "user_id", "new_user_id").distinct()
    wa_ids, user_ids = set[str](), set[str]()
    for wa_id, new_wa_id, user_id, new_user_id in named:
        wa_ids |= {wa_id, new_wa_id}
        user_ids |= {user_id, new_user_id}
    return wa_ids - {""}, user_ids - {""}


# ---- Links


def _link(contact: Contact, candidate: Candidate, *, by: User, now: datetime) -> Outcome:
    held = _hold(contact, candidate)
    if held.contact.candidate_id == candidate.pk:
        return Outcome(held.contact, changed=False, candidate=candidate)
    _refuse_other(held.contact, candidate)
    return _linked(held, candidate, by=by, now=now)


def _refuse_other(row: Contact, candidate: Candidate | None) -> None:
    if row.candidate is None or row.candidate == candidate:
        return
    said = linking_of(row)
    raise AlreadyLinked(row.candidate, said.by if said else None, said.at if said else None)


def linking_of(contact: Contact) -> ContactFact | None:
    """Who said that this contact is its candidate; None where the number did."""
    return said_of(contact)[0]


def said_of(contact: Contact) -> tuple[ContactFact | None, ContactFact | None]:
    """What colleagues said of this contact, last: the link to its candidate, and a join."""
    rows = ContactFact.objects.standing().filter(
        contact=contact, kind__in=(FactKind.LINKED, FactKind.JOINED)
    )
    said = list(rows.select_related("by").order_by("pk"))
    links = [one for one in said if one.kind == FactKind.LINKED]
    theirs = [one for one in links if one.candidate_id == contact.candidate_id]
    joins = [one for one in said if one.kind == FactKind.JOINED]
    newest = max(theirs, key=lambda one: (one.at, one.pk), default=None)
    return newest, joins[-1] if joins else None


def _linked(held: _Held, candidate: Candidate, *, by: User, now: datetime) -> Outcome:
    row = held.contact
    denied = ContactFact.objects.standing().filter(contact=row, kind=FactKind.NOT_LINKED)
    denied.filter(candidate=candidate).update(undone_at=now)
    say_who(row, candidate, by=by, now=now)
    other = next((one for one in held.others if _may_be_one(row, one)), None)
    if other is not None:
        _join(held, other, by=by, now=now)
    return _told(
        held, "contact_linked", by=by, now=now, candidate=candidate, joined=other is not None
    )


def _may_be_one(one: Contact, other: Contact) -> bool:
    """One account has at most one number and one user id. Who is blocked stays as they are, or a
    join would block the other, too."""
    if one.blocked_at or other.blocked_at:
        return False
    by_user, by_number = _halves(one, other)
    return bool(by_user.user_id and by_number.phone) and not (by_user.phone or by_number.user_id)


def _halves(one: Contact, other: Contact) -> tuple[Contact, Contact]:
    return (one, other) if one.user_id else (other, one)


def _join(held: _Held, other: Contact, *, by: User, now: datetime) -> None:
    """The user id has been this number's since it was first seen, or since the person who has the
    number now has had it."""
    by_user, by_number = _halves(held.contact, other)
    number = number_of(by_number)
    first = min(
        fact.at
        for fact in held.facts
        if fact.contact_id == by_user.pk and (fact.user_id or fact.new_user_id)
    )
    node = held.persons.person(wa_id=number, user_id="", at=now)
    since = held.persons.number_since(node).get(held.persons.number(number))
    at = max(first, since) if since else first
    note(by_number, FactKind.JOINED, at=at, by=by, wa_id=number, user_id=by_user.user_id)
    regroup(by_number.portfolio_id, [number], [by_user.user_id])


def _unlink(contact: Contact, linking_id: int | None, *, by: User, now: datetime) -> Outcome:
    held = _hold(contact)
    row, candidate = held.contact, held.contact.candidate
    said, joined = said_of(row)
    if linking_id is not None and (said is None or said.pk != linking_id):
        return Outcome(row, changed=False)
    if joined is not None and said is not None and _came_with(joined, said):
        return _part(held, joined, said, by=by, now=now)
    if candidate is None:
        return Outcome(row, changed=False)
    linked = ContactFact.objects.standing().filter(contact=row, kind=FactKind.LINKED)
    linked.update(undone_at=now)
    say(row, FactKind.NOT_LINKED, by=by, now=now, candidate=candidate)
    link(row)
    return _told(held, "contact_unlinked", by=by, now=now, candidate=candidate)


def _came_with(joined: ContactFact, said: ContactFact) -> bool:
    """A link that led to a join names the one half that the contact was then."""
    halves = ((joined.wa_id, ""), ("", joined.user_id))
    return joined.pk > said.pk and (said.wa_id, said.user_id) in halves


def _part(
    held: _Held, joined: ContactFact, said: ContactFact, *, by: User, now: datetime
) -> Outcome:
    """The two halves are two contacts again, and the one that had been linked is not any more."""
    taken_back = ContactFact.objects.filter(pk__in=(joined.pk, said.pk))
    taken_back.update(undone_at=now)
    ids = {"wa_id": said.wa_id, "user_id": said.user_id}
    say(held.contact, FactKind.NOT_LINKED, by=by, now=now, candidate=said.candidate, **ids)
    regroup(joined.portfolio_id, [joined.wa_id], [joined.user_id])
    denied = ContactFact.objects.filter(kind=FactKind.NOT_LINKED, at=now, **ids).latest("pk")
    return _told(
        held,
        "contact_unlinked",
        by=by,
        now=now,
        candidate=said.candidate,
        joined=True,
        about=denied.contact,
    )


# ---- Blocks, spellings, and what everybody is told


def _set_block(contact: Contact, at: datetime | None, *, by: User, now: datetime) -> Outcome:
    row = Contact.objects.select_for_update(no_key=True).get(pk=_current(contact))
    if row.merged_into_id is not None:
        raise _Moved
    if (row.blocked_at is None) == (at is None):
        return Outcome(row, changed=False)
    row.blocked_at = at
    row.save(update_fields=["blocked_at"])
    _tell([row], "contact_blocked" if at else "contact_unblocked", by=by, now=now)
    return Outcome(row, changed=True, candidate=row.candidate)


def _holders(portfolio_id: str, number: str) -> set[int]:
    """Who is known by a spelling of this number."""
    kinds = (FactKind.SEEN, FactKind.DIALLED)
    rows = ContactFact.objects.standing().naming(portfolio_id, spellings(number), [])
    return set(rows.filter(kind__in=kinds).values_list("contact", flat=True))


def _told(
    held: _Held,
    verb: str,
    *,
    by: User,
    now: datetime,
    candidate: Candidate | None = None,
    joined: bool = False,
    about: Contact | None = None,
) -> Outcome:
    about = about or held.contact
    row = Contact.objects.select_related("candidate").get(pk=_current(about))
    touched = {row.pk, held.contact.pk, *(one.pk for one in held.others if joined)}
    ids = {"candidate": candidate.pk} if candidate else {}
    _tell([row, *Contact.objects.filter(pk__in=touched - {row.pk})], verb, by=by, now=now, **ids)
    return Outcome(row, changed=True, candidate=candidate, joined=joined)


def _tell(rows: Iterable[Contact], verb: str, *, by: User, now: datetime, **ids: int) -> None:
    """One audit line about the first, and every list and thread that shows one of them anew."""
    contacts = list(rows)
    events.audit(actor=by, verb=verb, about=contacts[0], now=now, **ids)
    threads = Conversation.objects.filter(contact__in=contacts, moved_to=None)
    for pk in threads.order_by("pk").values_list("pk", flat=True):
        events.publish(contacts[0].company_id, "conversation", now=now, conversation=pk)
