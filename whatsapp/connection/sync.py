"""Reads a company's numbers and templates from Meta, and has its webhooks sent here."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ats.tenancy import all_companies
from whatsapp import events
from whatsapp.connection.clients import client_for
from whatsapp.connection.vault import Locked
from whatsapp.meta import types
from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import AuthError, MetaError, PermissionError_
from whatsapp.models import Connection, ConnectionState, MessageTemplate, Sender, Waba

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """What Meta listed for one WABA."""

    waba: Waba
    numbers: tuple[types.PhoneNumber, ...]
    templates: tuple[types.Template, ...]


def sync_connection(connection: Connection, *, now: datetime) -> None:
    """Asks first, then writes: no HTTP inside the transaction. May run twice.

    A token that Meta refuses marks the connection broken; any other failure is kept on the
    connection in words, and the next run tries again.
    """
    try:
        client = client_for(connection)
        read = [_read(client, waba, now=now) for waba in connection.wabas.order_by("pk")]
    except (AuthError, PermissionError_, Locked) as error:
        break_connection(connection, cause=_words(error), now=now)
        return
    except MetaError as error:
        connection.sync_problem = _words(error)[:500]
        connection.save(update_fields=["sync_problem"])
        raise
    with transaction.atomic():
        for one in read:
            _store_numbers(one.waba, one.numbers)
            _store_templates(one.waba, one.templates)
        connection.synced_at, connection.sync_problem = now, ""
        connection.save(update_fields=["synced_at", "sync_problem"])
        events.publish(connection.company_id, "connection", now=now)


def break_connection(connection: Connection, *, cause: str, now: datetime) -> None:
    """Meta takes the token no more: sending waits for a new login, nothing is thrown away."""
    with transaction.atomic():
        broke = Connection.objects.filter(pk=connection.pk, state=ConnectionState.CONNECTED).update(
            state=ConnectionState.BROKEN, broken_at=now, broken_cause=cause[:300]
        )
        if broke:
            events.audit(actor=None, verb="broken", about=connection, now=now)
            events.publish(connection.company_id, "connection", now=now)


def _words(error: MetaError | Locked) -> str:
    explanation = getattr(error, "explanation", None)
    return explanation.sentence if explanation else str(error)


def _read(client: GraphClient, waba: Waba, *, now: datetime) -> Read:
    if waba.subscribed_at is None:
        client.subscribe_app(waba.waba_id)
        waba.subscribed_at = now
        waba.save(update_fields=["subscribed_at"])
    return Read(waba, client.phone_numbers(waba.waba_id), client.message_templates(waba.waba_id))


def _store_numbers(waba: Waba, numbers: Sequence[types.PhoneNumber]) -> None:
    elsewhere = _held_elsewhere(waba, [number.id for number in numbers])
    rows = [
        Sender(
            company_id=waba.company_id,
            waba=waba,
            phone_number_id=number.id,
            display_phone_number=number.display_phone_number,
            verified_name=number.verified_name,
            status=number.status,
            name_status=number.name_status or "",
            code_verification_status=number.code_verification_status or "",
            quality_rating=number.quality_rating,
            throughput_level=number.throughput_level or "",
            messaging_limit=number.messaging_limit or "",
            is_gone=False,
        )
        for number in numbers
        if number.id not in elsewhere
    ]
    Sender.objects.filter(waba=waba).exclude(
        phone_number_id__in=[row.phone_number_id for row in rows]
    ).update(is_gone=True)
    Sender.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["company", "phone_number_id"],
        update_fields=[
            "waba",
            "display_phone_number",
            "verified_name",
            "status",
            "name_status",
            "code_verification_status",
            "quality_rating",
            "throughput_level",
            "messaging_limit",
            "is_gone",
        ],
    )


def _held_elsewhere(waba: Waba, phone_number_ids: list[str]) -> set[str]:
    """Numbers that Meta lists here while another company of this system has them: theirs stay."""
    with all_companies():
        rows = Sender.objects.filter(phone_number_id__in=phone_number_ids)
        taken = set(
            rows.exclude(company_id=waba.company_id).values_list("phone_number_id", flat=True)
        )
    if taken:
        logger.error("sync_numbers_held_elsewhere waba=%s numbers=%s", waba.pk, sorted(taken))
    return taken


def _store_templates(waba: Waba, templates: Iterable[types.Template]) -> None:
    rows = [
        MessageTemplate(
            company_id=waba.company_id,
            waba=waba,
            meta_id=template.id,
            name=template.name,
            language=template.language,
            category=template.category,
            status=template.status,
            parameter_format=template.parameter_format,
            components=list(template.components),
            quality=template.quality_score or "",
            rejected_reason=template.rejected_reason or "",
            is_gone=False,
        )
        for template in templates
    ]
    MessageTemplate.objects.filter(waba=waba).exclude(
        meta_id__in=[row.meta_id for row in rows]
    ).update(is_gone=True)
    MessageTemplate.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["company", "waba", "name", "language"],
        update_fields=[
            "meta_id",
            "category",
            "status",
            "parameter_format",
            "components",
            "quality",
            "rejected_reason",
            "is_gone",
        ],
    )
