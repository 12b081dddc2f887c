"""Items applied a second by one worker process, with 10,000, 100,000 and 1,000,000 messages stored.

Each size has a database and a process of its own that does what the worker's task does; they take
turns, so that a noisy machine is noisy for all of them. Of ten items seven are messages from people
who wrote before and three are statuses of messages of ours, spread over everybody stored.
"""

from __future__ import annotations

import json
import random
import sys
import time
from contextlib import ExitStack

from django.utils import timezone

from bench._load import line, median
from bench._people import MESSAGES_IN_A_THREAD, Stored, stored
from bench._stage import migrated
from bench._turns import answer_turns, start, turn
from whatsapp.models import ItemState, WebhookEvent, WebhookItem
from whatsapp.webhooks import apply

GOAL = 0.80
ROUNDS = 5
SIZES = (10_000, 100_000, 1_000_000)
ITEMS = 1_000
IN_A_DELIVERY = 5


def main() -> None:
    rates: dict[int, list[float]] = {size: [] for size in SIZES}
    with ExitStack() as running:
        appliers = {size: start("apply", size, running) for size in SIZES}
        for applying in appliers.values():
            turn(applying)
        for _ in range(ROUNDS):
            for size in SIZES:
                rates[size] += turn(appliers[size])
    ratios = [last / first for first, last in zip(rates[SIZES[0]], rates[SIZES[-1]], strict=True)]
    raw = "; ".join(
        f"{size:,}: {', '.join(f'{one:.0f}' for one in rates[size])} items/s" for size in SIZES
    )
    line("apply", f"{median(ratios):.2f}", f"{GOAL:.2f}", raw)


def applier(size: int) -> None:
    """The process of one size."""
    migrated()
    there = stored()
    there.grow_to(size)
    answer_turns(lambda number: [_round(there, seed=number)])


def _round(there: Stored, *, seed: int) -> float:
    rng = random.Random(seed)
    before = WebhookItem.objects.filter(state=ItemState.APPLIED).count()
    now = timezone.now()
    WebhookEvent.objects.bulk_create(
        WebhookEvent(body=_delivery(there, rng, seed, number), received_at=now, next_try_at=now)
        for number in range(ITEMS // IN_A_DELIVERY)
    )
    began = time.perf_counter()
    apply.drain(timezone.now)
    took = time.perf_counter() - began
    applied = WebhookItem.objects.filter(state=ItemState.APPLIED).count() - before
    if applied != ITEMS:
        raise SystemExit(f"{applied} of {ITEMS} items were applied.")
    return ITEMS / took


def _untold(there: Stored, rng: random.Random, thread: str) -> tuple[str, str]:
    """A status that was not told before: of a message of this thread, else of another."""
    while True:
        ours = rng.randrange(1, MESSAGES_IN_A_THREAD, 2)
        told = f"{thread}.{ours}", rng.choice(["sent", "delivered", "read"])
        if told not in there.told:
            there.told.add(told)
            return told
        thread = f"wamid.stored.KE.{rng.randint(1, there.people):08d}"


def _delivery(there: Stored, rng: random.Random, seed: int, number: int) -> bytes:
    sender = there.world.sender
    value: dict[str, object] = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": sender.phone_number_id},
    }
    messages, statuses, contacts = [], [], []
    for place in range(IN_A_DELIVERY):
        person = f"{rng.randint(1, there.people):08d}"
        ids = {"wa_id": f"2547{person}", "user_id": f"KE.{person}"}
        at = str(int(time.time()))
        if rng.random() < 0.7:
            contacts.append({"profile": {"name": f"Person {int(person)}"}, **ids})
            messages.append(
                {
                    "from": ids["wa_id"],
                    "from_user_id": ids["user_id"],
                    "id": f"wamid.{seed}.{number}.{place}",
                    "timestamp": at,
                    "type": "text",
                    "text": {"body": "Yes, Friday at two is fine for me."},
                }
            )
        else:
            wamid, word = _untold(there, rng, f"wamid.stored.KE.{person}")
            statuses.append(
                {
                    "id": wamid,
                    "status": word,
                    "timestamp": at,
                    "recipient_id": ids["wa_id"],
                    "recipient_user_id": ids["user_id"],
                }
            )
    value |= {"contacts": contacts, "messages": messages, "statuses": statuses}
    change = {"field": "messages", "value": value}
    entry = {"id": sender.waba.waba_id, "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        applier(int(sys.argv[1]))
    else:
        main()
