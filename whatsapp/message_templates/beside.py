"""What there is at the account beside a template that is being written."""

from __future__ import annotations

from datetime import datetime

from whatsapp import figures
from whatsapp.models import MessageTemplate, Sender, TemplateFamily, TemplateTranslation, Waba
from whatsapp.policy.written import Around, Written


def around(translation: TemplateTranslation, written: Written) -> Around:
    """What the rules must know of the templates beside it, to judge `written`. An account may have
    thousands: only what could stand in its way is read."""
    family, template = translation.family, translation.template
    rows = MessageTemplate.objects.filter(waba=family.waba_id)
    listed = rows.filter(is_gone=False)
    is_taken = listed.filter(name=written.name).exists() and not is_submitted(family)
    same_text = [{"type": "BODY", "text": written.body.strip()}]
    others = listed.filter(components__contains=same_text).exclude(category="AUTHENTICATION")
    if template is not None:
        others = others.exclude(pk=template.pk)
    if is_submitted(family):
        # Other languages of the name are no duplicates of it.
        others = others.exclude(name=family.name)
    return Around(
        taken=frozenset([written.name] if is_taken else []),
        texts=frozenset(map(_text_of, others)),
        # Changing what Meta has waits for nothing.
        waits=_waits(family, written) if template is None else {},
        count=listed.count(),
        is_verified=_is_verified(family.waba),
        status=template.status if template else "",
        approved_category=template.category if template else "",
        edits=tuple(datetime.fromisoformat(at) for at in translation.edits),
    )


def _is_verified(waba: Waba) -> bool:
    named = Sender.objects.filter(waba=waba, name_status="APPROVED", is_gone=False)
    return waba.business_verification.lower() == "verified" and named.exists()


def _waits(family: TemplateFamily, written: Written) -> dict[str, datetime]:
    """Of a name that Meta has still only the languages that were deleted wait; of one that is gone
    as a whole, every language does."""
    rows = MessageTemplate.objects.filter(waba=family.waba_id, name=written.name)
    gone = rows.filter(is_gone=True, gone_at__isnull=False)
    if rows.filter(is_gone=False).exists():
        gone = gone.filter(language=written.language)
    last = gone.order_by("-gone_at").values_list("gone_at", flat=True).first()
    return {written.name: last + figures.at(last).templates.name_wait} if last else {}


def _text_of(row: MessageTemplate) -> tuple[str, str]:
    by_kind = {str(one.get("type", "")).upper(): one for one in row.components}
    body, footer = by_kind.get("BODY", {}), by_kind.get("FOOTER", {})
    return str(body.get("text", "")).strip(), str(footer.get("text", "")).strip()


def is_submitted(family: TemplateFamily) -> bool:
    """Whether Meta has one of its languages: then its name is fixed."""
    rows = TemplateTranslation.objects.filter(family=family, submitted_at__isnull=False)
    at_meta = MessageTemplate.objects.filter(waba=family.waba_id, name=family.name, is_gone=False)
    return rows.exists() and at_meta.exists()
