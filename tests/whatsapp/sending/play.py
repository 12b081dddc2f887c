"""What tests of bulk runs do: let time pass, drain as workers would, and have Meta tell things."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from ats.models import Candidate
from ats.tenancy import all_companies, company_scope
from tests.sandboxed import Sandboxed
from tests.stack import eventually
from tests.whatsapp import payloads
from whatsapp.connection import sync
from whatsapp.models import BulkRun, Message, RunRecipient, Sender
from whatsapp.selectors.runs import Now, run_now
from whatsapp.sending import engine, runs
from whatsapp.sending.content import TemplateDraft
from whatsapp.sending.send import send
from whatsapp.sending.target import target_for_candidate
from whatsapp.webhooks import apply

# A drainer is called again while there is something to do; nothing needs it more often than this.
CALLS = 20


@dataclass
class Time:
    """The product's clock, which goes on and may be set forward."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return timezone.now() + self.ahead

    def passes(self, length: timedelta, meta: Sandboxed | None = None) -> None:
        """Here, and at Meta where it is given."""
        self.ahead += length
        if meta is not None:
            meta.stack.control("clock", advance=length.total_seconds())


def drain(clock: Callable[[], datetime] = timezone.now) -> None:
    """Until nothing is due, as the wake-up calls do."""
    for _ in range(CALLS):
        engine.drain(clock)
        if not is_due(clock()):
            return
    raise AssertionError("there is always something due")


def is_due(now: datetime) -> bool:
    with all_companies():
        return Message.objects.any_due(now=now) or runs.any_due(now=now)


def together(*work: Callable[[], Any]) -> list[Any]:
    """At the same time, each in a thread of its own."""

    def one(job: Callable[[], Any]) -> Any:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        futures: list[Future[Any]] = [pool.submit(one, job) for job in work]
        return [future.result() for future in futures]


def judged(run: BulkRun) -> BulkRun:
    """Its first batch was good."""
    with company_scope(run.company_id):
        BulkRun.objects.filter(pk=run.pk).update(first_batch_good_at=run.created_at)
    return run


def fast(meta: Sandboxed) -> None:
    """Meta has raised the number's throughput."""
    meta.stack.control("numbers/quality", number=meta.phone_number_id, event="THROUGHPUT_UPGRADE")
    with company_scope(meta.world.company):
        Sender.objects.update(throughput_level="HIGH")
    meta.world.sender.throughput_level = "HIGH"


def page(run: BulkRun, now: datetime) -> Now:
    """What the run's page shows."""
    with company_scope(run.company_id):
        run.refresh_from_db()
        return run_now(run, now=now)


def causes(run: BulkRun) -> list[str]:
    run.refresh_from_db()
    return [one["code"] for one in run.cause]


def left_out(run: BulkRun) -> dict[str, list[str]]:
    """The causes of those who were left out, by number."""
    with company_scope(run.company_id):
        rows = RunRecipient.objects.filter(run=run, state="skipped")
        return {row.phone: [one["code"] for one in row.causes] for row in rows}


def reached(meta: Sandboxed) -> Counter[str]:
    """How many messages Meta took for each number, from all its companies."""
    return Counter(one["number"] for one in outgoing(meta) if not one["error"])


def outgoing(meta: Sandboxed) -> list[dict[str, Any]]:
    found = meta.stack.ask("messages")["messages"]
    return [one for one in found if one["direction"] == "out"]


def errors(meta: Sandboxed) -> set[int]:
    """Every code that Meta answered with, or told later."""
    sends = meta.stack.ask("sends")
    assert sends["on"], "the sandbox was not asked to note sends"
    told = {one["error"] for one in outgoing(meta) if one["error"]}
    numbers = sends["numbers"].values()
    return told | {entry[1] for number in numbers for entry in number["refused"]}


def tell(meta: Sandboxed, clock: Callable[[], datetime] = timezone.now) -> None:
    """Meta's webhooks with the statuses of everything that it took, once it is delivered."""

    def settled() -> bool:
        return all(one["status"] not in ("accepted", "sent") for one in outgoing(meta))

    eventually(settled, message="not everything is delivered")
    told(meta, *(status_of(one) for one in outgoing(meta)), clock=clock)


def told(
    meta: Sandboxed, *statuses: dict[str, Any], clock: Callable[[], datetime] = timezone.now
) -> None:
    body = payloads.delivery(meta.world.sender, statuses=list(statuses))
    assert payloads.post(Client(), body).status_code == 200
    apply.drain(clock)


def status_of(one: dict[str, Any]) -> dict[str, Any]:
    """What Meta says of a message, by the sandbox's record of it."""
    status = payloads.status(one["wamid"], one["status"], at=one["timestamp"])
    status["recipient_id"] = one["number"].removeprefix("+")
    status["biz_opaque_callback_data"] = one["biz_opaque_callback_data"]
    if one["error"]:
        status["errors"] = [{"code": one["error"], "title": "As Meta says it"}]
    return status


def field_told(
    meta: Sandboxed, said: dict[str, Any], clock: Callable[[], datetime] = timezone.now
) -> None:
    """The webhook of what the sandbox's control has just changed."""
    change = {"field": said["field"], "value": said["value"]}
    entry = {
        "id": meta.world.sender.waba.waba_id,
        "time": int(clock().timestamp()),
        "changes": [change],
    }
    body = {"object": "whatsapp_business_account", "entry": [entry]}
    assert payloads.post(Client(), body).status_code == 200
    apply.drain(clock)


def read_account(meta: Sandboxed, clock: Callable[[], datetime] = timezone.now) -> None:
    """What the engine asked to be read from Meta is read."""
    with company_scope(meta.world.company):
        sync.drain(clock)


def template_id(meta: Sandboxed) -> str:
    businesses = meta.stack.ask("businesses")["businesses"]
    [ours] = [one for one in businesses if one["waba_id"] == meta.world.sender.waba.waba_id]
    return str(ours["templates"][0]["id"])


def write_to(
    meta: Sandboxed, candidate: Candidate, clock: Callable[[], datetime] = timezone.now
) -> Message:
    """A template to one person, as Bob writes it by hand."""
    with company_scope(meta.world.company):
        return send(
            target=target_for_candidate(candidate),
            draft=TemplateDraft(meta.world.template, {"body.1": candidate.first_name}),
            by=meta.world.bob,
            client_id=uuid.uuid4(),
            now=clock(),
        )


def after(meta: Sandboxed, count: int, act: Callable[[], Any]) -> Callable[[], bool]:
    """For `engine.drain`: does it once, in the middle of a turn, when Meta has taken so many."""
    done = []

    def go_on() -> bool:
        if not done and len(outgoing(meta)) >= count:
            done.append(act())
        return True

    return go_on
