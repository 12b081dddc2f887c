"""The sandbox as a process, with a connected company whose Meta it is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from django.db import connection
from django.utils import timezone

from ats.models import Company
from ats.tenancy import company_scope
from bench._stage import process
from tests.factories.crowd import make_crowd, number_of
from tests.factories.whatsapp import World, make_world
from tests.sandboxed import INVITATION
from whatsapp.bulk import plan
from whatsapp.connection import vault
from whatsapp.models import BulkRun, Connection, MessageTemplate, RunState, SendAttempt, Sender
from whatsapp.sending import ledger
from whatsapp.sending.content import payload_of


@dataclass
class Meta:
    """The company's rows and the sandbox's control API."""

    base: str
    world: World
    token: str
    senders: list[Sender]
    people: int = 0

    @property
    def company(self) -> Company:
        return self.world.company

    @property
    def phone_number_id(self) -> str:
        return self.world.sender.phone_number_id

    def control(self, path: str, **given: Any) -> Any:
        answer = requests.post(f"{self.base}/_control/{path}", json=given, timeout=60)
        if not answer.ok:
            raise SystemExit(f"{path}: {answer.text}")
        return answer.json()

    def ask(self, path: str) -> Any:
        return requests.get(f"{self.base}/_control/{path}", timeout=60).json()

    def hold_webhooks(self) -> None:
        self.control("webhooks", hold=True)

    def plan_run(self, people: int, *, sender: Sender | None = None) -> BulkRun:
        """A run that is due, to so many candidates whom nobody has written to."""
        now = timezone.now()
        with company_scope(self.company):
            ids = self._candidates(people)
            run = BulkRun.objects.create(
                name="Bench",
                sender=sender or self.world.sender,
                template=self.world.template,
                template_category=self.world.template.category,
                values={"body.1": {"field": "first_name"}},
                audience={"candidates": ids},
                client_id=uuid.uuid4(),
                author=self.world.alice,
                state=RunState.PLANNING,
                created_at=now,
                starts_at=now,
                # A first batch waits for webhooks, which are held here.
                first_batch_good_at=now,
            )
        plan.drain(timezone.now)
        run.refresh_from_db()
        return run

    def body_of(self, attempt: SendAttempt) -> dict[str, Any]:
        """What was posted for it."""
        body = payload_of(attempt.message, to=f"+{attempt.message.wa_id}")
        return body | {"biz_opaque_callback_data": str(attempt.callback_id)}

    def _candidates(self, people: int) -> list[int]:
        """With a number, a recorded basis, and a phone that has WhatsApp."""
        first, self.people = self.people + 1, self.people + people
        ids = make_crowd(self.company, first, self.people)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        for number in range(first, self.people + 1):
            self.control("phones", number=number_of(number), name=f"Person {number}")
        return ids


@contextmanager
def sandbox(env: dict[str, str], *, numbers: int = 1, level: str = "HIGH") -> Iterator[Meta]:
    """Without a limit of the tier; every number at `level`."""
    base = env["GRAPH_URL"]
    with process("python", "-m", "sandbox", env=env, ready_at=f"{base}/_control/state"):
        meta = Meta(base, None, "", [])  # type: ignore[arg-type]
        meta.control("reset")
        business = meta.control(
            "businesses",
            name="Caravella Hotels",
            tier="TIER_UNLIMITED",
            numbers=[
                {"display_phone_number": f"+25420555{n:04d}", "throughput": level}
                for n in range(numbers)
            ],
            templates=[INVITATION],
        )
        meta.control("limits", enforce=level == "STANDARD")
        meta.token = meta.control("token", waba_id=business["waba_id"])["access_token"]
        ids = business["phone_number_ids"]
        meta.world = make_world(
            now=timezone.now(), waba_id=business["waba_id"], phone_number_id=ids[0]
        )
        _connect(meta, ids, level)
        yield meta


def _connect(meta: Meta, phone_number_ids: list[str], level: str) -> None:
    world = meta.world
    with company_scope(world.company):
        Connection.objects.update(token=vault.seal(meta.token))
        MessageTemplate.objects.filter(pk=world.template.pk).update(
            name=INVITATION["name"],
            language=INVITATION["language"],
            components=INVITATION["components"],
        )
        world.template.refresh_from_db()
        Sender.objects.bulk_create(
            Sender(
                waba=world.sender.waba,
                phone_number_id=one,
                display_phone_number=one,
                status="CONNECTED",
            )
            for one in phone_number_ids[1:]
        )
        Sender.objects.update(throughput_level=level, messaging_limit="TIER_UNLIMITED")
        meta.senders = list(Sender.objects.select_related("waba").order_by("pk"))
        world.sender.refresh_from_db()
        portfolio_id = ledger.portfolio_of(world.sender.waba)
        ledger.learn(portfolio_id, "TIER_UNLIMITED", at=timezone.now(), now=timezone.now())
