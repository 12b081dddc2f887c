"""A WhatsApp admin at work: her company, its account in the sandbox, and her acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from ats.models import Role, User
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack
from whatsapp.connection import numbers
from whatsapp.connection.number_refusals import NumberRefused
from whatsapp.models import Sender, Waba
from whatsapp.policy.numbers import NumberProblem

P = NumberProblem
ROME = "+390655501188"


@dataclass
class Office:
    meta: Sandboxed
    wanda: User
    now: datetime

    def add(self, number: str = ROME, label: str = "", **more: str) -> Sender:
        name = "Rome hiring" if number == ROME else f"Hiring {number[-4:]}"
        given = {"display_name": "Caravella Hotels", "friendly_name": name} | more
        return numbers.add_number(
            waba=Waba.objects.select_related("connection").get(),
            number=number,
            label=label,
            by=self.wanda,
            now=self.now,
            **given,
        )

    def sender(self) -> Sender:
        """The one that there is from the beginning, as the database has it."""
        return Sender.objects.get(pk=self.meta.world.sender.pk)

    def verified(self) -> Sender:
        self.meta.stack.control("numbers/outside", number=ROME, verified=True)
        return self.add()

    def ask(self, sender: Sender) -> None:
        numbers.ask_code(sender=sender, method="SMS", language="en_US", by=self.wanda, now=self.now)

    def code(self, sender: Sender) -> str:
        answer = self.meta.stack.ask(f"numbers/code?phone_number_id={sender.phone_number_id}")
        return str(answer["code"])

    def connect(self, sender: Sender, pin: str = "") -> None:
        numbers.connect_number(sender=sender, by=self.wanda, now=self.now, pin=pin)
        sender.refresh_from_db()


@pytest.fixture
def office(sandbox_alone: Stack, settings: Any) -> Any:
    settings.WHATSAPP = {**settings.WHATSAPP, "GRAPH_URL": sandbox_alone.sandbox}
    now = timezone.now()
    meta = connect(sandbox_alone, now=now, window_open=False, webhooks=False)
    wanda = UserFactory(company=meta.world.company, role=Role.WHATSAPP_ADMIN)
    with company_scope(meta.world.company):
        yield Office(meta, wanda, now)


def refused(problem: NumberProblem) -> Any:
    return pytest.raises(NumberRefused, check=lambda error: error.problem is problem)
