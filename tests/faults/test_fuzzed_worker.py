"""A real endpoint and a real worker, fed with spoiled deliveries and with bodies made to fill
memory: the same processes stand afterwards, no larger than before, and go on working."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from django.utils import timezone

from ats.tenancy import company_scope
from tests.factories.whatsapp import World, make_world
from tests.fuzz.mutations import spoiled
from tests.fuzz.samples import Json, deliveries
from tests.processes import database_url, redis_url_for_processes
from tests.stack import Stack, eventually
from tests.whatsapp import payloads
from whatsapp.meta.signatures import sign
from whatsapp.models import EventState, ItemState, Message, WebhookEvent, WebhookItem

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("faults"),
    pytest.mark.django_db(transaction=True),
]

PAYLOADS = int(os.environ.get("FUZZ_WORKER_PAYLOADS", "60"))
ANSWERS = {200, 403, 411, 413}
# In MiB, of one process: a body of 3 MB as Python objects, several times over;
MOST_AT_ONCE = 300
# and what it may keep of everything after the first quarter.
MOST_GROWTH = 64
LONG = 600


@pytest.fixture
def stack(tmp_path: Path, transactional_db: None) -> Iterator[Stack]:
    ways = {"WORKER_CONCURRENCY": "1", "WEB_CONCURRENCY": "1"}
    stack = Stack(tmp_path, database_url(), redis_url_for_processes(), **ways)
    try:
        yield stack
    finally:
        stack.stop()


def bombs(sample: Json) -> Iterator[bytes]:
    """Just below the 3 MB that are taken, and as many or as large things in it as fit."""
    raw = json.dumps(sample).encode()
    for many in (b"{},", b"0,", b"[],", b'{"":{}},', b'"",'):
        yield raw.replace(b'"messages": [', b'"messages": [' + many * (2_900_000 // len(many)))
        yield raw.replace(b'"changes": [', b'"changes": [' + many * (2_900_000 // len(many)))
    yield raw.replace(b'"Amina"', b'"%s"' % (b"\\ud83d" * 480_000))
    yield raw.replace(b'"Friday at 2?"', b'"%s"' % (b"x" * 2_900_000))
    yield b'{"object":"whatsapp_business_account","entry":' + b"[" * 2_900_000
    yield raw.replace(b'"entry"', b'"%s": 1, "entry"' % (b"k" * 2_900_000))


def processes(stack: Stack) -> list[psutil.Process]:
    """The endpoint's and the worker's, with those that do the work."""
    parents = [psutil.Process(stack.processes[name].pid) for name in ("web", "worker")]
    return [one for parent in parents for one in (parent, *parent.children())]


def memory(these: list[psutil.Process], name: str = "VmRSS") -> list[int]:
    """MiB that each holds now, or with `VmHWM` ever held."""
    statuses = [Path(f"/proc/{one.pid}/status").read_text() for one in these]
    lines = [next(x for x in text.splitlines() if x.startswith(name)) for text in statuses]
    return [int(line.split()[1]) >> 10 for line in lines]


def post_all(stack: Stack, bodies: list[bytes]) -> Counter[int]:
    answers: Counter[int] = Counter()
    address = stack.env["WHATSAPP_WEBHOOK_URL"]
    with requests.Session() as session:
        for raw in bodies:
            signature = sign(stack.env["FACEBOOK_APP_SECRET"], raw)
            headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
            answers[session.post(address, data=raw, headers=headers, timeout=60).status_code] += 1
    return answers


def drained(stack: Stack) -> None:
    def look() -> bool:
        new = WebhookEvent.objects.filter(state=EventState.NEW)
        due = WebhookItem.objects.filter(state=ItemState.WAITING, awaits="")
        return not new.exists() and not due.exists()

    eventually(look, seconds=LONG, message=lambda: stack.log("worker")[-3000:])


def arrives(stack: Stack, world: World, wamid: str) -> None:
    good = payloads.message(wamid, at=int(timezone.now().timestamp()))
    body = json.dumps(payloads.delivery(world.sender, messages=[good])).encode()
    assert post_all(stack, [body]) == {200: 1}
    with company_scope(world.company):
        eventually(lambda: Message.objects.filter(wamid=wamid).exists(), seconds=LONG)


def test_the_same_processes_stand_after_all_that_spoils_a_delivery(stack: Stack) -> None:
    rng = random.Random(int(os.environ.get("FAULT_SEED", "7")))
    world = make_world(now=timezone.now())
    waba_id, number = world.sender.waba.waba_id, world.sender.phone_number_id
    samples = list(deliveries(waba_id=waba_id, phone_number_id=number, ours="wamid.ours"))
    stack.start("web", "worker", "beat")
    arrives(stack, world, "wamid.before")
    before = processes(stack)
    fresh = memory(before)

    answers = post_all(stack, [spoiled(samples, rng) for _ in range(PAYLOADS // 4)])
    drained(stack)
    settled = memory(before)
    answers += post_all(stack, [spoiled(samples, rng) for _ in range(PAYLOADS - PAYLOADS // 4)])
    drained(stack)
    end = memory(before)
    answers += post_all(stack, list(bombs(samples[0])))
    drained(stack)
    arrives(stack, world, "wamid.after")
    peak = memory(before, "VmHWM")

    assert set(answers) <= ANSWERS
    assert [one.pid for one in processes(stack)] == [one.pid for one in before]
    assert not WebhookItem.objects.filter(cause__contains="while applying").exists()
    print(f"payloads {PAYLOADS}, answers {dict(answers)}")  # noqa: T201
    print(f"MiB fresh {fresh}, settled {settled}, end {end}, at most {peak}")  # noqa: T201
    assert max(after - then for after, then in zip(end, settled, strict=True)) < MOST_GROWTH
    assert max(most - then for most, then in zip(peak, fresh, strict=True)) < MOST_AT_ONCE
