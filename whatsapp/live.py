"""The stream of live events to browsers (server-sent events), with catch-up after a break.

A browser names the last event it saw (`Last-Event-ID`), and gets what came after it from the table,
in order, before anything new. Redis only rings; the table is what is read, so a ring that is lost
delays an event by `LOOK_EVERY` seconds and never loses it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from redis.exceptions import RedisError

from ats.tenancy import company_scope
from whatsapp.events import CHANNEL
from whatsapp.models import LiveEvent

logger = logging.getLogger(__name__)

# Also how often an idle stream proves to proxies that it lives, in seconds.
LOOK_EVERY = 15.0
# Whether the session, the person and the module are still good is asked when a stream begins. So
# it ends after this many seconds; the browser comes back, says where it stood, and is asked again.
LASTS = 600.0
# Streams that want to read within this many seconds do so together.
GATHERED = 0.02
# More than this behind, the browser reads its page again instead.
CATCH_UP_LIMIT = 500


class Bell:
    """One Redis subscription of this process, ringing the streams of a company."""

    def __init__(self) -> None:
        self._rings: dict[int, set[asyncio.Event]] = {}
        self._listener: asyncio.Task[None] | None = None

    def join(self, company_id: int) -> asyncio.Event:
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        ring = asyncio.Event()
        self._rings.setdefault(company_id, set()).add(ring)
        return ring

    def leave(self, company_id: int, ring: asyncio.Event) -> None:
        streams = self._rings.get(company_id, set())
        streams.discard(ring)
        if not streams:
            self._rings.pop(company_id, None)

    async def _listen(self) -> None:
        """For as long as the process lives, whatever becomes of Redis meanwhile."""
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError) as error:
                logger.warning("live_bell_lost cause=%s", type(error).__name__)
            await asyncio.sleep(1)

    async def _listen_once(self) -> None:
        address = settings.REDIS_URL
        client = redis.asyncio.Redis.from_url(address, health_check_interval=LOOK_EVERY)
        async with client, client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            # Nobody heard what was rung before this moment: everybody looks once.
            for company_id in list(self._rings):
                self._ring(company_id)
            while True:
                # With a time-out, or the health check would wait for a message too.
                message = await pubsub.get_message(
                    ignore_subscribe_messages=True, timeout=LOOK_EVERY
                )
                if message is not None:
                    self._ring(json.loads(message["data"])["company"])

    def _ring(self, company_id: int) -> None:
        for ring in self._rings.get(company_id, ()):
            ring.set()


bell = Bell()


def newest_id(company_id: int) -> int:
    with company_scope(company_id):
        return int(LiveEvent.objects.newest_id())


def events_after(company_id: int, last_id: int) -> list[LiveEvent] | None:
    """What came after `last_id`, oldest first; None where that is too long ago to tell."""
    with company_scope(company_id):
        rows = list(LiveEvent.objects.filter(pk__gt=last_id).order_by("pk")[: CATCH_UP_LIMIT + 1])
        if len(rows) > CATCH_UP_LIMIT:
            return None
        if last_id and not LiveEvent.objects.filter(pk=last_id).exists():
            return None
        return rows


def encode(kind: str, data: object, event_id: int) -> bytes:
    return f"id: {event_id}\nevent: {kind}\ndata: {json.dumps(data)}\n\n".encode()


class Reads:
    """Streams that stand at the same place read together: a hundred open pages cost one query."""

    def __init__(self) -> None:
        self._soon: dict[tuple[int, int], asyncio.Task[tuple[bytes, int]]] = {}

    async def after(self, company_id: int, position: int) -> tuple[bytes, int]:
        """What to send, empty for nothing, and where the stream stands then."""
        key = company_id, position
        task = self._soon.get(key)
        if task is None:
            task = self._soon[key] = asyncio.create_task(self._read(company_id, position))
        return await asyncio.shield(task)

    async def _read(self, company_id: int, position: int) -> tuple[bytes, int]:
        await asyncio.sleep(GATHERED)
        # From here on nobody joins: what rings during the query may not be in its answer.
        del self._soon[company_id, position]
        rows = await _in_thread(events_after, company_id, position)
        if rows is None:
            newest = await _in_thread(newest_id, company_id)
            return encode("reset", {}, newest), newest
        told = b"".join(encode(row.kind, row.data, row.pk) for row in rows)
        return told, rows[-1].pk if rows else position


reads = Reads()


async def stream(
    company_id: int, last_id: int | None, *, lasts: float = LASTS
) -> AsyncIterator[bytes]:
    """The events of one company, for `lasts` seconds. Without `last_id` it begins now."""
    ring = bell.join(company_id)
    end = asyncio.get_running_loop().time() + lasts
    try:
        position = await _in_thread(newest_id, company_id) if last_id is None else last_id
        # Ask the browser to come back quickly, and let it remember where it stands.
        yield b"retry: 1000\n" + encode("hello", {}, position)
        while (left := end - asyncio.get_running_loop().time()) > 0:
            ring.clear()
            told, position = await reads.after(company_id, position)
            yield told or b": here\n\n"
            with suppress(TimeoutError):
                await asyncio.wait_for(ring.wait(), min(LOOK_EVERY, left))
    finally:
        bell.leave(company_id, ring)


async def _in_thread(function, *args):  # type: ignore[no-untyped-def]
    """Runs a query in the shared thread pool: a stream must not keep a connection to itself."""

    def call():  # type: ignore[no-untyped-def]
        close_old_connections()
        return function(*args)

    return await sync_to_async(call, thread_sensitive=False)()
