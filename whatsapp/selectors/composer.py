"""What stands below the thread: the box for free text, the template picker, or why neither."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils import timezone

from ats.public import User, company_of
from whatsapp.connection.prices import price_words
from whatsapp.countries import country_name
from whatsapp.meta import template_text
from whatsapp.models import MessageTemplate, Sender
from whatsapp.policy.decision import Allowed
from whatsapp.policy.facts import SendFacts, TemplateContent
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.send import may_send, window
from whatsapp.policy.sentences import Said, say
from whatsapp.selectors.picker import Picker, picker
from whatsapp.selectors.template_look import language_name
from whatsapp.selectors.window import WindowView, window_view
from whatsapp.sending.content import TemplateDraft, TextDraft
from whatsapp.sending.content.template import around
from whatsapp.sending.facts import gather
from whatsapp.sending.send import decide
from whatsapp.sending.target import Target
from whatsapp.sending.values import filled, known_of

# Typing mends them: they stand beside the fields and leave the button alone.
MENDED_BY_TYPING = frozenset({ReasonCode.MISSING_VALUES, ReasonCode.BAD_VALUES})
# Reasons that leave the picker in place: they go away in it.
MENDED_IN_PICKER = frozenset({ReasonCode.NO_LEGAL_BASIS})


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a template's text: words as approved, or the place of a value."""

    text: str = ""
    key: str = ""
    value: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ValueField:
    key: str
    label: str
    value: str
    example: str
    error: str


@dataclass(frozen=True, slots=True)
class Fill:
    """The chosen template, its text in pieces and the values to fill in. `price` is what one
    message to this person costs, in words, where that is known."""

    id: int
    name: str
    about: str
    head: list[Segment]
    body: list[Segment]
    foot: str
    buttons: list[template_text.RenderedButton]
    asks_to_call: bool
    header_format: str
    filename: str
    fields: list[ValueField]
    reasons: list[Said]
    price: str = ""


@dataclass(frozen=True, slots=True)
class ComposerView:
    """`mode` is text, template or refused. `client_id` names the draft for the server."""

    mode: str
    window: WindowView
    sender: Sender | None
    senders: list[Sender]
    client_id: str
    reasons: list[Said]
    picker: Picker = field(default_factory=lambda: Picker([]))
    fill: Fill | None = None
    body: str = ""
    errors: list[Said] = field(default_factory=list)
    can_choose_text: bool = False
    number_changed: bool = False
    instead_of: Sender | None = None
    # Where this number was replaced, and only the open window lets it answer.
    successor: Sender | None = None


def composer_view(
    target: Target,
    *,
    user: User,
    now: datetime,
    wants_template: bool = False,
    chosen: MessageTemplate | None = None,
    values: Mapping[str, str] | None = None,
    body: str = "",
    client_id: str = "",
    refused: tuple[Reason, ...] = (),
) -> ComposerView:
    """`values`, `body` and `client_id` are what was typed, `refused` why it did not go."""
    text_reasons = _reasons(decide(target, TextDraft("…"), author=user, now=now))
    text_is_possible = not text_reasons
    facts: SendFacts | None = None
    shared: tuple[Reason, ...] = ()
    if text_is_possible and not wants_template and chosen is None:
        mode = "text"
    else:
        facts = _facts_of_any_template(target, user=user)
        shared = _reasons(may_send(facts, now=now))
        blocking = [r for r in shared if r.code not in MENDED_IN_PICKER]
        mode = "refused" if blocking and not text_is_possible else "template"
    return ComposerView(
        mode=mode,
        window=window_view(target.last_inbound_at, now=now),
        sender=target.sender,
        senders=[] if target.conversation or target.instead_of else senders_to_choose(),
        client_id=client_id or str(uuid.uuid4()),
        reasons=_say(shared),
        picker=_picker(target, chosen, user=user) if mode == "template" else Picker([]),
        fill=_fill(target, chosen, values, user=user, facts=facts, now=now)
        if chosen is not None and facts is not None and mode == "template"
        else None,
        body=body,
        errors=_say(r for r in refused if r.code != ReasonCode.MISSING_VALUES),
        can_choose_text=text_is_possible,
        number_changed=target.number_changed,
        instead_of=target.instead_of,
        successor=target.sender.successor if target.sender else None,
    )


def senders_to_choose() -> list[Sender]:
    """Those that can send; where none can, all, so that the reasons name one."""
    rows = list(Sender.objects.filter(is_gone=False, replaced_by=None).order_by("pk"))
    return [one for one in rows if one.status == "CONNECTED"] or rows


def suggested_values(
    target: Target, template: MessageTemplate, *, user: User, now: datetime
) -> dict[str, str]:
    """Values from the candidate's data, for a person to check: nothing is sent by itself."""
    if target.candidate is None:
        return {}
    known = known_of(
        [target.candidate.pk],
        language=template.language,
        company=company_of(user),
        by=user,
        now=now,
    )
    return filled(template, known[target.candidate.pk])


def _facts_of_any_template(target: Target, *, user: User) -> SendFacts:
    """What decides about any template about an application; with another content, about another."""
    any_template = TemplateContent(name="", language="", category="UTILITY", status="APPROVED")
    return gather(target, any_template, company=company_of(user), author=user)


def _reasons(decision: object) -> tuple[Reason, ...]:
    return () if isinstance(decision, Allowed) else decision.reasons  # type: ignore[attr-defined]


def _say(reasons: object) -> list[Said]:
    """Whoever may only read is not asked to mend what others have to."""
    tz = timezone.get_current_timezone()
    said = [say(reason, tz=tz, country_name=country_name) for reason in reasons]  # type: ignore[attr-defined]
    reads = str(ReasonCode.AUTHOR_MAY_NOT_WRITE)
    if all(one.code != reads for one in said):
        return said
    return [one if one.code == reads else replace(one, remedy="", action=None) for one in said]


def _picker(target: Target, chosen: MessageTemplate | None, *, user: User) -> Picker:
    own = target.candidate.language if target.candidate else ""
    languages = [one for one in (own, company_of(user).language) if one]
    waba_id = target.sender.waba_id if target.sender else None
    return picker(waba_id, user=user, languages=languages, chosen=chosen)


def _fill(
    target: Target,
    template: MessageTemplate,
    values: Mapping[str, str] | None,
    *,
    user: User,
    facts: SendFacts,
    now: datetime,
) -> Fill:
    typed = values is not None
    given = values if values is not None else suggested_values(target, template, user=user, now=now)
    components = template.components
    variables = template_text.variables(components, template.parameter_format)
    faults = {
        problem.key: problem.sentence
        for problem in template_text.problems(components, given, now=now)
    }
    content = TemplateDraft(template, given).facts(target.sender, now=now)
    decision = may_send(replace(facts, content=content), now=now)
    fields = [
        ValueField(
            key=one.key,
            label=_label(one),
            value=given.get(one.key, ""),
            example=one.example,
            error=faults.get(one.key, "") or (_unfilled(one, given) if typed else ""),
        )
        for one in variables
    ]
    rendered = template_text.render(components, given)
    sources = {str(c.get("type", "")).upper(): c for c in components}
    header = sources.get("HEADER", {})
    reasons = [r for r in _reasons(decision) if r.code not in MENDED_BY_TYPING]
    file = around(template).file
    return Fill(
        id=template.pk,
        name=template.name,
        about=f"{template.category.capitalize()} · {language_name(template.language)}",
        head=_segments(str(header.get("text", "")), "header", given) if header else [],
        body=_segments(str(sources.get("BODY", {}).get("text", "")), "body", given),
        foot=rendered.footer or "",
        buttons=list(rendered.buttons),
        asks_to_call=rendered.asks_to_call,
        header_format=rendered.header_format or "",
        filename=file.filename if file else "",
        fields=fields,
        reasons=_say(reasons),
        price=_price(target, template, facts, now=now),
    )


def _price(target: Target, template: MessageTemplate, facts: SendFacts, *, now: datetime) -> str:
    if target.sender is None:
        return ""
    return price_words(
        target.sender.waba,
        target.conversation,
        category=template.category,
        region=facts.recipient.region,
        in_open_window=window(target.last_inbound_at, now).open,
        now=now,
    )


def _unfilled(one: template_text.Variable, given: Mapping[str, str]) -> str:
    if given.get(one.key, "").strip():
        return ""
    example = f" For example “{one.example}”." if one.example else ""
    return f"Fill this in: the text needs it.{example}"


def _label(one: template_text.Variable) -> str:
    """A numbered value of the text is called as its place in the preview is."""
    if one.component == "body" and one.name.isdigit():
        return f"Value {one.name}"
    return one.label.capitalize()


def _segments(text: str, part: str, values: Mapping[str, str]) -> list[Segment]:
    segments: list[Segment] = []
    end = 0
    for match in template_text.PLACEHOLDER.finditer(text):
        if match.start() > end:
            segments.append(Segment(text=text[end : match.start()]))
        key = f"{part}.{match[1]}"
        label = match[1].replace("_", " ") if not match[1].isdigit() else f"value {match[1]}"
        segments.append(Segment(key=key, value=values.get(key, ""), label=label))
        end = match.end()
    if end < len(text):
        segments.append(Segment(text=text[end:]))
    return segments
