"""Workers, Redis and PostgreSQL die while a story is told badly; it ends as it is told in order."""

from __future__ import annotations

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import requests
from django.db import connection
from django.utils import timezone

from ats.tenancy import company_scope
from tests.migrated import on_database
from tests.oracle import telling
from tests.oracle.stage import set_up, write_to
from tests.oracle.state import differences, state_of_company
from tests.oracle.story import Json, Line, Story
from tests.own_servers import OwnPostgres, OwnRedis
from tests.stack import Stack, eventually
from whatsapp.models import EventState, ItemState, Message, MessageChange, WebhookEvent, WebhookItem
from whatsapp.webhooks import apply

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("faults")]

EVENTS = int(os.environ.get("FAULT_EVENTS", "160"))
KILLS = int(os.environ.get("FAULT_KILLS", "2"))
SEED = int(os.environ.get("FAULT_SEED", "7"))
OF_A_STORY = 200
WORKERS = ("worker:1", "worker:2")
# Whatever is slow here is slow, not wrong.
LONG = 900


@dataclass
class Tale:
    """What is told, and what stands in the end if it is told in order."""

    company_id: int
    deliveries: list[Json]
    state: dict[str, Any]


class Site:
    """The product and the sandbox on servers of their own, with everything that may befall them."""

    def __init__(self, directory: Path) -> None:
        self.postgres = OwnPostgres()
        self.redis = OwnRedis(directory / "redis")
        self.requests_log = directory / "requests.log"
        self.postgres.start()
        self.redis.start()
        log = f"--access-logfile {self.requests_log} --access-logformat '%(s)s %(U)s'"
        self.stack = Stack(
            directory,
            self.postgres.url,
            self.redis.url,
            GUNICORN_CMD_ARGS=log,
            WORKER_CONCURRENCY="1",
            WEB_CONCURRENCY="1",
        )
        self.downs = 0

    def stop(self) -> None:
        self.stack.stop()
        self.redis.stop()
        self.postgres.stop()

    def answers(self) -> Counter[str]:
        """The endpoint's, by status."""
        lines = self.requests_log.read_text().splitlines() if self.requests_log.exists() else []
        return Counter(line[:3] for line in lines if line.endswith("/whatsapp/webhook/"))

    def post(self, bodies: list[Json]) -> None:
        """The sandbox delivers each as it is, and again until it is answered 200."""
        with requests.Session() as session:
            for body in bodies:
                told = session.post(f"{self.stack.sandbox}/_control/webhook", json={"body": body})
                assert told.ok, told.text

    def all_delivered(self) -> bool:
        self.stack.control("webhooks/release")
        return bool(self.stack.ask("webhooks")["pending"] == 0)

    # What may happen. Each comes while `bodies` are being taken in.

    def worker_dies(self, bodies: list[Json]) -> None:
        self.post(bodies)
        name = WORKERS[self.downs % 2]
        self.downs += 1
        self.stack.kill(name)
        self.stack.start(name)

    def child_dies(self, bodies: list[Json]) -> None:
        """The process that has the transaction; its parent puts another in its place."""
        self.post(bodies)
        name = WORKERS[self.downs % 2]
        self.downs += 1
        parent = psutil.Process(self.stack.processes[name].pid)
        [child] = eventually(lambda: parent.children())
        child.send_signal(signal.SIGKILL)
        eventually(lambda: [one for one in parent.children() if one.pid != child.pid])

    def redis_comes_back_empty(self, bodies: list[Json]) -> None:
        self.redis.stop()
        self.redis.lose_everything()
        self.post(bodies)
        self.redis.start()

    def redis_is_flushed(self, bodies: list[Json]) -> None:
        self.post(bodies)
        redis.Redis.from_url(self.redis.url).flushall()

    def postgres_crashes(self, bodies: list[Json]) -> None:
        """Meta's line is told 503 until it is back, and brings everything again."""
        refused = self.answers()["503"]
        self.postgres.crash()
        self.post(bodies)
        eventually(lambda: self.answers()["503"] > refused, seconds=60)
        assert not self.stack.answers(f"{self.stack.web}/healthz")
        self.postgres.start()
        eventually(lambda: self.stack.answers(f"{self.stack.web}/healthz"), seconds=60)


@pytest.fixture
def site(tmp_path: Path, django_db_blocker: Any) -> Iterator[Site]:
    site = Site(tmp_path)
    try:
        with django_db_blocker.unblock():
            yield site
    finally:
        site.stop()


def write_tale(site: Site, rng: random.Random, *, now: datetime) -> Tale:
    """Many short stories of one company's two numbers, told in order on a copy of its database."""
    begins = now - timedelta(days=3)
    site.postgres.fill()
    with on_database(site.postgres.url):
        world, senders = set_up(begins=begins)
        lines: list[Line] = []
        for number in range(-(-EVENTS // OF_A_STORY)):
            records = [f"+2547{number + 300:04d}{person:04d}" for person in range(3)]
            ours = write_to(world, records, begins=begins)
            strangers = [f"2547{number + 300:04d}{person:04d}" for person in range(3, 5)]
            people = [record[1:] for record in records] + strangers
            story = Story(
                rng, senders, ours, int(begins.timestamp()), people, count=number * 100_000
            )
            story.tell(min(OF_A_STORY, EVENTS - len(lines)))
            lines += story.lines
    with on_database(site.postgres.database("template1")), connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE clean TEMPLATE postgres")
    waba_id = world.sender.waba.waba_id
    with on_database(site.postgres.database("clean")):
        for body in telling.in_order(lines, waba_id):
            raw = json.dumps(body).encode()
            WebhookEvent.objects.create(body=raw, received_at=now, next_try_at=now)
        for wait in (timedelta(0), *apply.PAUSES):
            assert apply.drain(lambda wait=wait: now + wait)
        with company_scope(world.company):
            state = state_of_company()
    return Tale(world.company.pk, telling.badly(lines, waba_id, rng), state)


def applied() -> int:
    return WebhookItem.objects.exclude(state=ItemState.WAITING).count()


def waiting() -> int:
    new = WebhookEvent.objects.filter(state=EventState.NEW).count()
    return new + WebhookItem.objects.filter(state=ItemState.WAITING).count()


def stands(site: Site, look: Callable[[], bool], *, message: str) -> None:
    """Asks the database until it is so; each time anew, since it may have died meanwhile."""

    def ask() -> bool:
        with on_database(site.postgres.url):
            return look()

    eventually(
        ask, seconds=LONG, message=lambda: f"{message}: {site.stack.log('worker:1')[-3000:]}"
    )


def test_a_story_ends_as_told_whatever_dies_meanwhile(site: Site) -> None:
    rng = random.Random(SEED)
    tale = write_tale(site, rng, now=timezone.now())
    site.stack.start("sandbox", "web", "live", *WORKERS, "beat")
    site.stack.control("webhooks", retry_base_ms=200)
    lasting = {name: site.stack.processes[name].pid for name in ("web", "live", "beat")}

    more = 1 if KILLS < 10 else 2
    faults: list[Callable[[list[Json]], None]] = [site.worker_dies, site.child_dies] * (KILLS // 2)
    faults += [site.redis_comes_back_empty, site.redis_is_flushed, site.postgres_crashes] * more
    rng.shuffle(faults)
    parts = [tale.deliveries[at :: len(faults) + 1] for at in range(len(faults) + 1)]
    items = len(tale.state["items"])
    site.post(parts.pop(0))
    for number, (fault, bodies) in enumerate(zip(faults, parts, strict=True)):
        # Not before most of what came earlier is done, so that the faults are spread over the work.
        due = 0.7 * number / len(faults) * items
        stands(site, lambda due=due: applied() >= due, message="the work stands still")
        fault(bodies)

    eventually(site.all_delivered, seconds=LONG)
    stands(site, lambda: not waiting(), message="something is left")
    with on_database(site.postgres.url), company_scope(tale.company_id):
        state = state_of_company()
        for model in (Message, MessageChange):
            wamids = Counter(model.objects.exclude(wamid="").values_list("sender", "wamid"))
            assert not [one for one, count in wamids.items() if count > 1]
    assert not differences(state, tale.state)
    answers = site.answers()
    assert set(answers) == {"200", "503"}, answers
    for name, pid in lasting.items():
        assert site.stack.processes[name].poll() is None, name
        assert site.stack.processes[name].pid == pid
    assert site.stack.answers(f"{site.stack.env['LIVE_URL']}/healthz")
    print(f"events {EVENTS}, deliveries {len(tale.deliveries)}, kills {KILLS}, answers {answers}")  # noqa: T201
