"""The company before a story begins: two numbers, and candidates to whom it has written."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from ats.models import Candidate
from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory
from tests.factories.whatsapp import AMINA, MessageTemplateFactory, SenderFactory, World, make_world
from tests.oracle.story import TEMPLATE_IDS, TEMPLATES, Ours
from whatsapp.contacts.identity import contact_for_candidate
from whatsapp.inbox.conversations import conversation_between, show_as_last
from whatsapp.models import Direction, Message, MessageKind, MessageStatus


def set_up(*, begins: datetime) -> tuple[World, list[str]]:
    """Nobody has been written to; with the ids of both numbers."""
    world = make_world(now=begins - timedelta(days=1))
    with company_scope(world.company):
        world.conversation.delete()
        world.contact.delete()
        for number in range(TEMPLATES):
            MessageTemplateFactory(
                company=world.company,
                waba=world.sender.waba,
                meta_id=str(TEMPLATE_IDS + number),
                name=f"told_{number}",
                language="en_US",
                status="PENDING",
            )
        other = SenderFactory(company=world.company, waba=world.sender.waba)
    return world, [world.sender.phone_number_id, other.phone_number_id]


def write_to(world: World, numbers: list[str], *, begins: datetime) -> list[Ours]:
    """A template to each; Meta's answer to the second was lost."""
    with company_scope(world.company):
        return [
            _write(world, number, at=begins - timedelta(hours=2), wamid_known=index != 1)
            for index, number in enumerate(numbers)
        ]


def _write(world: World, number: str, *, at: datetime, wamid_known: bool) -> Ours:
    candidate: Candidate = (
        world.amina if number == AMINA else CandidateFactory(company=world.company, mobile=number)
    )
    contact = contact_for_candidate(
        candidate,
        portfolio_id=world.sender.waba.portfolio_id,
        phone=number,
        by=world.alice,
        now=at,
    )
    wamid = f"wamid.ours{candidate.pk}"
    conversation = conversation_between(world.sender, contact, now=at)
    message = Message.objects.create(
        conversation=conversation,
        sender=world.sender,
        direction=Direction.OUT,
        kind=MessageKind.TEMPLATE,
        status=MessageStatus.ACCEPTED if wamid_known else MessageStatus.UNCONFIRMED,
        wamid=wamid if wamid_known else "",
        wa_id=number[1:],
        callback_id=uuid.uuid4(),
        at=at,
        created_at=at,
    )
    show_as_last(conversation.pk, message)
    return Ours(world.sender.phone_number_id, wamid, str(message.callback_id), number[1:])
