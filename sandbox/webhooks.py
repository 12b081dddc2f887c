"""Delivers webhooks as Meta does: signed, batched, a few at a time, again until answered 200."""

import asyncio
import random
import time
from collections import deque
from heapq import heapify, heappop, heappush
from typing import Any
from urllib.parse import urlencode

from sandbox import envelope, ids
from sandbox.live import Live
from sandbox.log import Log, Told
from sandbox.options import Options
from sandbox.outgoing import Client, Unanswered
from sandbox.records import Delivery, Json, Update
from sandbox.world import World

AT_ONCE = 8
TIME_LIMIT = 10.0
GIVE_UP_AFTER = 7 * 24 * 3600
MOST_BACKOFF = 60  # times the first wait
SHUFFLE_SPAN = 0.5


class Webhooks:
    def __init__(self, world: World, options: Options, log: Log, live: Live) -> None:
        self.world = world
        self.options = options
        self.log = log
        self.live = live
        self.client = Client()
        self.wake = asyncio.Event()
        self.delivered = 0
        self.failed_attempts = 0
        self.answers: deque[Json] = deque(maxlen=20)
        self._queues: dict[str, deque[Update]] = {}
        self._queued_at = 0.0
        self._waiting: list[tuple[float, int]] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._resume()

    def _resume(self) -> None:
        claimed: set[int] = set()
        for delivery in self.world.deliveries.values():
            claimed.update(delivery.updates)
            heappush(self._waiting, (delivery.next_at, delivery.id))
        for update in self.world.updates.values():
            if update.id not in claimed:
                self._queue(update)

    # Filling

    def tell(
        self,
        *,
        phone_id: str,
        kind: str,
        body: Json,
        contact: Json | None,
        number: str,
        label: str,
        wamid: str,
    ) -> None:
        business, _ = self.world.numbers[phone_id]
        if not business.subscribed:
            return
        identity = self.world.next_id()
        update = Update(
            identity, business.waba_id, phone_id, kind, body, contact, number, label, wamid
        )
        self.world.save_update(update)
        self._queue(update)

    def tell_raw(self, body: Any, *, sign: bool = True, once: bool = False) -> None:
        """Any JSON or text as the whole body; `once` is not tried again whatever the answer."""
        given = {"body": body, "sign": sign, "once": once}
        self._put(Update(self.world.next_id(), "", "", "raw", given, None, "", "envelope", ""))

    def tell_field(
        self, entry_id: str, field: str, value: Any, *, at: float = 0.0, number: str = ""
    ) -> None:
        """One change of any field; `entry_id` is a WABA's but for what is about the app itself."""
        time_of = int(at or self.world.clock.now())
        body = {"field": field, "value": value, "time": time_of}
        event = value.get("event") if isinstance(value, dict) else None
        label = f"{field} {event}" if isinstance(event, str) else field
        self._put(
            Update(self.world.next_id(), entry_id, "", "field", body, None, number, label, "")
        )

    def _put(self, update: Update) -> None:
        self.world.save_update(update)
        self._queue(update)
        self.wake.set()
        self.live.changed()

    def _queue(self, update: Update) -> None:
        business = self.world.wabas.get(update.waba_id)
        # An override moves the field "messages" only ("Webhook overrides", 7 November 2025).
        moved = update.kind != "field" or update.body["field"] == "messages"
        override = business.override_url if business and moved else ""
        queue = self._queues.get(override)
        if queue is None:
            queue = self._queues[override] = deque()
        if not self._queued_at:
            self._queued_at = time.monotonic()
        queue.append(update)

    # Moving

    def step(self, now: float) -> float:
        """Starts what is due and has a free place; answers in how many seconds to look again."""
        settings = self.world.settings
        if settings.hold:
            return 3600.0
        while self._waiting and self._waiting[0][0] <= now and len(self._flying) < AT_ONCE:
            _, identity = heappop(self._waiting)
            delivery = self.world.deliveries.get(identity)
            if delivery is not None:
                self._start(delivery)
        again = 3600.0
        if self._queued_at:
            span = settings.batch_ms / 1000
            if settings.shuffle:
                span = max(span, SHUFFLE_SPAN)
            due_in = self._queued_at + span - time.monotonic()
            if due_in > 0:
                again = due_in
            elif len(self._flying) < AT_ONCE:
                self._form(now)
        if self._waiting and len(self._flying) < AT_ONCE:
            again = min(again, max(0.0, self._waiting[0][0] - now))
        return again

    def _form(self, now: float) -> None:
        shuffled = self.world.settings.shuffle
        for override, queue in self._queues.items():
            if shuffled:
                random.shuffle(queue)
            most = min(self.world.settings.batch_max, len(queue) // 4 if shuffled else len(queue))
            while queue and len(self._flying) < AT_ONCE:
                batch = [queue.popleft().id]
                alone = self.world.updates[batch[0]].kind == "raw"
                while queue and not alone and len(batch) < most and queue[0].kind != "raw":
                    batch.append(queue.popleft().id)
                delivery = Delivery(self.world.next_id(), batch, now, now, 0, override)
                self.world.save_delivery(delivery)
                self._start(delivery)
        if not any(self._queues.values()):
            self._queued_at = 0.0

    def _start(self, delivery: Delivery) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(delivery))
        self._flying.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self.wake.set()

    async def _deliver(self, delivery: Delivery) -> None:
        updates = [self.world.updates[i] for i in delivery.updates if i in self.world.updates]
        if not updates:
            self.world.drop_delivery(delivery)
            return
        raw, signed = envelope.body(self.world, updates)
        if len(raw) > envelope.MOST_BYTES and len(updates) > 1:
            self._split(delivery)
            return
        url = delivery.override_url or self.world.settings.url or self.options.webhook_url
        began = time.perf_counter()
        status, why = await self._post(url, raw, signed)
        ms = (time.perf_counter() - began) * 1000
        if delivery.id not in self.world.deliveries:
            return  # a reset happened meanwhile
        if status == 200 or (updates[0].kind == "raw" and updates[0].body["once"]):
            self.world.drop_delivery(delivery)
            self._acknowledge(updates)
        else:
            self._again(delivery, status)
        self._note(delivery, updates, status, why, ms)
        if status == 200:
            for _ in range(self.world.settings.copies - 1):
                status, why = await self._post(url, raw, signed)
                self._note(delivery, updates, status, why or "sent once more on purpose", ms)

    async def _post(self, url: str, raw: bytes, signed: bool = True) -> tuple[int, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        if signed:
            headers["X-Hub-Signature-256"] = envelope.signature(self.options.app_secret, raw)
        try:
            answer = await self.client.request(
                "POST", url, headers=headers, body=raw, timeout=TIME_LIMIT
            )
        except Unanswered as error:
            return 0, str(error)
        return answer.status, ""

    async def verify(self, url: str, verify_token: str) -> Json:
        """The verification GET: the challenge has to come back as it is."""
        challenge = str(random.randrange(10**9, 10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": verify_token,
        }
        joined = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
        try:
            answer = await self.client.request("GET", joined, timeout=TIME_LIMIT)
        except Unanswered as error:
            return {"verified": False, "status": 0, "why": str(error)}
        echoed = answer.body.decode("latin-1").strip() == challenge
        why = ""
        if answer.status != 200:
            why = f"HTTP status {answer.status} instead of 200"
        elif not echoed:
            why = "the answer is not the challenge that was sent"
        return {"verified": not why, "status": answer.status, "why": why}

    def _split(self, delivery: Delivery) -> None:
        now = self.world.clock.now()
        half = len(delivery.updates) // 2
        for part in (delivery.updates[:half], delivery.updates[half:]):
            piece = Delivery(
                self.world.next_id(), part, delivery.first_at, now, 0, delivery.override_url
            )
            self.world.save_delivery(piece)
            heappush(self._waiting, (now, piece.id))
        delivery.updates = []
        self.world.drop_delivery(delivery)

    def _again(self, delivery: Delivery, status: int) -> None:
        self.failed_attempts += 1
        now = self.world.clock.now()
        if now - delivery.first_at > GIVE_UP_AFTER:
            self.world.drop_delivery(delivery)
            return
        factor = min(2 ** min(delivery.attempts, 10), MOST_BACKOFF)
        delivery.attempts += 1
        delivery.next_at = now + self.world.settings.retry_base_ms / 1000 * factor
        self.world.save_delivery(delivery)
        heappush(self._waiting, (delivery.next_at, delivery.id))

    def _acknowledge(self, updates: list[Update]) -> None:
        self.delivered += len(updates)
        for update in updates:
            message = self.world.messages.get(update.wamid)
            if update.kind == "messages" and message is not None and message.status == "sent":
                message.status = "delivered"
                self.world.save_message(message)
                self.live.changed()

    def _note(
        self, delivery: Delivery, updates: list[Update], status: int, why: str, ms: float
    ) -> None:
        now = self.world.clock.now()
        label = updates[0].label if len(updates) == 1 else f"{len(updates)} updates"
        told = tuple(
            Told(u.number, u.label, ids.tail(u.wamid) if u.wamid else "") for u in updates[:50]
        )
        self.log.add(now, "webhook", label, status, 0, ms, why, told)
        self.answers.append(
            {
                "at": now,
                "status": status,
                "why": why,
                "updates": len(updates),
                "attempt": delivery.attempts,
            }
        )
        self.live.changed()

    # From the control API

    def retry_now(self) -> None:
        now = self.world.clock.now()
        for delivery in self.world.deliveries.values():
            delivery.next_at = min(delivery.next_at, now)
        self._waiting = [(min(at, now), identity) for at, identity in self._waiting]
        heapify(self._waiting)
        self.wake.set()

    def shift(self, seconds: float) -> None:
        """Keeps waiting times right when the clock is set back."""
        self._waiting = [(at + seconds, identity) for at, identity in self._waiting]
        for delivery in self.world.deliveries.values():
            delivery.next_at += seconds
        self.wake.set()

    def clear(self) -> None:
        for task in self._flying:
            task.cancel()
        self._queues.clear()
        self._waiting.clear()
        self._queued_at = 0.0
        self.delivered = self.failed_attempts = 0
        self.answers.clear()

    def close(self) -> None:
        for task in self._flying:
            task.cancel()
        self.client.close()
