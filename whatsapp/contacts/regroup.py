"""Groups the facts around some ids into people, and brings contacts and threads into line.

Rare: a person's second id, a changed number, a join or its undoing. Serial in a portfolio.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection

from whatsapp.contacts.links import link
from whatsapp.contacts.threads import bring_home
from whatsapp.inbox.conversations import recall_unreachable
from whatsapp.models import Contact, ContactFact, FactKind
from whatsapp.policy import persons as p
from whatsapp.policy.spellings import spellings

# First word of the lock's name; the portfolio follows.
LOCK = "whatsapp-grouping"
PAIRS = (FactKind.SEEN, FactKind.DIALLED, FactKind.JOINED)
# What colleagues said repeats the ids that were known then, and tells nothing of ids by itself.
SAID = (FactKind.JOINED, FactKind.APART, FactKind.LINKED, FactKind.NOT_LINKED)


def regroup(portfolio_id: str, wa_ids: Iterable[str], user_ids: Iterable[str]) -> None:
    """Everybody whom these ids lead to. Call it in a transaction, with the ids locked."""
    facts, persons = around(portfolio_id, wa_ids, user_ids)
    before = {fact.pk: fact.contact_id for fact in facts}
    contacts = _lock_contacts(facts)
    owners = _assign(facts, persons, contacts)
    for fact in facts:
        fact.contact_id = owners[persons.person_of(_plain(fact))].pk
    moved = [fact for fact in facts if before[fact.pk] != fact.contact_id]
    ContactFact.objects.bulk_update(moved, ["contact"])
    _describe(facts, persons, owners, contacts, before)
    involved = {contact.pk for contact in [*contacts.values(), *owners.values()]}
    if len(involved) > 1:
        bring_home(involved, persons, owners)
        recall_unreachable([row.pk for row in owners.values()])


def around(
    portfolio_id: str, wa_ids: Iterable[str], user_ids: Iterable[str]
) -> tuple[list[ContactFact], p.Persons]:
    """What is known of everybody whom these ids lead to. Until the transaction ends nobody else
    groups people in this portfolio or changes these facts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{LOCK}:{portfolio_id}"]
        )
    facts = _around(portfolio_id, set(wa_ids) - {""}, set(user_ids) - {""})
    return facts, _persons(facts)


def _around(portfolio_id: str, wa_ids: set[str], user_ids: set[str]) -> list[ContactFact]:
    """The facts that these ids lead to, over any number of steps; locked in the order of keys."""
    found: dict[int, ContactFact] = {}
    seen_wa, seen_users = set[str](), set[str]()
    while wa_ids or user_ids:
        forms = {form for one in wa_ids for form in spellings(one)}
        rows = ContactFact.objects.standing().naming(portfolio_id, forms, user_ids)
        new = [row for row in rows if row.pk not in found]
        found |= {row.pk: row for row in new}
        seen_wa |= forms
        seen_users |= user_ids
        wa_ids = {one for row in new for one in (row.wa_id, row.new_wa_id) if one} - seen_wa
        user_ids = {
            one for row in new for one in (row.user_id, row.new_user_id) if one
        } - seen_users
    rows = ContactFact.objects.select_for_update(no_key=True).filter(pk__in=found)
    locked = list(rows.order_by("pk"))
    # A message that was on its way while we waited for the locks may have brought one more, such as
    # a wish to stop; from here on the locks keep everybody else out.
    again = ContactFact.objects.standing().naming(portfolio_id, seen_wa, seen_users)
    if again.exclude(pk__in=found).exists():
        return _around(portfolio_id, seen_wa, seen_users)
    return locked


def _persons(facts: Collection[ContactFact]) -> p.Persons:
    apart = {
        form for fact in facts if fact.kind == FactKind.APART for form in spellings(fact.wa_id)
    }
    return p.Persons([_plain(fact) for fact in facts if _tells(fact)], apart=apart)


def _tells(fact: ContactFact) -> bool:
    """Whether it says anything about which ids are one person's."""
    return fact.kind in (
        *PAIRS,
        FactKind.ANSWERED,
        FactKind.NUMBER_CHANGED,
        FactKind.USER_ID_CHANGED,
    )


def _tells_of_now(fact: ContactFact) -> bool:
    """Whether it tells which ids somebody has: Meta's word or our own dialling, no colleague's."""
    return _tells(fact) and fact.kind not in SAID


def _plain(fact: ContactFact) -> p.Fact:
    if fact.kind == FactKind.NUMBER_CHANGED:
        return p.NumberChanged(fact.wa_id, fact.new_wa_id, fact.at, fact.user_id)
    if fact.kind == FactKind.USER_ID_CHANGED:
        return p.UserIdChanged(fact.user_id, fact.new_user_id, fact.at)
    if fact.kind == FactKind.ANSWERED:
        return p.SameNumber(fact.wa_id, fact.new_wa_id, fact.at)
    return p.Seen(fact.wa_id, fact.user_id, fact.at)


def _lock_contacts(facts: Collection[ContactFact]) -> dict[int, Contact]:
    wanted = {fact.contact_id for fact in facts}
    rows = Contact.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    return {row.pk: row for row in rows}


def _assign(
    facts: Collection[ContactFact], persons: p.Persons, contacts: dict[int, Contact]
) -> dict[p.Node, Contact]:
    """A contact for each person: the one that most of their facts had, the oldest of two; else one
    that had been merged away, else a new one."""
    members: dict[p.Node, list[ContactFact]] = defaultdict(list)
    for fact in facts:
        members[persons.person_of(_plain(fact))].append(fact)
    owners: dict[p.Node, Contact] = {}
    free = dict(contacts)
    for node in sorted(members, key=lambda one: (-len(members[one]), members[one][0].pk)):
        had = Counter(fact.contact_id for fact in members[node] if fact.contact_id in free)
        if had:
            owners[node] = free.pop(min(had, key=lambda pk: (-had[pk], pk)))
        else:
            owners[node] = _revived(contacts) or _new_like(members[node])
    return owners


def _revived(contacts: dict[int, Contact]) -> Contact | None:
    rows = Contact.objects.select_for_update(no_key=True).filter(merged_into__in=contacts)
    row = rows.order_by("pk").first()
    if row is not None:
        row.merged_into = None
        row.save(update_fields=["merged_into"])
    return row


def _new_like(members: list[ContactFact]) -> Contact:
    first = members[0]
    return Contact.objects.create(
        company_id=first.company_id, portfolio_id=first.portfolio_id, created_at=first.at
    )


def _describe(
    facts: Collection[ContactFact],
    persons: p.Persons,
    owners: dict[p.Node, Contact],
    contacts: dict[int, Contact],
    before: dict[int, int],
) -> None:
    """Writes what follows from the facts. Ids are unique, so all are cleared before any is set."""
    mine: dict[p.Node, list[ContactFact]] = defaultdict(list)
    for fact in facts:
        mine[persons.person_of(_plain(fact))].append(fact)
    everybody = {**contacts, **{row.pk: row for row in owners.values()}}
    Contact.objects.filter(pk__in=everybody).update(phone="", wa_id="", user_id="")
    kept = {row.pk: row for row in owners.values()}
    for pk, row in everybody.items():
        if pk not in kept:
            heirs = Counter(fact.contact_id for fact in facts if before[fact.pk] == pk)
            _empty(row, into=kept[max(heirs, key=lambda one: (heirs[one], -one))])
    for node, row in owners.items():
        row.wa_id, row.phone = _number_now(node, mine[node], persons)
        row.user_id = _user_id_now(mine[node])
        _derive(row, mine[node])
        row.save()
        link(row, mine[node])


def _empty(row: Contact, *, into: Contact) -> None:
    row.merged_into = into
    blocked_at = row.blocked_at
    row.phone = row.wa_id = row.user_id = ""
    # Nothing is theirs: should they part again, a block that was lifted meanwhile stays lifted.
    row.candidate = row.blocked_at = row.undeliverable_since = None
    row.save()
    Contact.objects.filter(merged_into=row).update(merged_into=into)
    into.blocked_at = into.blocked_at or blocked_at


def _number_now(
    node: p.Node, facts: Collection[ContactFact], persons: p.Persons
) -> tuple[str, str]:
    """`wa_id` and `phone` of the number that the person was last known to have."""
    told: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    # A wish changes nobody's ids, and is written without grouping anew: it tells nothing here.
    for fact in filter(_tells_of_now, facts):
        for name in (fact.new_wa_id, "" if fact.kind == FactKind.NUMBER_CHANGED else fact.wa_id):
            if name:
                told[persons.number(name)].append((fact.at, name, fact.kind))
    theirs = [number for number in persons.number_since(node) if told[number]]
    if not theirs:
        return "", ""
    number = max(theirs, key=lambda one: max(told[one]))
    by_meta = [entry for entry in told[number] if entry[2] != FactKind.DIALLED]
    dialled = [entry for entry in told[number] if entry[2] == FactKind.DIALLED]
    wa_id = max(by_meta)[1] if by_meta else ""
    return wa_id, f"+{max(dialled)[1] if dialled else wa_id}"


def _user_id_now(facts: Collection[ContactFact]) -> str:
    told = [
        (fact.at, fact.new_user_id or fact.user_id)
        for fact in filter(_tells_of_now, facts)
        # Its note may name the person by the user id from before.
        if fact.kind != FactKind.NUMBER_CHANGED
    ]
    known = [entry for entry in told if entry[1]]
    return max(known)[1] if known else ""


def _derive(row: Contact, facts: Collection[ContactFact]) -> None:
    """Names and wishes: the newest stand."""
    named = [(f.named_at, f.profile_name, f.username) for f in facts if f.named_at is not None]
    row.profile_name, row.username = max(named)[1:] if named else ("", "")
    row.opted_out_at = wish(facts, FactKind.STOPPED)
    row.marketing_stopped_at = wish(facts, FactKind.MARKETING)


def wish(facts: Collection[ContactFact], kind: FactKind) -> datetime | None:
    """Since when they want no messages of that kind; None where they do. At one moment stopping
    wins: Meta's stamps are whole seconds."""
    said = [(fact.at, fact.value == "stop") for fact in facts if fact.kind == kind]
    if not said:
        return None
    at, stops = max(said)
    return at if stops else None
