"""What Meta listed for a WABA, written down: numbers and templates, and which of them are gone."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from ats.tenancy import all_companies
from whatsapp import events
from whatsapp.connection.limits import learn, portfolio_of
from whatsapp.connection.notices import tell_admins
from whatsapp.connection.number_labels import give_labels
from whatsapp.connection.prices import change_words
from whatsapp.connection.template_life import (
    HEARD,
    STATE_FIELDS,
    Told,
    is_news,
    put,
    state_of,
    tell,
)
from whatsapp.meta import types
from whatsapp.models import MessageTemplate, Sender, TemplateTranslation, Waba
from whatsapp.policy.notice_sentences import QUALITIES
from whatsapp.policy.notices import NoticeKind, has_fallen
from whatsapp.policy.template_life import (
    State,
    after_reading_category,
    after_reading_status,
    missing,
)

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
    "parameter_format",
    "components",
    *STATE_FIELDS,
    "rejection_words",
    *(what.value for what in Told),
    *HEARD.values(),
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


def store_templates(
    waba: Waba, templates: Iterable[types.Template], *, at: datetime, now: datetime
) -> None:
    """`at` is when Meta was asked: what webhooks have told since then stays."""
    found = MessageTemplate.objects.filter(waba=waba).select_related("company").order_by("pk")
    known = {
        (row.name, row.language): row for row in found.select_for_update(no_key=True, of=("self",))
    }
    listed = {(one.name, one.language): one for one in templates}
    rows, is_changed = [], False
    # Meta may move hundreds at once, all from one category to the same other.
    price = cache(partial(change_words, waba, now=now))
    for key, one in listed.items():
        row = known.get(key)
        if row is not None and row.meta_id != one.id and not is_news(row, Told.STATUS, at):
            # Another was written under its name since Meta was asked.
            continue
        before = _seen(row) if row is not None and row.meta_id == one.id else None
        if row is None or before is None:
            row = _new_template(waba, one, row, at=at)
        else:
            was = state_of(row)
            _read_again(row, one, at=at)
            tell(row, was, state_of(row), now=now, price=price)
        is_changed = is_changed or _seen(row) != before
        rows.append(row)
    for key, row in known.items():
        if key not in listed and not row.is_gone and is_news(row, Told.STATUS, at):
            put(row, missing(state_of(row), at=at))
            row.told_at = at
            rows.append(row)
            is_changed = True
    MessageTemplate.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["company", "waba", "name", "language"],
        update_fields=TEMPLATE_FIELDS,
    )
    TemplateTranslation.objects.settle(waba.pk, at=at)
    if is_changed:
        events.publish(waba.company_id, "templates", now=now)


def _seen(row: MessageTemplate) -> tuple[State, object]:
    """What a page shows of it."""
    return state_of(row), row.components


def _read_again(row: MessageTemplate, read: types.Template, *, at: datetime) -> None:
    """Each part of it that nothing newer was told of."""
    if is_news(row, Told.STATUS, at):
        reason = read.rejected_reason or ""
        put(row, after_reading_status(state_of(row), read.status, reason=reason, at=at))
        row.told_at = at
    if is_news(row, Told.CATEGORY, at):
        previous, correct = read.previous_category or "", read.correct_category or ""
        changed = after_reading_category(
            state_of(row), read.category, previous=previous, correct=correct
        )
        put(row, changed)
        row.category_told_at = at
    if is_news(row, Told.QUALITY, at):
        row.quality, row.quality_told_at = read.quality_score or "", at
    if is_news(row, Told.COMPONENTS, at):
        row.components, row.components_told_at = list(read.components), at
        row.parameter_format = read.parameter_format


def _new_template(
    waba: Waba, read: types.Template, before: MessageTemplate | None, *, at: datetime
) -> MessageTemplate:
    """One that is seen first, also where another had its name and language `before`."""
    row = MessageTemplate(
        pk=before.pk if before else None,
        company=waba.company,
        waba=waba,
        meta_id=read.id,
        name=read.name,
        language=read.language,
        status=read.status,
        category=read.category,
        parameter_format=read.parameter_format,
    )
    _read_again(row, read, at=at)
    return row


def mark_gone(wabas: Iterable[Waba]) -> None:
    """The login no longer reaches them: they are kept for the history, read and shown no more."""
    gone = [waba.pk for waba in wabas]
    Waba.objects.filter(pk__in=gone).update(is_gone=True)
    Sender.objects.filter(waba__in=gone).update(is_gone=True)
    MessageTemplate.objects.filter(waba__in=gone).update(is_gone=True)
