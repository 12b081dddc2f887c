"""What Meta says of a template: applied at once, and then the account is read again.

Shapes: Meta, webhooks `message_template_status_update`, `message_template_quality_update`,
`template_category_update` and `message_template_components_update`. A sample of Meta's carries a
quality under the field of statuses, so the keys say what it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from ats.tenancy import company_scope
from whatsapp import figures
from whatsapp.connection.template_life import Told, apply, apply_components
from whatsapp.models import MessageTemplate, Waba, WebhookItem
from whatsapp.policy.template_life import (
    Pauses,
    after_announcement,
    after_category,
    after_event,
    after_quality,
    says_status,
)
from whatsapp.webhooks.content import EARLIEST, text_of
from whatsapp.webhooks.handlers import account
from whatsapp.webhooks.owners import waba_of

Json = dict[str, Any]
# Of each of what Meta says in words.
MOST_WORDS = 1000


def handle(item: WebhookItem, *, now: datetime) -> None:
    """Of a template that is not known here the reading that follows says everything."""
    # First, as a reading locks the connection before the templates too.
    account.handle(item, now=now)
    waba, value, at = waba_of(item), item.payload["item"], _sent_at(item)
    with company_scope(waba.company_id):
        template = _template(waba, value)
        if template is None:
            return
        if text_of(value, "new_quality_score"):
            quality = text_of(value, "new_quality_score").upper()[:16]
            change = partial(after_quality, quality=quality)
            apply(template, change, what=Told.QUALITY, at=at, now=now)
        elif text_of(value, "new_category"):
            _move(template, value, at=at, now=now)
        elif text_of(value, "message_template_element"):
            components = _components(template.components, value)
            apply_components(template, components, at=at, now=now)
        elif text_of(value, "event"):
            _change_status(template, value, at=at, now=now)


def _sent_at(item: WebhookItem) -> datetime:
    """`entry.time`, Unix seconds; what is no such moment, or one to come, is when we got it."""
    return min(_moment(item.payload.get("time")) or item.created_at, item.created_at)


def _moment(seconds: object) -> datetime | None:
    try:
        at = datetime.fromtimestamp(int(str(seconds)), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at >= EARLIEST else None


def _template(waba: Waba, value: Json) -> MessageTemplate | None:
    """By Meta's id: one that was deleted and written anew has another. Webhooks have "en-US" where
    the listing has "en_US"."""
    rows = MessageTemplate.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.filter(waba=waba).select_related("company")
    meta_id = text_of(value, "message_template_id")
    if meta_id:
        return rows.filter(meta_id=meta_id).first()
    language = text_of(value, "message_template_language").replace("-", "_")
    return rows.filter(name=text_of(value, "message_template_name"), language=language).first()


def _change_status(template: MessageTemplate, value: Json, *, at: datetime, now: datetime) -> None:
    event = text_of(value, "event").upper()[:32]
    if not says_status(event):
        # A warning: what Meta decided before it, and comes in later, counts all the same.
        return
    known = figures.at(at).templates
    change = partial(
        after_event,
        event=event,
        title=text_of(value.get("other_info"), "title").upper(),
        reason=text_of(value, "reason").upper()[:64],
        at=at,
        pauses=Pauses(known.first_pause, known.second_pause),
    )
    info = value.get("rejection_info")
    told = [text_of(info, name).strip()[:MOST_WORDS] for name in ("reason", "recommendation")]
    advice = " ".join(filter(None, told))
    apply(template, change, what=Told.STATUS, at=at, now=now, advice=advice)


def _move(template: MessageTemplate, value: Json, *, at: datetime, now: datetime) -> None:
    category = text_of(value, "new_category").upper()[:32]
    correct = text_of(value, "correct_category").upper()[:32]
    if correct:
        changes_at = _moment(value.get("category_update_timestamp"))
        change = partial(
            after_announcement, category=category, correct=correct, changes_at=changes_at
        )
    else:
        previous = text_of(value, "previous_category").upper()[:32]
        change = partial(after_category, category=category, previous=previous)
    apply(template, change, what=Told.CATEGORY, at=at, now=now)


def _components(known: list[Json], value: Json) -> list[Json]:
    """The webhook has the words alone: samples and the rest stay until the reading."""
    words = {
        "HEADER": text_of(value, "message_template_title"),
        "BODY": text_of(value, "message_template_element"),
        "FOOTER": text_of(value, "message_template_footer"),
    }
    changed = []
    for component in known:
        kind = str(component.get("type", "")).upper()
        if words.get(kind) and "text" in component:
            component = {**component, "text": words[kind]}
        changed.append(component)
    return changed
