"""What Meta did, or is about to do, to a template's category, for the pages that show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from whatsapp.connection.prices import change_words
from whatsapp.models import AdminNotice, MessageTemplate
from whatsapp.policy.notices import NoticeKind


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """`is_coming` where Meta has only announced it, with `at` where it said when; `price` is what
    it does to the price, in words, where that is known; `told` are those who were told, in
    words."""

    old: str
    new: str
    is_coming: bool
    at: datetime | None
    price: str
    told: str


def category_change(template: MessageTemplate | None, *, now: datetime) -> CategoryChange | None:
    if template is None:
        return None
    coming, left = template.next_category, template.previous_category
    if coming:
        old, new = template.category, coming
    elif left and left != template.category:
        old, new = left, template.category
    else:
        return None
    return CategoryChange(
        old=old,
        new=new,
        is_coming=bool(coming),
        at=template.category_changes_at if coming else None,
        price=change_words(template.waba, old=old, new=new, is_done=not coming, now=now),
        told=_told(template, is_coming=bool(coming)),
    )


def _told(template: MessageTemplate, *, is_coming: bool) -> str:
    kind = NoticeKind.TEMPLATE_MOVES if is_coming else NoticeKind.TEMPLATE_MOVED
    notices = AdminNotice.objects.filter(
        kind=kind.value, data__template=template.name, data__language=template.language
    )
    newest = notices.select_related("also").order_by("-pk").first()
    if newest is None:
        return ""
    return "WhatsApp admins" + (f" and {newest.also.full_name}" if newest.also else "")
