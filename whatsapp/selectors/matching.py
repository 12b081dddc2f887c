"""The matching queue, and what a panel says about who somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from ats.public import Candidate, candidates_with_mobile, mobile_display
from whatsapp.contacts.links import apart, number_of
from whatsapp.contacts.matching import (
    AlreadyLinked,
    Inseparable,
    Outcome,
    Refused,
    said_of,
)
from whatsapp.models import CompanySettings, Contact, ContactFact, Conversation, FactKind
from whatsapp.policy.spellings import canonical, spellings
from whatsapp.selectors.inbox import last_text
from whatsapp.selectors.proposals import Proposal, proposals_for, who_and_when
from whatsapp.selectors.window import clock, short_moment
from whatsapp.sending.target import mobile_of

PAGE = 20
COUNTED = 99
A_MOMENT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Card:
    """Somebody unknown, as the queue and the panel show them."""

    contact_id: int
    name: str
    username: str
    number: str
    is_blocked: bool
    conversation_id: int | None
    sender_name: str
    excerpt: str
    moment: str
    proposals: list[Proposal]
    question: str


@dataclass(frozen=True, slots=True)
class Queue:
    cards: list[Card]
    next_before: int | None
    only_blocked: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """Why a contact is who it is said to be, and what of that can be taken back."""

    linked: str
    linking_id: int | None
    joined: str
    spelled: list[str]
    were_split: bool
    blocked: str
    threads: list[Conversation]
    sharing: list[Candidate]


def queue_page(*, before: int | None, only_blocked: bool, now: datetime) -> Queue:
    """Newest first; `before` is the id of the last contact of the page before."""
    rows = _blocked() if only_blocked else unmatched()
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows.order_by("-pk")[: PAGE + 1])
    more = len(page) > PAGE
    page = page[:PAGE]
    return Queue(cards_of(page, now=now), page[-1].pk if more else None, only_blocked)


def unmatched() -> QuerySet[Contact]:
    """Who has written and is no candidate."""
    rows = Contact.objects.filter(candidate=None, merged_into=None, blocked_at=None)
    return rows.filter(_has_thread())


def _blocked() -> QuerySet[Contact]:
    rows = Contact.objects.filter(blocked_at__isnull=False, merged_into=None)
    return rows.select_related("candidate")


def _has_thread() -> Exists:
    threads = Conversation.objects.filter(contact=OuterRef("pk"), moved_to=None)
    return Exists(threads.exclude(last_message=None))


def is_anybody_newer(contact_id: int) -> bool:
    return unmatched().filter(pk__gt=contact_id).exists()


def how_many_unmatched() -> str:
    """“12”, or “99+”: beyond that nobody counts."""
    found = unmatched()[: COUNTED + 1].count()
    return f"{COUNTED}+" if found > COUNTED else str(found)


def cards_of(contacts: Sequence[Contact], *, now: datetime) -> list[Card]:
    proposals = proposals_for(contacts, now=now)
    threads: dict[int, Conversation] = {}
    rows = Conversation.objects.filter(contact__in=contacts, moved_to=None)
    for one in rows.select_related("sender", "last_message").order_by("-last_message_at", "-pk"):
        threads.setdefault(one.contact_id, one)
    return [_card(row, threads.get(row.pk), proposals[row.pk], now=now) for row in contacts]


def _card(
    row: Contact, thread: Conversation | None, proposals: list[Proposal], *, now: datetime
) -> Card:
    number = mobile_display(row.phone) if row.phone else ""
    sharing = sum(one.has_number for one in proposals)
    # Among the blocked may be candidates.
    known = row.candidate if row.blocked_at else None
    asked = f"{sharing} candidates have this number: whose is it?" if sharing > 1 else ""
    return Card(
        contact_id=row.pk,
        name=known.name if known else row.profile_name or number or row.name,
        username=row.username,
        number=number,
        is_blocked=row.blocked_at is not None,
        conversation_id=thread.pk if thread else None,
        sender_name=thread.sender.name if thread else "",
        excerpt=last_text(thread.last_message) if thread else "",
        moment=short_moment(thread.last_message_at, now) if thread else "",
        proposals=proposals,
        question=asked,
    )


def identity_of(contact: Contact, *, open_id: int, now: datetime) -> Identity:
    """For the panel beside a thread."""
    candidate = contact.candidate
    said, joined = said_of(contact)
    number = number_of(contact)
    # Most numbers are written in one way.
    was_split = len(spellings(number)) > 1 and apart(contact.portfolio_id, number).exists()
    return Identity(
        linked=_linked(candidate, said),
        linking_id=said.pk if said else None,
        joined=_joined(joined),
        spelled=[] if was_split else _other_spellings(contact),
        were_split=was_split,
        blocked=f"since {clock(contact.blocked_at, now)}" if contact.blocked_at else "",
        threads=_other_threads(candidate, open_id) if candidate else [],
        sharing=sharing_with(candidate, number) if candidate else [],
    )


def _other_threads(candidate: Candidate, open_id: int) -> list[Conversation]:
    rows = Conversation.objects.filter(contact__candidate=candidate, moved_to=None)
    others = rows.exclude(pk=open_id).select_related("sender", "contact")
    return list(others.order_by("-last_message_at")[:10])


def _linked(candidate: Candidate | None, said: ContactFact | None) -> str:
    if candidate is None:
        return ""
    return f"Linked by {who_and_when(said)}" if said else "Linked by the number in the record"


def _joined(fact: ContactFact | None) -> str:
    if fact is None:
        return ""
    number = mobile_display(f"+{fact.wa_id}")
    return f"Messages with {number} and those without a number are one thread"


def _other_spellings(contact: Contact) -> list[str]:
    """Spellings that nothing but their likeness joins to the contact's number."""
    number = number_of(contact)
    if len(spellings(number)) == 1:
        return []
    facts = ContactFact.objects.standing().filter(contact=contact)
    if facts.filter(kind=FactKind.ANSWERED).exists():
        return []
    kinds = (FactKind.SEEN, FactKind.DIALLED)
    users: dict[str, set[str]] = {}
    for wa_id, user_id in facts.filter(kind__in=kinds).values_list("wa_id", "user_id").distinct():
        if wa_id and canonical(wa_id) == canonical(number):
            users.setdefault(wa_id, set()).add(user_id)
    mine = users.pop(number, set()) - {""}
    return [mobile_display(f"+{one}") for one in sorted(users) if not users[one] & mine]


def sharing_with(candidate: Candidate, number: str) -> list[Candidate]:
    """Other candidates with this number in the recipient field, newest first."""
    recipient = CompanySettings.objects.values_list("recipient_field_id", flat=True).first()
    if recipient is None or not number:
        return []
    forms = {f"+{one}" for one in spellings(number)}
    found = candidates_with_mobile(candidate.company_id, forms, recipient)
    return [one for one in found if one != candidate]


def sharing_of_record(candidate: Candidate) -> list[Candidate]:
    """The same for the number in the candidate's own record."""
    mobile = mobile_of(candidate)
    return sharing_with(candidate, mobile.removeprefix("+")) if mobile else []


def words_of(problem: Refused, *, now: datetime) -> str:
    """What stopped an action, and what to do."""
    if isinstance(problem, AlreadyLinked):
        name = problem.candidate.name
        if problem.by is None or problem.at is None:
            return f"They were linked to {name} meanwhile, by the number in the record."
        when = "a moment ago" if now - problem.at < A_MOMENT else f"at {clock(problem.at, now)}"
        return (
            f"{problem.by.full_name} linked them to {name} {when}. "
            "If that is wrong, unlink them beside the conversation."
        )
    if isinstance(problem, Inseparable):
        return "WhatsApp itself says that these spellings are one person’s, so they stay together."
    raise problem


def words_for(verb: str, outcome: Outcome) -> str:
    """What was done."""
    name = outcome.candidate.name if outcome.candidate else "a candidate"
    threads = {
        "link": " Their two threads are one now.",
        "unlink": " The two threads are apart again.",
    }
    words = {
        "link": f"Linked to {name}.",
        "create": f"{name} is a candidate now, and linked. Undo takes back the link alone.",
        "unlink": f"Not linked to {name} any more.",
        "split": "Two people now, each with a thread of their own.",
        "join": "One person again, in one thread.",
        "block": "Blocked. Nothing is sent to them; what they write is still kept.",
        "unblock": "Not blocked any more.",
    }
    return words[verb] + (threads.get(verb, "") if outcome.joined else "")
