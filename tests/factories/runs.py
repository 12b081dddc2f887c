"""Bulk runs and what has become of their rows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import factory

from ats.models import Candidate
from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory, OwnedFactory
from tests.factories.whatsapp import (
    NOW,
    ContactFactory,
    ConversationFactory,
    MessageFactory,
    MessageTemplateFactory,
    SenderFactory,
    World,
)
from whatsapp.bulk import plan
from whatsapp.bulk.runs import create_run
from whatsapp.models import (
    BulkRun,
    Consent,
    ConsentPurpose,
    Message,
    MessageKind,
    MessageStatus,
    RunRecipient,
    RunState,
)


class RunFactory(OwnedFactory):
    """Paused, so that nobody takes anything of it."""

    class Meta:
        model = BulkRun

    name = "Winter season"
    sender = factory.LazyAttribute(lambda row: SenderFactory(company=row.company))
    template = factory.LazyAttribute(
        lambda row: MessageTemplateFactory(company=row.company, waba=row.sender.waba)
    )
    template_category = "UTILITY"
    state = RunState.PAUSED
    created_at = NOW
    starts_at = NOW


class RowFactory(OwnedFactory):
    class Meta:
        model = RunRecipient

    run = factory.LazyAttribute(lambda row: RunFactory(company=row.company))
    candidate = factory.LazyAttribute(lambda row: CandidateFactory(company=row.company))
    state = "planned"
    due_at = NOW


FIRST_NAME = {"body.1": {"field": "first_name", "fallback": "there"}}


def people(world: World, count: int, *, begin: int = 0, agreed: bool = False) -> list[Candidate]:
    """Candidates with numbers of their own; if `agreed`, with a basis to write to them."""
    those = [
        CandidateFactory(
            company=world.company,
            first_name=f"Person{number}",
            last_name="Otieno",
            mobile=f"+2547225{number:05d}",
        )
        for number in range(begin, begin + count)
    ]
    if agreed:
        with company_scope(world.company):
            Consent.objects.bulk_create(
                Consent(
                    candidate=one,
                    purpose=ConsentPurpose.APPLICATION,
                    granted=True,
                    source="careers page",
                    at=NOW,
                )
                for one in those
            )
    return those


def make_run(
    world: World,
    candidates: Sequence[Candidate] = (),
    *,
    planned: bool = True,
    now: datetime = NOW,
    **given: Any,
) -> BulkRun:
    """As Alice makes it; Amina's alone unless candidates are given."""
    with company_scope(world.company):
        audience = {"candidates": sorted(one.pk for one in candidates or [world.amina])}
        run = create_run(
            by=world.alice,
            **{
                "client_id": uuid.uuid4(),
                "sender": world.sender,
                "template": world.template,
                "values": FIRST_NAME,
                "audience": audience,
                "starts_at": None,
                "now": now,
            }
            | given,
        )
    if planned:
        plan.drain(lambda: now)
    with company_scope(world.company):
        run.refresh_from_db()
    return run


def run_in(world: World, state: RunState, **given: Any) -> BulkRun:
    """A planned run of Amina in a state, whatever led to it."""
    run = make_run(world)
    with company_scope(world.company):
        BulkRun.objects.filter(pk=run.pk).update(state=state, **given)
        run.refresh_from_db()
    return run


def begin(
    world: World, row: RunRecipient, status: MessageStatus = MessageStatus.ACCEPTED, **given: Any
) -> Message:
    """The message of a row, in whatever state; its person's contact is made where there is none."""
    with company_scope(world.company):
        contact = world.contact if row.phone == world.contact.phone else None
        contact = contact or ContactFactory(
            company=world.company,
            portfolio_id=world.sender.waba.portfolio_id,
            phone=row.phone,
            candidate=row.candidate,
        )
        conversation = (
            world.conversation
            if contact == world.contact
            else ConversationFactory(company=world.company, sender=world.sender, contact=contact)
        )
        queued = status == MessageStatus.QUEUED
        taken = status not in (
            MessageStatus.QUEUED,
            MessageStatus.SENDING,
            MessageStatus.UNCONFIRMED,
            MessageStatus.FAILED,
        )
        values: Mapping[str, Any] = {
            "next_try_at": NOW if queued else None,
            "claimed_at": NOW if status == MessageStatus.SENDING else None,
            "wamid": f"wamid.run.{row.pk}" if taken else "",
            "accepted_at": NOW if taken else None,
            "attempts": 0 if queued else 1,
        }
        message: Message = MessageFactory(
            company=world.company,
            conversation=conversation,
            kind=MessageKind.TEMPLATE,
            template=world.template,
            run=row.run,
            author=world.alice,
            status=status,
            **{**values, **given},
        )
        RunRecipient.objects.filter(pk=row.pk).update(
            state="begun", message=message, due_at=None, claimed_at=None
        )
        row.refresh_from_db()
    return message
