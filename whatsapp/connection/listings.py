"""What Meta listed for a WABA, written down: numbers and templates, and which of them are gone."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ats.tenancy import all_companies
from whatsapp.connection.limits import learn, portfolio_of
from whatsapp.connection.notices import tell_admins
from whatsapp.connection.number_labels import give_labels
from whatsapp.meta import types
from whatsapp.models import MessageTemplate, Sender, Waba
from whatsapp.policy.notice_sentences import QUALITIES
from whatsapp.policy.notices import NoticeKind, has_fallen

logger = logging.getLogger(__name__)

NUMBER_FIELDS = (
    "waba",
    "display_phone_number",
    "verified_name",
    "status",
    "name_status",
    "new_display_name",
    "new_name_status",
    "code_verification_status",
    "quality_rating",
    "throughput_level",
    "messaging_limit",
    "official",
    "is_gone",
)
TEMPLATE_FIELDS = (
    "meta_id",
    "category",
    "status",
    "parameter_format",
    "components",
    "quality",
    "rejected_reason",
    "is_gone",
)


def store_numbers(waba: Waba, numbers: Sequence[types.PhoneNumber], *, at: datetime) -> list[str]:
    """Returns the phone number ids that are this company's. `at` is when Meta was asked."""
    elsewhere = _held_elsewhere(waba, [number.id for number in numbers])
    # By id: a listing that changes between two pages may name one twice.
    rows = {number.id: _sender(waba, number) for number in numbers if number.id not in elsewhere}
    _tell_of_falls(waba, rows, now=at)
    Sender.objects.filter(waba=waba).exclude(phone_number_id__in=rows).update(is_gone=True)
    Sender.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["company", "phone_number_id"],
        update_fields=NUMBER_FIELDS,
    )
    give_labels(waba)
    # Meta shows the portfolio's limit with every number.
    for limit in {number.messaging_limit for number in numbers if number.messaging_limit}:
        learn(portfolio_of(waba), limit, at=at, now=at)
    return list(rows)


def _tell_of_falls(waba: Waba, rows: Mapping[str, Sender], *, now: datetime) -> None:
    """Admins hear of a number that people complain about. Meta's webhook says no more what the
    quality is (February 2026), so what was read is compared."""
    for known in Sender.objects.filter(waba=waba, phone_number_id__in=rows, is_gone=False):
        before, after = known.quality_rating, rows[known.phone_number_id].quality_rating
        if has_fallen(before, after):
            tell_admins(
                waba.company_id,
                NoticeKind.QUALITY_FELL,
                now=now,
                sender=known.name,
                quality=QUALITIES[after],
                before=QUALITIES[before],
            )


def _sender(waba: Waba, number: types.PhoneNumber) -> Sender:
    return Sender(
        company_id=waba.company_id,
        waba=waba,
        phone_number_id=number.id,
        **number_values(number),
    )


def number_values(number: types.PhoneNumber) -> dict[str, Any]:
    """The fields of a sender that are Meta's words."""
    return {
        "display_phone_number": number.display_phone_number,
        "verified_name": number.verified_name,
        "status": number.status,
        "name_status": number.name_status or "",
        "new_display_name": (number.new_display_name or "")[:200],
        "new_name_status": number.new_name_status or "",
        "code_verification_status": number.code_verification_status or "",
        "quality_rating": number.quality_rating,
        "throughput_level": _throughput(number),
        "messaging_limit": number.messaging_limit or "",
        "official": number.is_official_business_account is True,
        "is_gone": False,
    }


def _throughput(number: types.PhoneNumber) -> str:
    """A number that the WhatsApp Business app has as well is slow whatever level Meta shows (Meta,
    "Throughput": coexistence)."""
    return "COEXISTENCE" if number.is_on_biz_app else number.throughput_level or ""


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


def store_templates(waba: Waba, templates: Iterable[types.Template]) -> None:
    rows = {(one.name, one.language): _template(waba, one) for one in templates}
    MessageTemplate.objects.filter(waba=waba).exclude(
        meta_id__in=[row.meta_id for row in rows.values()]
    ).update(is_gone=True)
    MessageTemplate.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["company", "waba", "name", "language"],
        update_fields=TEMPLATE_FIELDS,
    )


def _template(waba: Waba, template: types.Template) -> MessageTemplate:
    return MessageTemplate(
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


def mark_gone(wabas: Iterable[Waba]) -> None:
    """The login no longer reaches them: they are kept for the history, read and shown no more."""
    gone = [waba.pk for waba in wabas]
    Waba.objects.filter(pk__in=gone).update(is_gone=True)
    Sender.objects.filter(waba__in=gone).update(is_gone=True)
    MessageTemplate.objects.filter(waba__in=gone).update(is_gone=True)
