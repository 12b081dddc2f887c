"""A bulk run while senders are killed, Redis and PostgreSQL go away and Meta misbehaves: nobody is
written to twice, and every row ends settled or waits for a person to see."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ats.tenancy import all_companies, company_scope
from tests.factories.crowd import make_crowd, number_of
from tests.migrated import on_database
from tests.own_servers import OwnPostgres, OwnRedis
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack, eventually
from whatsapp.bulk import plan
from whatsapp.bulk.check import check_sends
from whatsapp.bulk.runs import create_run
from whatsapp.models import BulkRun, Message, MessageStatus, RunRecipient, RunState
from whatsapp.sending import ledger

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("faults")]

PEOPLE = int(os.environ.get("FAULT_RECIPIENTS", "120"))
SENDERS = ("sender:1", "sender:2")
EVERY = 2.0
LONG = 1200
# Of everything that Meta is asked while the run goes on.
CHAOS = {
    "fail500": 0.02,
    # A few, however many people: each holds the number for twice as long as the one before.
    "limited": min(0.02, 5 / PEOPLE),
    "drop_before": 0.02,
    "drop_after": 0.02,
    "timeout_before": 0.01,
    "timeout_after": 0.01,
}
SETTLED = {MessageStatus.DELIVERED, MessageStatus.FAILED, MessageStatus.UNCONFIRMED}


class Site:
    def __init__(self, directory: Path) -> None:
        self.postgres, self.redis = OwnPostgres(), OwnRedis(directory / "redis")
        self.postgres.start()
        self.redis.start()
        # What becomes of a first batch is not what is tested here, and chaos is not to end it.
        thresholds = {"first_batch_fate": 0, "unconfirmed_slow": None}
        self.stack = Stack(
            directory,
            self.postgres.url,
            self.redis.url,
            WORKER_CONCURRENCY="1",
            WEB_CONCURRENCY="1",
            GRAPH_CONNECT_TIMEOUT="1",
            GRAPH_READ_TIMEOUT="1",
            WHATSAPP_SENDING_LEASE="6",
            WHATSAPP_RUN_THRESHOLDS=json.dumps(thresholds),
        )
        self.kills = 0

    def stop(self) -> None:
        self.stack.stop()
        self.redis.stop()
        self.postgres.stop()

    def ask(self, look: Callable[[], Any]) -> Any:
        with on_database(self.postgres.url):
            return look()

    def a_sender_dies(self) -> None:
        name = SENDERS[self.kills % len(SENDERS)]
        self.kills += 1
        self.stack.kill(name)
        self.stack.start(name)

    def redis_comes_back_empty(self) -> None:
        self.redis.stop()
        self.redis.lose_everything()
        time.sleep(1)
        self.redis.start()

    def postgres_crashes(self) -> None:
        self.postgres.crash()
        time.sleep(1)
        self.postgres.start()


@pytest.fixture
def site(tmp_path: Path, django_db_blocker: Any) -> Iterator[Site]:
    site = Site(tmp_path)
    try:
        with django_db_blocker.unblock():
            yield site
    finally:
        site.stop()


def begin(site: Site) -> tuple[Sandboxed, BulkRun]:
    """A planned run, with a phone for everybody."""
    now = timezone.now()
    meta = connect(site.stack, now=now)
    for person in range(1, PEOPLE + 1):
        site.stack.control("phones", number=number_of(person), name=f"Person {person}")
    world = meta.world
    ledger.learn(ledger.portfolio_of(world.sender.waba), "TIER_UNLIMITED", at=now, now=now)
    with company_scope(world.company):
        run = create_run(
            by=world.alice,
            client_id=uuid.uuid4(),
            sender=world.sender,
            template=world.template,
            values={"body.1": {"field": "first_name"}},
            audience={"candidates": make_crowd(world.company, 1, PEOPLE)},
            starts_at=None,
            now=now,
        )
    assert plan.drain(timezone.now)
    return meta, run


def fates(run: BulkRun) -> Counter[str]:
    with company_scope(run.company_id):
        rows = RunRecipient.objects.filter(run=run).values_list("state", "message__status")
        return Counter(status or state for state, status in rows)


def done(run: BulkRun) -> bool:
    with company_scope(run.company_id):
        state = BulkRun.objects.values_list("state", flat=True).get(pk=run.pk)
    return state == RunState.FINISHED


def test_nobody_is_written_to_twice_whatever_dies_meanwhile(site: Site) -> None:
    site.postgres.fill()
    site.stack.start("sandbox")
    meta, run = site.ask(lambda: begin(site))
    site.stack.control("chaos", seed=7, match="/messages$", rates=CHAOS, seconds=3)
    site.stack.start("web", "worker", *SENDERS, "beat")

    others = [site.redis_comes_back_empty, site.postgres_crashes]
    while not site.ask(lambda: done(run)):
        begun = PEOPLE - site.ask(lambda: fates(run))["planned"]
        if others and begun > PEOPLE * (3 - len(others)) / 4:
            others.pop(0)()
        else:
            site.a_sender_dies()
        time.sleep(EVERY)

    site.stack.control("faults/clear")

    def settled() -> bool:
        site.stack.control("webhooks/release")
        told = site.stack.ask("webhooks")["pending"] == 0
        return told and set(site.ask(lambda: fates(run))) <= SETTLED

    eventually(
        settled,
        seconds=LONG,
        message=lambda: f"{site.ask(lambda: fates(run))}: {site.stack.log('sender:1')[-3000:]}",
    )
    reached = Counter(
        one["number"] for one in site.stack.ask("messages")["messages"] if one["direction"] == "out"
    )
    assert not [number for number, times in reached.items() if times > 1]
    assert not others, "the run was over before everything had happened"

    def in_the_end() -> None:
        ends = fates(run)
        assert sum(ends.values()) == PEOPLE
        with company_scope(run.company_id):
            ours = Message.objects.filter(run=run).values_list("wa_id", "status")
            lost = {f"+{wa_id}" for wa_id, status in ours if status == MessageStatus.UNCONFIRMED}
        # What reached a phone is known; what waits for a person never did.
        assert not lost & set(reached)
        assert ends[MessageStatus.DELIVERED] == len(reached)
        with all_companies():
            assert check_sends(now=timezone.now()).problems == []
        print(f"people {PEOPLE}, kills {site.kills}, ends {dict(ends)}")  # noqa: T201

    site.ask(in_the_end)
