"""A company here whose Meta business lives in a running sandbox, with a phone for Amina."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ats.tenancy import company_scope
from tests.factories.whatsapp import AMINA, MessageTemplateFactory, World, make_world
from tests.stack import Stack
from whatsapp.connection import vault
from whatsapp.meta.client import GraphClient
from whatsapp.models import Connection, Conversation, MessageTemplate

INVITATION: dict[str, Any] = {
    "name": "interview_invitation",
    "language": "en",
    "category": "UTILITY",
    "status": "APPROVED",
    "components": [
        {
            "type": "BODY",
            "text": "Hello {{1}}, when would an interview suit you best?",
            "example": {"body_text": [["Amina"]]},
        }
    ],
}


@dataclass
class Sandboxed:
    """The company's rows, the ids at Meta, and the sandbox's control API."""

    world: World
    stack: Stack
    token: str
    phone_number_id: str

    def arrived(self) -> list[dict[str, Any]]:
        """What reached Amina's phone from the company, oldest first."""
        messages = self.stack.ask(f"phones/{AMINA}/messages")["messages"]
        return [one for one in messages if one["direction"] == "out"]

    def answers(self, text: str) -> str:
        """Amina writes; returns the wamid."""
        given = {"from": AMINA, "to": self.phone_number_id, "text": text}
        return str(self.stack.control("inbound", **given)["wamid"])


def connect(
    stack: Stack, *, now: datetime, window_open: bool = True, webhooks: bool = True
) -> Sandboxed:
    """A business in the sandbox and a connected company here. The window is open on both sides,
    or on neither."""
    stack.control("reset")
    business = stack.control(
        "businesses",
        name="Caravella Hotels",
        tier="TIER_UNLIMITED",
        numbers=[
            {"display_phone_number": "+254 700 555 001", "verified_name": "Caravella Careers"}
        ],
        templates=[INVITATION],
    )
    stack.control("phones", number=AMINA, name="Amina Njoroge")
    return _company(stack, business, now=now, window_open=window_open, webhooks=webhooks)


def connect_sister(stack: Stack, first: Sandboxed, *, now: datetime) -> Sandboxed:
    """Another company whose business is of the same portfolio at Meta."""
    businesses = stack.ask("businesses")["businesses"]
    [other] = [one for one in businesses if one["waba_id"] == first.world.sender.waba.waba_id]
    business = stack.control(
        "businesses",
        name="Caravella Resorts",
        portfolio=other["portfolio_id"],
        numbers=[{"display_phone_number": "+254 700 555 002", "verified_name": "Resorts"}],
        templates=[INVITATION],
    )
    meta = _company(stack, business, now=now, window_open=False, webhooks=False)
    waba = meta.world.sender.waba
    waba.portfolio_id = first.world.sender.waba.portfolio_id
    with company_scope(meta.world.company):
        waba.save(update_fields=["portfolio_id"])
    return meta


def _company(
    stack: Stack, business: dict[str, Any], *, now: datetime, window_open: bool, webhooks: bool
) -> Sandboxed:
    token = stack.control("token", waba_id=business["waba_id"])["access_token"]
    if webhooks:
        client = GraphClient(token, base_url=stack.sandbox, version="v26.0")
        client.subscribe_app(business["waba_id"])
    phone_number_id = business["phone_number_ids"][0]
    world = make_world(
        now=now,
        window_open=window_open,
        waba_id=business["waba_id"],
        phone_number_id=phone_number_id,
    )
    with company_scope(world.company):
        Connection.objects.update(token=vault.seal(token))
        MessageTemplate.objects.all().delete()
        world.template = MessageTemplateFactory(
            company=world.company,
            waba=world.sender.waba,
            name=INVITATION["name"],
            components=INVITATION["components"],
        )
        if not window_open:
            Conversation.objects.update(last_inbound_at=None)
            world.conversation.refresh_from_db()
    meta = Sandboxed(world, stack, token, phone_number_id)
    if window_open:
        meta.answers("Hello")
    return meta
