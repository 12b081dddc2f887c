"""Messages a second that one sending process takes from planned to accepted, rules, ledger, pace
and outcomes on, beside a bare loop that posts the same bodies to the same sandbox.

The bare loop is a `requests` session in each of as many threads. Once at the sandbox's own speed,
and once with 150 ms of latency, where the measure is what that number of connections can do.
"""

from __future__ import annotations

import json
import queue
import threading
import time

import requests
from django.conf import settings
from django.utils import timezone

from ats.tenancy import company_scope
from bench._load import line, median
from bench._sandbox import Meta, sandbox
from bench._stage import migrated
from whatsapp.models import Message, RunRecipient, RunState, SendAttempt
from whatsapp.sending import engine

GOAL, GOAL_WITH_LATENCY = 0.80, 0.90
ROUNDS = 5
PEOPLE, PEOPLE_WITH_LATENCY = 2_000, 600
LATENCY = 0.150


def main() -> None:
    env = migrated()
    with sandbox(env) as meta:
        meta.hold_webhooks()
        pairs = [_pair(meta, PEOPLE) for _ in range(ROUNDS + 1)][1:]
        ratios = [ours / bare for ours, bare in pairs]
        raw = "; ".join(f"{ours:.0f}/s beside {bare:.0f}/s" for ours, bare in pairs)
        line("send", f"{median(ratios):.2f}", f"at least {GOAL:.2f}", raw)
        meta.control("latency", ms=LATENCY * 1000)
        best = settings.WHATSAPP["CONNECTIONS"] / LATENCY
        rates = [_send(meta, PEOPLE_WITH_LATENCY)[0] for _ in range(ROUNDS)]
        raw = "; ".join(f"{rate:.1f}/s" for rate in rates) + f"; at best {best:.1f}/s"
        value = median([rate / best for rate in rates])
        line("send, 150 ms", f"{value:.2f}", f"at least {GOAL_WITH_LATENCY:.2f}", raw)


def _pair(meta: Meta, people: int) -> tuple[float, float]:
    ours, bodies = _send(meta, people)
    return ours, _bare(meta, bodies)


def _send(meta: Meta, people: int) -> tuple[float, list[bytes]]:
    """The rate of a run to people who were never written to, and the bodies that it posted."""
    run = meta.plan_run(people)
    began = time.perf_counter()
    engine.drain(timezone.now)
    took = time.perf_counter() - began
    with company_scope(meta.company):
        accepted = Message.objects.filter(run=run, status="accepted").count()
        states = set(RunRecipient.objects.filter(run=run).values_list("state", flat=True))
        run.refresh_from_db()
        if accepted != people or states != {"begun"} or run.state != RunState.FINISHED:
            raise SystemExit(f"{accepted} of {people} accepted, rows {states}, run {run.state}")
        attempts = SendAttempt.objects.filter(message__run=run).select_related("message")
        bodies = [json.dumps(meta.body_of(one)).encode() for one in attempts]
    return people / took, bodies


def _bare(meta: Meta, bodies: list[bytes]) -> float:
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    for body in bodies:
        waiting.put(body)
    url = f"{settings.WHATSAPP['GRAPH_URL']}/{settings.WHATSAPP['GRAPH_VERSION']}"
    url += f"/{meta.phone_number_id}/messages"
    headers = {"Authorization": f"Bearer {meta.token}", "Content-Type": "application/json"}

    def post() -> None:
        session = requests.Session()
        while True:
            try:
                body = waiting.get_nowait()
            except queue.Empty:
                return
            answer = session.post(url, data=body, headers=headers, timeout=30)
            if not answer.ok:
                raise SystemExit(answer.text)
            answer.json()

    threads = [threading.Thread(target=post) for _ in range(settings.WHATSAPP["CONNECTIONS"])]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(bodies) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
