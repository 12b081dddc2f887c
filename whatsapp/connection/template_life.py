"""What Meta decides of a template, written down: from a webhook or from the listing, in any order.

Status, category, quality and text each have the moment at which Meta told them. What is older than
that changes nothing, so it makes no difference which of the two is heard first. Of a webhook that a
reading came before, what no listing has is kept nevertheless: Meta's words of a rejection, and the
ends of a pause and of an announcement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from whatsapp import events
from whatsapp.connection.notices import tell_admins
from whatsapp.connection.prices import change_words
from whatsapp.models import MessageTemplate, TemplateTranslation
from whatsapp.policy.notice_sentences import CATEGORY_MEANINGS, QUALITIES
from whatsapp.policy.notices import NoticeKind
from whatsapp.policy.template_life import State, heard_late, news
from whatsapp.policy.template_states import say_reason

STATE_FIELDS = tuple(field.name for field in fields(State))


class Told(StrEnum):
    """The columns that say when each was told last."""

    STATUS = "told_at"
    CATEGORY = "category_told_at"
    QUALITY = "quality_told_at"
    COMPONENTS = "components_told_at"


# The columns that say when a webhook told it last.
HEARD = {Told.STATUS: "heard_at", Told.CATEGORY: "category_heard_at"}


def is_news(template: MessageTemplate, what: Told, at: datetime) -> bool:
    """Meta stamps whole seconds: of one second whatever comes last counts, and the reading that
    follows says which it is."""
    last: datetime | None = getattr(template, what)
    return last is None or at >= last.replace(microsecond=0)


def state_of(template: MessageTemplate) -> State:
    return State(**{name: getattr(template, name) for name in STATE_FIELDS})


def put(template: MessageTemplate, after: State) -> None:
    if after.status != template.status:
        template.rejection_words = ""
    for name, value in asdict(after).items():
        setattr(template, name, value)


def apply(
    template: MessageTemplate,
    change: Callable[[State], State],
    *,
    what: Told,
    at: datetime,
    now: datetime,
    advice: str = "",
) -> None:
    """A webhook's change of a row that is locked; `at` is when Meta sent it, `advice` what it
    tells besides of a rejection."""
    before, words = state_of(template), template.rejection_words
    told = change(before)
    if is_news(template, what, at):
        after = told
        setattr(template, what, at)
    elif _is_newest_heard(template, what, at):
        after = heard_late(before, told)
    else:
        return
    put(template, after)
    if what == Told.STATUS:
        template.rejection_words = advice if told.status == after.status == "REJECTED" else ""
    if what in HEARD:
        setattr(template, HEARD[what], at)
    template.save(update_fields=[*STATE_FIELDS, "rejection_words", *Told, *HEARD.values()])
    tell(template, before, after, now=now, advice=advice)
    if (after, template.rejection_words) != (before, words):
        events.publish(template.company_id, "templates", now=now)


def _is_newest_heard(template: MessageTemplate, what: Told, at: datetime) -> bool:
    if what not in HEARD:
        return False
    last: datetime | None = getattr(template, HEARD[what])
    return last is None or at >= last.replace(microsecond=0)


def apply_components(
    template: MessageTemplate, components: list[dict[str, Any]], *, at: datetime, now: datetime
) -> None:
    if not is_news(template, Told.COMPONENTS, at):
        return
    template.components, template.components_told_at = components, at
    template.save(update_fields=["components", "components_told_at"])
    TemplateTranslation.objects.settle(template.waba_id, at=at)
    events.publish(template.company_id, "templates", now=now)


def tell(
    template: MessageTemplate,
    before: State,
    after: State,
    *,
    now: datetime,
    advice: str = "",
    price: Callable[..., str] | None = None,
) -> None:
    """Admins and who submitted it hear of what they have to do something about; the audit trail
    keeps it. Whoever sees a change first tells it. `price` stands for `change_words` of the WABA
    and `now` where many are told of."""
    kinds = news(before, after)
    if not kinds:
        return
    rows = TemplateTranslation.objects.of(template)
    given = rows.exclude(submitted_by=None).select_related("submitted_by").first()
    for kind in kinds:
        price = price or partial(change_words, template.waba, now=now)
        data = _data(template, kind, before, after, advice, price)
        by = given.submitted_by if given else None
        tell_admins(template.company_id, kind, now=now, also=by, **data)
        trail = _trail(data) | {"told": "WhatsApp admins" + (f" and {by.full_name}" if by else "")}
        events.audit(actor=None, verb=kind.value, about=template, now=now, **trail)


def _data(
    template: MessageTemplate,
    kind: NoticeKind,
    before: State,
    after: State,
    advice: str,
    price: Callable[..., str],
) -> Mapping[str, str]:
    data = {"template": template.name, "language": template.language}
    if kind == NoticeKind.TEMPLATE_REJECTED:
        more = f" {advice}" if advice else ""
        return data | {"reason": say_reason(after.rejected_reason), "advice": more}
    if kind == NoticeKind.TEMPLATE_PAUSED:
        return data | {"until": _moment(template, ", until", after.paused_until)}
    if kind in (NoticeKind.TEMPLATE_MOVES, NoticeKind.TEMPLATE_MOVED):
        is_done = kind == NoticeKind.TEMPLATE_MOVED
        old, new = (
            (before.category, after.category) if is_done else (after.category, after.next_category)
        )
        costs = price(old=old, new=new, is_done=is_done)
        return data | {
            "before": old.lower(),
            "category": new.lower(),
            "until": _moment(template, " on", after.category_changes_at),
            "meaning": CATEGORY_MEANINGS.get(new, "") + (f" {costs}" if costs else ""),
            "price": costs,
        }
    if kind == NoticeKind.TEMPLATE_QUALITY_FELL:
        old, new = before.quality, after.quality
        return data | {"before": QUALITIES[old].lower(), "quality": QUALITIES[new].lower()}
    return data


def _trail(data: Mapping[str, str]) -> dict[str, str]:
    """What the audit trail keeps of it: of the sentences for people the price alone."""
    after = data.get("category") or data.get("quality") or ""
    kept = {name: data[name] for name in ("template", "language", "price") if data.get(name)}
    return kept | ({"before": data["before"], "after": after} if after else {})


def _moment(template: MessageTemplate, word: str, at: datetime | None) -> str:
    if at is None:
        return ""
    there = at.astimezone(template.company.tz)
    return f"{word} {there.day} {there:%B, %H:%M}"
