"""Asks and runs for tests of the ledger."""

from __future__ import annotations

from datetime import datetime

from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, World
from whatsapp.models import BulkRun, RunState
from whatsapp.sending.ledger import Ask


def ask(world: World, person: int, *, holder: str = "", author_id: int | None = None) -> Ask:
    return Ask(
        holder or f"m{person}",
        company_id=world.company.pk,
        sender_id=world.sender.pk,
        number=f"+2547{person:08d}",
        author_id=author_id,
    )


def make_run(world: World, *, state: str = RunState.RUNNING, starts_at: datetime = NOW) -> BulkRun:
    with company_scope(world.company):
        return BulkRun.objects.create(
            company=world.company,
            name="Night shift",
            sender=world.sender,
            template=world.template,
            template_category="UTILITY",
            state=state,
            created_at=NOW,
            starts_at=starts_at,
        )
