"""The library: one line a name with its languages, by search and chips, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Exists, Func, OuterRef, Q, QuerySet, TextField, Value
from django.utils import timezone

from ats.public import Team, User
from whatsapp.models import (
    AdminNotice,
    MessageTemplate,
    TemplateFamily,
    TemplateFavourite,
    TemplateTeam,
    TemplateTranslation,
    Waba,
)
from whatsapp.models.template_usage import Usage
from whatsapp.policy.notice_sentences import QUALITIES, Told, words_for
from whatsapp.policy.notices import TEMPLATE_NOTICES
from whatsapp.policy.template_states import say_status
from whatsapp.selectors.template_look import language_name
from whatsapp.selectors.template_page import usage_of

PAGE = 50
# So long, and so many, what Meta changed is told above the list.
TOLD_FOR = timedelta(days=7)
TOLD_AT_MOST = 5
# So many signs of a draft's text stand for its name.
FIRST_WORDS = 70
DRAFT = ""
UNRATED = "UNKNOWN"
QUALITY_TONES = {"GREEN": "is-ok", "YELLOW": "is-warn", "RED": "is-bad"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the address asks for; an empty one asks for everything. A draft has the status
    "DRAFT" there."""

    words: str = ""
    category: str = ""
    language: str = ""
    status: str = ""
    quality: str = ""
    starred: bool = False
    page: int = 1

    def query(self, **changes: object) -> str:
        """The address that asks for it, with changes; the page begins anew unless it is one."""
        asked = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        given = {
            "q": asked.words,
            "category": asked.category,
            "language": asked.language,
            "status": asked.status,
            "quality": asked.quality,
            "starred": "1" if asked.starred else "",
            "page": str(asked.page) if asked.page > 1 else "",
        }
        return "?" + urlencode({name: value for name, value in given.items() if value})

    def is_filter(self) -> bool:
        return replace(self, page=1) != Wish()


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language of a name: Meta's template, or the draft of one."""

    language: str
    label: str
    status: str
    word: str
    tone: str
    category: str
    quality: str
    template_id: int | None = None
    translation_id: int | None = None
    paused_until: datetime | None = None
    next_category: str = ""
    category_changes_at: datetime | None = None
    previous_category: str = ""

    def has(self, name: str, value: str) -> bool:
        return not value or (getattr(self, name) or "DRAFT") == value


@dataclass(slots=True)
class Line:
    """A name. `usage` is None of one that Meta does not have; `known_by` tells a draft without a
    name from others."""

    waba_id: int
    name: str
    category: str
    tongues: list[Tongue] = field(default_factory=list)
    waba: str = ""
    known_by: str = ""
    is_starred: bool = False
    # Names of the teams that may use it; empty where the last was deleted, None of everybody's.
    teams: list[str] | None = None
    usage: Usage | None = None

    @property
    def first(self) -> Tongue:
        return self.tongues[0]

    @property
    def at_meta(self) -> Tongue | None:
        return next((one for one in self.tongues if one.template_id), None)

    @property
    def star(self) -> dict[str, object]:
        """What the star of `_library_star.html` wants."""
        meta = self.at_meta
        return {"pk": meta and meta.template_id, "name": self.name, "on": self.is_starred}

    @property
    def rated(self) -> tuple[str, str]:
        """The worst quality of its languages: word and tone."""
        known = [one.quality for one in self.tongues if one.quality in QUALITIES]
        worst = max(known, key=list(QUALITIES).index, default="")
        return QUALITIES.get(worst, "Not rated"), QUALITY_TONES.get(worst, "")

    @property
    def moving(self) -> Tongue | None:
        return next((one for one in self.tongues if one.next_category), None)


@dataclass(frozen=True, slots=True)
class Chip:
    value: str
    label: str
    count: int
    is_on: bool
    query: str


@dataclass(frozen=True, slots=True)
class Lately:
    at: datetime
    told: Told
    language: str


@dataclass(frozen=True, slots=True)
class Library:
    """`total` is without filters. `state` says why it is empty: "unconnected", "unread", "none" or
    "unmatched"."""

    lines: list[Line]
    total: int
    found: int
    chips: Mapping[str, list[Chip]]
    starred: int
    previous: str
    following: str
    state: str
    lately: list[Lately]


def library(user: User, wish: Wish, *, now: datetime) -> Library:
    lines = _lines(wish.words)
    starred, teams = _starred(user), _teams()
    for line in lines:
        line.is_starred = line.at_meta is not None and (line.waba_id, line.name) in starred
        if line.at_meta:
            line.teams = teams.get((line.waba_id, line.name))
    fitting = [one for one in lines if _fits(one, wish)]
    fitting.sort(key=lambda one: (not one.is_starred, one.name.lower() or "\uffff", one.waba_id))
    last = max(1, -(-len(fitting) // PAGE))
    page = min(max(wish.page, 1), last)
    shown = fitting[(page - 1) * PAGE : page * PAGE]
    _add_usage(shown, user, now=now)
    return Library(
        lines=shown,
        total=len(lines),
        found=len(fitting),
        chips={name: _chips(lines, wish, name) for name in FACETS},
        starred=sum(one.is_starred for one in lines),
        previous=wish.query(page=page - 1) if page > 1 else "",
        following=wish.query(page=page + 1) if page < last else "",
        state="" if fitting else _why_empty(lines, wish),
        lately=lately(now=now),
    )


def lately(*, now: datetime) -> list[Lately]:
    """What Meta did to templates, newest first."""
    kinds = [kind.value for kind in TEMPLATE_NOTICES]
    rows = AdminNotice.objects.filter(kind__in=kinds, at__gt=now - TOLD_FOR).order_by("-pk")
    return [
        Lately(row.at, words_for(row.kind, row.data), language_name(str(row.data["language"])))
        for row in rows[:TOLD_AT_MOST]
    ]


def _why_empty(lines: Sequence[Line], wish: Wish) -> str:
    if lines or wish.is_filter():
        return "unmatched"
    wabas = Waba.objects.filter(is_gone=False)
    if not wabas.exists():
        return "unconnected"
    return "none" if wabas.filter(templates_read_at__isnull=False).exists() else "unread"


def _lines(words: str) -> list[Line]:
    """Every name that has the words in itself or in a text."""
    wabas = {row.pk: row.name or row.waba_id for row in Waba.objects.filter(is_gone=False)}
    lines: dict[object, Line] = {}
    templates = MessageTemplate.objects.filter(is_gone=False, waba__in=wabas).defer("components")
    for row in _said(templates, words).order_by("name", "language"):
        key: object = (row.waba_id, row.name)
        line = lines.setdefault(key, Line(row.waba_id, row.name, row.category))
        line.tongues.append(_tongue(row))
    for draft, own in _drafts(wabas, words):
        key = own or draft.family_id
        family = draft.family
        line = lines.setdefault(key, Line(family.waba_id, family.name, family.category))
        if not family.name and not line.known_by:
            line.known_by = _known_by(draft)
        if all(one.language != draft.language for one in line.tongues):
            line.tongues.append(_draft_tongue(draft))
    for line in lines.values():
        line.waba = wabas[line.waba_id] if len(wabas) > 1 else ""
    return list(lines.values())


def _known_by(draft: TemplateTranslation) -> str:
    """Its first words, or who began it and when."""
    text = " ".join(str((draft.written or {}).get("body", "")).split())
    if text:
        return text if len(text) <= FIRST_WORDS else f"{text[:FIRST_WORDS].rstrip()}…"
    who = draft.family.created_by
    at = timezone.localtime(draft.family.created_at)
    return f"begun {at.day} {at:%B, %H:%M}" + (f" by {who.full_name}" if who else "")


def _drafts(
    wabas: Iterable[int], words: str
) -> list[tuple[TemplateTranslation, tuple[int, str] | None]]:
    """What Meta does not have, each with the line of Meta's that it belongs to."""
    at_meta = TemplateTranslation.objects.filter(submitted_at__isnull=False)
    families = set(at_meta.values_list("family_id", flat=True))
    there = MessageTemplate.objects.filter(
        waba=OuterRef("family__waba"),
        name=OuterRef("family__name"),
        language=OuterRef("language"),
        is_gone=False,
    )
    # What Meta was given and has no more can still be given to it.
    lost = Q(written__isnull=False) & ~Q(Exists(there))
    rows = TemplateTranslation.objects.filter(
        Q(submitted_at=None) | lost, family__waba__in=wabas
    ).select_related("family__created_by")
    if words:
        told = Q(written__body__icontains=words) | Q(written__footer__icontains=words)
        rows = rows.filter(_named("family__name", words) | told)
    found = rows.order_by("family_id", "pk")
    return [
        (row, (row.family.waba_id, row.family.name) if row.family_id in families else None)
        for row in found
    ]


def _named(field: str, words: str) -> Q:
    """People write spaces where a name has underscores."""
    other = words.replace(" ", "_")
    return Q(**{f"{field}__icontains": other}) | Q(**{f"{field}__icontains": words})


def _said(rows: QuerySet[MessageTemplate], words: str) -> QuerySet[MessageTemplate]:
    """Those that have the words in their name, body or footer."""
    if not words:
        return rows
    told = rows.annotate(body=_TextOf("BODY"), footer=_TextOf("FOOTER"))
    return told.filter(
        _named("name", words) | Q(body__icontains=words) | Q(footer__icontains=words)
    )


class _TextOf(Func):
    """The text of a component as Meta has it, without JSON's signs."""

    function = "jsonb_path_query_first"
    template = "(%(function)s(%(expressions)s) #>> '{}')"
    output_field = TextField()

    def __init__(self, kind: str) -> None:
        super().__init__("components", Value(f'$[*] ? (@.type == "{kind}").text'))


def _tongue(row: MessageTemplate) -> Tongue:
    tz = timezone.get_current_timezone()
    said = say_status(row.status, reason="", paused_until=None, tz=tz)
    return Tongue(
        language=row.language,
        label=language_name(row.language),
        status=row.status,
        word=said.label,
        tone=said.tone,
        category=row.category,
        quality=row.quality or UNRATED,
        template_id=row.pk,
        paused_until=row.paused_until if row.status == "PAUSED" else None,
        next_category=row.next_category,
        category_changes_at=row.category_changes_at,
        previous_category=row.previous_category,
    )


def _draft_tongue(row: TemplateTranslation) -> Tongue:
    return Tongue(
        language=row.language,
        label=language_name(row.language),
        status=DRAFT,
        word="Draft",
        tone="",
        category=row.family.category,
        quality=UNRATED,
        translation_id=row.pk,
    )


def _starred(user: User) -> set[tuple[int, str]]:
    rows = TemplateFavourite.objects.filter(family__in=TemplateFamily.objects.of_meta(), user=user)
    return set(rows.values_list("family__waba_id", "family__name"))


def _teams() -> dict[tuple[int, str], list[str]]:
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    rows = TemplateTeam.objects.of_meta().order_by("team__name")
    for waba_id, name, team in rows.values_list("family__waba_id", "family__name", "team__name"):
        found[waba_id, name] += [team] if team else []
    return dict(found)


def of_team_alone(team: Team) -> list[tuple[str, int]]:
    """Names that nobody but WhatsApp admins might use without that team, each with a template of
    it."""
    given = TemplateTeam.objects.of_meta()
    other = given.filter(
        family__waba=OuterRef("waba"), family__name=OuterRef("name"), team__isnull=False
    ).exclude(team=team)
    mine = given.filter(family__waba=OuterRef("waba"), family__name=OuterRef("name"), team=team)
    rows = MessageTemplate.objects.filter(Exists(mine), ~Exists(other), is_gone=False)
    first = rows.order_by("waba", "name", "pk").distinct("waba", "name")
    return sorted(first.values_list("name", "pk"))


FACETS = ("category", "language", "status", "quality")


def _fits(line: Line, wish: Wish, *, but: str = "") -> bool:
    """One of its languages has everything that is asked for, `but` for one thing."""
    if wish.starred and not line.is_starred:
        return False
    return any(_is_meant(one, wish, but=but) for one in line.tongues)


def _is_meant(tongue: Tongue, wish: Wish, *, but: str = "") -> bool:
    return all(tongue.has(name, getattr(wish, name)) for name in FACETS if name != but)


def _chips(lines: Sequence[Line], wish: Wish, name: str) -> list[Chip]:
    """With how many names each would leave beside the other choices."""
    counts: dict[str, int] = defaultdict(int)
    labels: dict[str, str] = {}
    chosen = getattr(wish, name)
    for line in lines:
        if wish.starred and not line.is_starred:
            continue
        meant = [one for one in line.tongues if _is_meant(one, wish, but=name)]
        for value in {getattr(one, name) or "DRAFT" for one in meant}:
            counts[value] += 1
        labels |= {getattr(one, name) or "DRAFT": _label(one, name) for one in line.tongues}
    if chosen and chosen not in counts:
        counts[chosen] = 0
    chips = [
        Chip(
            value,
            labels.get(value, value.capitalize()),
            count,
            value == chosen,
            wish.query(**{name: "" if value == chosen else value}),
        )
        for value, count in counts.items()
    ]
    return sorted(chips, key=lambda one: (_place(name, one.value), one.label))


def _place(name: str, value: str) -> int:
    """Qualities from good to bad; the rest by their words."""
    order = [*QUALITIES, UNRATED]
    return order.index(value) if name == "quality" and value in order else 0


def _label(tongue: Tongue, name: str) -> str:
    match name:
        case "language":
            return tongue.label
        case "status":
            return tongue.word
        case "quality":
            return QUALITIES.get(tongue.quality, "Not rated")
    return tongue.category.capitalize()


def _add_usage(lines: Sequence[Line], user: User, *, now: datetime) -> None:
    ids = [one.template_id for line in lines for one in line.tongues if one.template_id]
    found = usage_of(ids, user, now=now)
    for line in lines:
        of_line = [one.template_id for one in line.tongues if one.template_id]
        if of_line:
            line.usage = sum((found.get(pk, Usage()) for pk in of_line), Usage())
