"""From a webhook's arrival to the event in an open stream, while 100 deliveries a second come in.

The arrival is when the last byte of the delivery is sent; everything runs as in production: web,
live, a worker with two children, beat, and `STREAMS` open browsers.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import ExitStack

from django.conf import settings
from django.test import Client
from django.utils import timezone

from ats.tenancy import company_scope
from bench._load import delivery, line, median, request
from bench._people import stored
from bench._stage import migrated, process
from tests.factories.whatsapp import World
from whatsapp.models import Message

GOAL = 1.0
ROUNDS = 5
A_SECOND = 100
SECONDS = 8
STREAMS = 4
CONNECTIONS = 16


def main() -> None:
    env, there = migrated(), stored()
    there.grow_to(10_000)
    env |= {"WEB_CONCURRENCY": "1", "WORKER_CONCURRENCY": "2"}
    with ExitStack() as running:
        web, live = f"{env['PUBLIC_URL']}/healthz", f"{env['LIVE_URL']}/healthz"
        for command, ready_at in (
            ("gunicorn --config config/gunicorn.py config.wsgi", web),
            ("uvicorn config.asgi:application --no-access-log", live),
            ("celery -A config worker --queues inbound,sweep --loglevel WARNING", ""),
            ("celery -A config beat --loglevel WARNING", ""),
        ):
            running.enter_context(process(*command.split(), env=env, ready_at=ready_at))
        client = Client()
        client.force_login(there.world.alice)
        cookie = client.cookies["sessionid"].value
        # The first round is for the processes to have begun.
        turns = range(ROUNDS + 1)
        rounds = [asyncio.run(_round(there.world, env, cookie, turn)) for turn in turns][1:]
    worst = median([one[int(len(one) * 0.95)] for one in rounds])
    raw = "; ".join(
        f"p50 {one[len(one) // 2] * 1000:.0f} ms, p95 {one[int(len(one) * 0.95)] * 1000:.0f} ms, "
        f"of {len(one)}"
        for one in rounds
    )
    line("live", f"p95 {worst:.2f} s", f"under {GOAL:.0f} s at {A_SECOND}/s", raw)


async def _round(world: World, env: dict[str, str], cookie: str, turn: int) -> list[float]:
    """The seconds of every delivery of a round, in the stream that told it last, sorted."""
    first, count = turn * 1_000_000, A_SECOND * SECONDS
    seen: list[dict[int, float]] = [{} for _ in range(STREAMS)]
    streams = [await asyncio.open_connection("127.0.0.1", int(env["UVICORN_PORT"])) for _ in seen]
    for _, writer in streams:
        writer.write(
            f"GET /whatsapp/live/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={cookie}\r\n"
            "Accept: text/event-stream\r\n\r\n".encode()
        )
    reading = [
        asyncio.create_task(_read(reader, found))
        for (reader, _), found in zip(streams, seen, strict=True)
    ]
    await asyncio.sleep(1)
    sent: dict[int, float] = {}
    await _send(world, env, first, count, sent)
    deadline = time.perf_counter() + 60
    while min(len(one) for one in seen) < count and time.perf_counter() < deadline:
        await asyncio.sleep(0.1)
    for task in reading:
        task.cancel()
    for _, writer in streams:
        writer.close()
    with company_scope(world.company):
        rows = await asyncio.to_thread(_messages, world, first)
    arrived = {row: max(one[row] for one in seen) for row in rows}
    return sorted(arrived[row] - sent[number] for row, number in rows.items())


def _messages(world: World, first: int) -> dict[int, int]:
    """Which delivery each message came with, by its key."""
    with company_scope(world.company):
        rows = Message.objects.filter(wamid__startswith="wamid.HBgM").values_list("pk", "wamid")
        numbers = {pk: int(wamid[-14:-2]) for pk, wamid in rows}
    return {pk: number for pk, number in numbers.items() if first <= number < first + 1_000_000}


async def _read(reader: asyncio.StreamReader, found: dict[int, float]) -> None:
    async for raw in reader:
        if raw.startswith(b"data: ") and b'"message"' in raw:
            found.setdefault(json.loads(raw[6:])["message"], time.perf_counter())


async def _send(
    world: World, env: dict[str, str], first: int, count: int, sent: dict[int, float]
) -> None:
    """At a steady pace, whatever the answers take."""
    secret, now = settings.WHATSAPP["APP_SECRET"], int(timezone.now().timestamp())
    ids = world.sender.phone_number_id, world.sender.waba.waba_id
    kept: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        kept.put_nowait(await asyncio.open_connection("127.0.0.1", int(env["WEB_PORT"])))

    async def post(number: int) -> None:
        body = delivery(number, *ids, at=now)
        reader, writer = await kept.get()
        writer.write(request("/whatsapp/webhook/", body, secret))
        await writer.drain()
        sent[number] = time.perf_counter()
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head[:16]:
            raise SystemExit(head.decode())
        await reader.readexactly(2)
        kept.put_nowait((reader, writer))

    began, posts = time.perf_counter(), []
    for place in range(count):
        await asyncio.sleep(max(0.0, began + place / A_SECOND - time.perf_counter()))
        posts.append(asyncio.create_task(post(first + place)))
    await asyncio.gather(*posts)


if __name__ == "__main__":
    main()
