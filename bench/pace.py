"""Five senders at 80 a second each, as a sending process of production takes them, and how soon a
single message leaves meanwhile.

Everything is read in the sandbox's own log, by its clock, which is this machine's: Meta counts what
arrives in any second, not what we meant to send. Meta's limit is enforced there, so that what is
too early is refused and held as it would be.
"""

from __future__ import annotations

import time
import uuid
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from ats.tenancy import company_scope
from bench._load import line
from bench._sandbox import Meta, sandbox
from bench._stage import migrated, process
from tests.factories.crowd import number_of
from tests.factories.whatsapp import ContactFactory, ConversationFactory
from whatsapp import jobs
from whatsapp.models import BulkRun, Conversation, Message, RunState
from whatsapp.sending import engine
from whatsapp.sending.content import TextDraft
from whatsapp.sending.send import send
from whatsapp.sending.target import target_of

LEVEL, SENDERS = 80, 5
SLOWEST, P95 = 76, 2.0
# Enough people for so many seconds, of which the first are for the processes to have begun.
SECONDS, BEGINNING = 30, 5
WINDOW = 10.0
# As many from each sender before that.
FIRST = 200
SINGLE_EVERY = 0.5
CHILDREN = "1"
TOO_LONG = 180.0


@dataclass(frozen=True, slots=True)
class Single:
    """When somebody pressed Send, by the sandbox's clock, and what Meta will tell it by."""

    at: float
    callback: str


def main() -> None:
    env = migrated() | {"WORKER_CONCURRENCY": CHILDREN}
    with sandbox(env, numbers=SENDERS, level="STANDARD") as meta:
        meta.hold_webhooks()
        _send_some(meta)
        runs = [meta.plan_run(LEVEL * SECONDS, sender=sender) for sender in meta.senders]
        people = list(_people(meta, int(2 * SECONDS / SINGLE_EVERY)))
        meta.control("sends", on=True)
        with ExitStack() as running:
            for command in (
                "celery -A config worker --queues outbound --hostname sender@%h",
                "celery -A config worker --queues sweep --hostname sweep@%h --concurrency 1",
                "celery -A config beat",
            ):
                quiet = [*command.split(), "--loglevel", "WARNING"]
                running.enter_context(process(*quiet, env=env))
            singles = _write_singles(meta, runs, people)
        log = meta.ask("sends")["numbers"]
    _tell_rates(log, singles)
    _tell_singles(log, singles)


def _send_some(meta: Meta) -> None:
    """Of tables that are empty PostgreSQL thinks that looking through them is the quickest, and
    goes on to think so for a while as they grow. Nobody's are empty for long."""
    for sender in meta.senders:
        meta.plan_run(FIRST, sender=sender)
    engine.drain(timezone.now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _people(meta: Meta, how_many: int) -> Iterator[Conversation]:
    """Who wrote a moment ago, in turns to each of the numbers."""
    now = timezone.now()
    with company_scope(meta.company):
        for place in range(how_many):
            sender, number = meta.senders[place % SENDERS], number_of(99_000_000 + place)
            meta.control("phones", number=number, name=f"Single {place}")
            meta.control("inbound", to=sender.phone_number_id, text="Yes", **{"from": number})
            contact = ContactFactory(
                company=meta.company,
                portfolio_id=sender.waba.portfolio_id,
                phone=number,
                wa_id=number[1:],
            )
            yield ConversationFactory(
                company=meta.company,
                sender=sender,
                contact=contact,
                last_inbound_at=now,
                last_message_at=now,
            )


def _write_singles(
    meta: Meta, runs: Sequence[BulkRun], people: Sequence[Conversation]
) -> list[Single]:
    """One every half second until every run is over."""
    with company_scope(meta.company):
        jobs.wake(jobs.SEND_MESSAGES)
        while not Message.objects.filter(run__isnull=False, status="accepted").exists():
            time.sleep(0.05)
        began, written = time.monotonic(), []
        for place, conversation in enumerate(people):
            time.sleep(max(0.0, began + place * SINGLE_EVERY - time.monotonic()))
            pressed = time.time()
            message = send(
                target=target_of(conversation),
                draft=TextDraft("See you on Friday at two."),
                by=meta.world.alice,
                client_id=uuid.uuid4(),
                now=timezone.now(),
            )
            written.append(Single(pressed, str(message.callback_id)))
            if not BulkRun.objects.exclude(state=RunState.FINISHED).exists():
                return written
        while BulkRun.objects.exclude(state=RunState.FINISHED).exists():
            if time.monotonic() - began > TOO_LONG:
                raise SystemExit(f"Not over in {TOO_LONG:.0f} s: {[run.pk for run in runs]}")
            time.sleep(0.2)
    return written


def _tell_rates(log: dict[str, Any], singles: Sequence[Single]) -> None:
    single = {one.callback for one in singles}
    rates, seconds, refused = [], [], Counter[int]()
    for number in sorted(log):
        moments = sorted(row[0] for row in log[number]["accepted"])
        of_runs = sorted(row[0] for row in log[number]["accepted"] if row[2] not in single)
        steady = [one for one in moments if of_runs[0] + BEGINNING <= one <= of_runs[-1]]
        rates.append(_least_and_most(steady, WINDOW))
        seconds.append(_least_and_most(moments, 1.0)[1])
        refused.update(row[1] for row in log[number]["refused"])
    slowest, fastest = min(low for low, _ in rates), max(high for _, high in rates)
    raw = "; ".join(f"{low / WINDOW:.1f} to {high / WINDOW:.1f}" for low, high in rates)
    line(
        "pace, any 10 s",
        f"{slowest / WINDOW:.1f} to {fastest / WINDOW:.1f} a second",
        f"{SLOWEST} to {LEVEL}",
        f"by sender: {raw}",
    )
    raw = f"by sender: {', '.join(map(str, seconds))}; refused for the pace: {refused[130429]}"
    others = sum(refused.values()) - refused[130429]
    line("pace, any 1 s", str(max(seconds)), f"at most {LEVEL}", f"{raw}, otherwise: {others}")


def _least_and_most(moments: Sequence[float], seconds: float) -> tuple[int, int]:
    """How many fall into any such stretch between the first and the last."""
    begins = [one for one in moments if one + seconds <= moments[-1]]
    if not begins:
        raise SystemExit(f"Not even {seconds:.0f} s of sending: {len(moments)} messages")
    # Right after one left, and right as it does.
    least = min(bisect_left(moments, at + seconds) - bisect_right(moments, at) for at in begins)
    most = max(bisect_left(moments, at + seconds) - bisect_left(moments, at) for at in begins)
    return least, most


def _tell_singles(log: dict[str, Any], singles: Sequence[Single]) -> None:
    arrived = {row[2]: row[0] for there in log.values() for row in there["accepted"]}
    missing = [one for one in singles if one.callback not in arrived]
    if missing:
        raise SystemExit(f"{len(missing)} of {len(singles)} single messages did not arrive")
    waits = sorted(arrived[one.callback] - one.at for one in singles)
    p95 = waits[int(len(waits) * 0.95)]
    raw = f"p50 {waits[len(waits) // 2]:.2f} s, longest {waits[-1]:.2f} s, of {len(waits)}"
    line("pace, single", f"p95 {p95:.2f} s", f"{P95:.0f} s", raw)


if __name__ == "__main__":
    main()
