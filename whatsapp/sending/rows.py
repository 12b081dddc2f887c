"""From claimed rows of a bulk run to messages: facts, rules, places, and then the message.

A row that the rules refuse is left out with its causes, and nothing is written to its person; one
for which there is no place at present is given back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from ats.public import Candidate, candidate_mobiles
from whatsapp.contacts.many import contacts_for_candidates, contacts_of_numbers
from whatsapp.inbox.conversations import conversations_between
from whatsapp.meta import template_text
from whatsapp.models import (
    BulkRun,
    CompanySettings,
    Contact,
    Conversation,
    Message,
    RunRecipient,
)
from whatsapp.models.outbox import Written
from whatsapp.models.run_claims import ClaimedRow
from whatsapp.policy.decision import Allowed, Wait
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.runs import is_of_everybody
from whatsapp.policy.send import may_send, window
from whatsapp.policy.spellings import canonical
from whatsapp.sending import ledger
from whatsapp.sending.causes import to_store
from whatsapp.sending.content import TemplateDraft
from whatsapp.sending.facts import Shared, consents_of, facts_about, shared_facts
from whatsapp.sending.outgoing import Outgoing
from whatsapp.sending.target import Target
from whatsapp.sending.values import known_of, resolve
from whatsapp.sending.waiting import ask_gate_first

Clock = Callable[[], datetime]


# The fields for which the candidate's own row is enough.
NAMES: Mapping[str, Callable[[Candidate], str]] = {
    "first_name": lambda one: one.first_name,
    "name": lambda one: one.name,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A row that may be written to now. `initiated`: outside the window, so it needs a place."""

    row: ClaimedRow
    target: Target
    draft: TemplateDraft
    initiated: bool


def prepare_rows(
    run: BulkRun, rows: Sequence[ClaimedRow], *, claim: datetime, clock: Clock
) -> list[Outgoing]:
    """The messages of those rows that may leave, still of this claim. `run` comes with its sender,
    WABA, connection, template, author and company. Call it in the scope of the company."""
    now = clock()
    # Every message of the batch is of the same template: what it says is read once.
    run.template.components = template_text.Kept(run.template.components)
    allowed = _judge(run, rows, claim=claim, now=now)
    admitted = _admit(run, allowed, claim=claim, now=now)
    if not admitted:
        return []
    return _write(run, admitted, claim=claim, now=clock())


def _judge(
    run: BulkRun, rows: Sequence[ClaimedRow], *, claim: datetime, now: datetime
) -> list[Judged]:
    allowed: list[Judged] = []
    left_out: dict[int, list[dict[str, object]]] = {}
    later: dict[datetime, list[int]] = {}
    not_theirs = []
    for one, decision in decide_rows(run, rows, now=now):
        if isinstance(decision, Allowed):
            allowed.append(one)
        elif isinstance(decision, Wait):
            later.setdefault(decision.until, []).append(one.row.id)
        elif is_of_everybody(decision):
            not_theirs.append(one.row.id)
        else:
            left_out[one.row.id] = to_store(decision)
    RunRecipient.objects.leave_out(left_out, claim=claim)
    for until, those in later.items():
        RunRecipient.objects.give_back(those, claim=claim, until=until)
    if not_theirs:
        _wait_for_gate(run, not_theirs, claim=claim, now=now)
    return allowed


def _wait_for_gate(run: BulkRun, row_ids: Sequence[int], *, claim: datetime, now: datetime) -> None:
    """What has changed since the gate was asked is the whole run's: it is asked before anybody
    claims again, and these rows keep their turn."""
    with transaction.atomic():
        ask_gate_first(BulkRun.objects.filter(pk=run.pk), now=now)
        RunRecipient.objects.give_back(row_ids, claim=claim, until=now)


def decide_rows(
    run: BulkRun, rows: Sequence[ClaimedRow], *, now: datetime
) -> Iterator[tuple[Judged, Allowed | Wait | tuple[Reason, ...]]]:
    """What the rules say of each row; whoever may not get it comes with every reason. Writes
    nothing, so the forecast of a run that is not made yet asks here too."""
    shared = shared_facts(run.company, run.agreed_by or run.author)
    targets = _targets(run, rows)
    ids = [target.candidate.pk for target in targets.values() if target.candidate]
    consents = consents_of(ids)
    values = _values(run, targets.values(), now=now)
    for row in rows:
        target = targets[row.id]
        draft = TemplateDraft(run.template, values.get(row.candidate_id or 0, {}))
        opened = window(target.last_inbound_at, now).open
        yield (
            Judged(row, target, draft, initiated=not opened),
            _decide(run, row, target, draft, shared, consents, now=now),
        )


def _decide(
    run: BulkRun,
    row: ClaimedRow,
    target: Target,
    draft: TemplateDraft,
    shared: Shared,
    consents: Mapping[int, object],
    *,
    now: datetime,
) -> Allowed | Wait | tuple[Reason, ...]:
    if target.candidate is None:
        return (Reason(ReasonCode.CANDIDATE_GONE),)
    if target.mobile and canonical(target.mobile.removeprefix("+")) != row.number:
        # The run's promise was for the number of that day, and one number gets one message.
        return (Reason(ReasonCode.NUMBER_CHANGED),)
    facts = facts_about(
        target,
        draft.facts(run.sender, now=now),
        shared,
        consents,  # type: ignore[arg-type]
        region=row.region or None,
    )
    decision = may_send(facts, now=now)
    return decision if isinstance(decision, Allowed | Wait) else decision.reasons


def _targets(run: BulkRun, rows: Sequence[ClaimedRow]) -> dict[int, Target]:
    ids = [row.candidate_id for row in rows if row.candidate_id]
    candidates = Candidate.objects.in_bulk(ids)
    field_id = CompanySettings.objects.values_list("recipient_field_id", flat=True).first()
    mobiles = candidate_mobiles(ids, field_id) if field_id else {}
    dialled = {row.phone.removeprefix("+") for row in rows}
    contacts = contacts_of_numbers(run.sender.waba.portfolio_id, dialled)
    threads = _threads(run, contacts)
    return {
        row.id: _target(
            run,
            candidates.get(row.candidate_id or 0),
            mobiles.get(row.candidate_id or 0) or None,
            contacts.get(row.phone.removeprefix("+")),
            threads,
        )
        for row in rows
    }


def _threads(run: BulkRun, contacts: Mapping[str, Contact]) -> dict[int, Conversation]:
    rows = Conversation.objects.filter(
        sender=run.sender, contact__in={contact.pk for contact in contacts.values()}
    )
    return {row.contact_id: row for row in rows}


def _target(
    run: BulkRun,
    candidate: Candidate | None,
    mobile: str | None,
    contact: Contact | None,
    threads: Mapping[int, Conversation],
) -> Target:
    owner = contact.candidate if contact and candidate else None
    if owner is not None and owner != candidate:
        # One WhatsApp account cannot be two people.
        return Target(run.sender, None, None, candidate, mobile, shared_with=owner)
    thread = threads.get(contact.pk) if contact else None
    return Target(run.sender, contact, thread, candidate, mobile)


def _values(run: BulkRun, targets: Iterable[Target], *, now: datetime) -> dict[int, dict[str, str]]:
    people = [target.candidate for target in targets if target.candidate]
    fields = {source["field"] for source in run.values.values() if source.get("field")}
    if fields <= NAMES.keys():
        return {
            one.pk: resolve(run.values, {name: read(one) for name, read in NAMES.items()})[0]
            for one in people
        }
    known = known_of(
        [one.pk for one in people],
        language=run.template.language,
        company=run.company,
        by=run.author,
        now=now,
        fields=fields,
    )
    return {pk: resolve(run.values, values)[0] for pk, values in known.items()}


def _admit(
    run: BulkRun, allowed: Sequence[Judged], *, claim: datetime, now: datetime
) -> list[Judged]:
    """Those that are inside the window, or have a place; the others are given back."""
    asks = [
        ledger.Ask(
            holder=ledger.holder_of_row(one.row.id),
            number=one.row.phone.removeprefix("+"),
            company_id=run.company_id,
            sender_id=run.sender_id,
            author_id=run.author_id,
        )
        for one in allowed
        if one.initiated
    ]
    if not asks:
        return list(allowed)
    admission = ledger.admit(ledger.portfolio_of(run.sender.waba), asks, run=run, now=now)
    admitted, refused = [], []
    for one in allowed:
        if one.initiated and ledger.holder_of_row(one.row.id) not in admission.granted:
            refused.append(one.row.id)
        else:
            admitted.append(one)
    if refused:
        _wait_for_gate(run, refused, claim=claim, now=now)
    return admitted


def _write(
    run: BulkRun, admitted: Sequence[Judged], *, claim: datetime, now: datetime
) -> list[Outgoing]:
    with transaction.atomic():
        ours = RunRecipient.objects.ours([one.row.id for one in admitted], claim=claim)
        mine = [one for one in admitted if one.row.id in ours and one.target.candidate]
        contacts = contacts_for_candidates(
            {number_of(one): one.target.candidate for one in mine if one.target.candidate},
            portfolio_id=run.sender.waba.portfolio_id,
            by=run.author,
            now=now,
        )
        keys = sorted(row.pk for row in contacts.values())
        # With the contacts locked, a thread that is found stays the one that their messages are in.
        locked = Contact.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        list(locked.values_list("pk"))
        threads = conversations_between(run.sender, keys, now=now)
        written = [_written(one, contacts[number_of(one)], threads) for one in mine]
        messages = Message.objects.write_for_runs(written, same=_same(run), claim=claim, now=now)
        RunRecipient.objects.begin(
            {
                one.row.id: messages[what.callback_id]
                for one, what in zip(mine, written, strict=True)
            }
        )
        Conversation.objects.show_as_last(
            {what.conversation_id: messages[what.callback_id] for what in written}, at=now
        )
    going = [
        _outgoing(run, one, contacts[number_of(one)], what, messages[what.callback_id], claim)
        for one, what in zip(mine, written, strict=True)
    ]
    return going if _give_payloads(run, mine, going, now=now) else _with_messages(going)


def _give_payloads(
    run: BulkRun, mine: Sequence[Judged], going: Sequence[Outgoing], *, now: datetime
) -> bool:
    """False where Meta does not have the header's file any more, or not yet: it goes there first,
    as that of a single message does."""
    media_id = mine[0].draft.media_id(run.sender_id, now=now) if mine else None
    if media_id == "":
        return False
    for one, outgoing in zip(mine, going, strict=True):
        outgoing.payload = one.draft.payload(to=f"+{outgoing.dialled}", media_id=media_id)
    return True


def _with_messages(going: Sequence[Outgoing]) -> list[Outgoing]:
    rows = Message.objects.select_related("sender__waba", "conversation__contact")
    messages = rows.in_bulk([one.message_id for one in going])
    for one in going:
        one.message = messages[one.message_id]
        if one.run is not None:
            # The same row for all of them: its file and its teams are read once.
            one.message.template = one.run.template
    return list(going)


def number_of(one: Judged) -> str:
    return one.row.phone.removeprefix("+")


def _same(run: BulkRun) -> dict[str, Any]:
    return {
        "company": run.company_id,
        "sender": run.sender_id,
        "run": run.pk,
        "template": run.template_id,
        "author": run.author_id,
        "kind": str(TemplateDraft.kind),
    }


def _written(one: Judged, contact: Contact, threads: Mapping[int, int]) -> Written:
    return Written(
        conversation_id=threads[contact.pk],
        wa_id=contact.wa_id or contact.phone.removeprefix("+"),
        user_id=contact.user_id,
        text=one.draft.text(),
        content=one.draft.content(),
        initiated=one.initiated,
        callback_id=uuid.uuid4(),
    )


def _outgoing(
    run: BulkRun,
    one: Judged,
    contact: Contact,
    what: Written,
    message_id: int,
    claim: datetime,
) -> Outgoing:
    return Outgoing(
        message_id=message_id,
        company_id=run.company_id,
        conversation_id=what.conversation_id,
        contact_id=contact.pk,
        sender=run.sender,
        connection=run.sender.waba.connection,
        dialled=what.wa_id,
        attempt=1,
        claim=claim,
        payload={},
        callback_id=what.callback_id,
        run=run,
    )
