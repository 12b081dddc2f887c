"""The list to choose a template from: one line a name, with the language that suits the reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from ats.public import User, teams_of
from whatsapp.access import may_configure
from whatsapp.meta import template_text
from whatsapp.models import (
    MessageTemplate,
    TemplateFamily,
    TemplateFavourite,
    TemplateTeam,
    TemplateTranslation,
)
from whatsapp.policy.template_states import status_label
from whatsapp.selectors.template_look import language_name

CATEGORIES = {"UTILITY": "Utility", "MARKETING": "Marketing"}
FOR_CODES = "AUTHENTICATION"
# Names in the list at once; of more, the search finds the others.
SHOWN = 100


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """One language of a name; `status` says why it cannot be sent, where it cannot."""

    id: int
    label: str
    status: str
    is_sendable: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One name; `id` is of the language that choosing it takes. `search` is what words are looked
    for in."""

    id: int
    name: str
    category: str
    about: str
    search: str
    is_sendable: bool
    status: str
    is_chosen: bool
    is_favourite: bool
    languages: list[LanguageChoice]


@dataclass(frozen=True, slots=True)
class Picker:
    """`rows` are all that fit, or the first of them where `found` is more; then `search_url` looks
    for others."""

    rows: list[TemplateRow]
    total: int = 0
    found: int = 0
    # Those that there are, where there is a choice.
    categories: Sequence[tuple[str, str]] = ()
    search_url: str = ""

    @property
    def languages(self) -> list[LanguageChoice]:
        """Of the name that is chosen."""
        return next((row.languages for row in self.rows if row.is_chosen), [])


@dataclass(frozen=True, slots=True)
class _Listed:
    """What is read of every template, however many there are: not what it says."""

    id: int
    name: str
    language: str
    category: str
    status: str


def picker(
    waba_id: int | None,
    *,
    user: User,
    languages: Sequence[str],
    chosen: MessageTemplate | None,
    words: str = "",
    category: str = "",
) -> Picker:
    """What a person may choose from at a WABA: favourites first, and without what is kept for teams
    that they are not in. `languages` are those of the reader, the best first; `words` and
    `category` narrow it."""
    if waba_id is None:
        return Picker([])
    hidden, starred = _of_others(waba_id, user), _starred(waba_id, user)
    by_name: dict[str, list[_Listed]] = {}
    for row in _listed(waba_id):
        if row.name not in hidden:
            by_name.setdefault(row.name, []).append(row)
    found = [those for those in by_name.values() if _fits(those, words, category)]
    first = sorted(found, key=lambda those: _place(those, languages, starred))[:SHOWN]
    is_narrowed = bool(words or category)
    if (
        chosen is not None
        and not is_narrowed
        and all(those[0].name != chosen.name for those in first)
    ):
        first += [by_name[chosen.name]] if chosen.name in by_name else []
    why = _why_not([row for those in first for row in those], waba_id)
    rows = []
    for those in first:
        ranked = sorted(those, key=lambda row: (bool(why[row.id]), _rank(row.language, languages)))
        is_favourite = those[0].name in starred
        rows.append(_row(ranked, why, chosen=chosen, is_favourite=is_favourite))
    is_long = len(by_name) > SHOWN
    return Picker(
        # What turned out not to be sendable from here comes last; the rest keeps its order.
        sorted(rows, key=lambda row: (not row.is_favourite, not row.is_sendable)),
        total=len(by_name),
        found=len(found),
        categories=_categories(by_name.values()),
        search_url=_search_url(waba_id, languages, chosen) if is_long else "",
    )


def _listed(waba_id: int) -> list[_Listed]:
    """Without those for one-time codes: nobody has one to send from here."""
    rows = MessageTemplate.objects.listed().filter(waba_id=waba_id).exclude(category=FOR_CODES)
    return [
        _Listed(*one) for one in rows.values_list("pk", "name", "language", "category", "status")
    ]


def _fits(those: Sequence[_Listed], words: str, category: str) -> bool:
    if category and all(row.category != category for row in those):
        return False
    return not words or words.lower() in _searched(those)


def _searched(those: Sequence[_Listed]) -> str:
    """People write spaces where a name has underscores."""
    name = those[0].name
    labels = [language_name(row.language) for row in those]
    return " ".join([name, name.replace("_", " "), *labels]).lower()


def _place(
    those: Sequence[_Listed], languages: Sequence[str], starred: Collection[str]
) -> tuple[bool, bool, bool, str]:
    approved = [row for row in those if row.status == "APPROVED"]
    best = min(_rank(row.language, languages) for row in approved or those)
    # The reader's own language first, whatever the country.
    return those[0].name not in starred, not approved, best >= 2, those[0].name


def _categories(names: Iterable[Sequence[_Listed]]) -> list[tuple[str, str]]:
    there = sorted({row.category for those in names for row in those})
    found = [(key, CATEGORIES.get(key, key.capitalize())) for key in there]
    return found if len(found) > 1 else []


def _search_url(waba_id: int, languages: Sequence[str], chosen: MessageTemplate | None) -> str:
    asked: dict[str, object] = {"waba": waba_id, "language": list(languages)}
    if chosen is not None:
        asked["chosen"] = chosen.pk
    return f"{reverse('whatsapp:template_choices')}?{urlencode(asked, doseq=True)}"


def _row(
    ranked: Sequence[_Listed],
    why: dict[int, str],
    *,
    chosen: MessageTemplate | None,
    is_favourite: bool,
) -> TemplateRow:
    best = ranked[0]
    is_chosen = chosen is not None and chosen.name == best.name
    category = CATEGORIES.get(best.category, best.category.capitalize())
    more = f" and {len(ranked) - 1} more" if len(ranked) > 1 else ""
    labels = {row.id: language_name(row.language) for row in ranked}
    return TemplateRow(
        id=best.id,
        name=best.name,
        category=best.category,
        about=f"{category} · {labels[best.id]}{more}",
        search=_searched(ranked),
        is_sendable=not why[best.id],
        status=why[best.id],
        is_chosen=is_chosen,
        is_favourite=is_favourite,
        languages=[
            LanguageChoice(
                id=row.id,
                label=labels[row.id],
                status=why[row.id],
                is_sendable=not why[row.id],
                is_chosen=chosen is not None and row.id == chosen.pk,
            )
            for row in ranked
        ],
    )


def _rank(language: str, wanted: Sequence[str]) -> int:
    """Lower is better: exactly the first that is wanted, then another of that language, and so on
    through those that are wanted."""
    here = language.replace("-", "_")
    for place, one in enumerate(wanted):
        there = one.replace("-", "_")
        if here == there:
            return 2 * place
        # Not all codes have two letters: “fil” is no “fi”.
        if here.partition("_")[0] == there.partition("_")[0]:
            return 2 * place + 1
    return 2 * len(wanted)


def _why_not(rows: Sequence[_Listed], waba_id: int) -> dict[int, str]:
    """By template why it cannot be sent from here, in a word or two; empty where it can."""
    approved = [row for row in rows if row.status == "APPROVED"]
    says = MessageTemplate.objects.filter(pk__in=[row.id for row in approved])
    components = dict(says.values_list("pk", "components"))
    files = _files(waba_id, {row.name for row in approved})
    why = {row.id: status_label(row.status) for row in rows}
    for row in approved:
        # One that went meanwhile says nothing; sending finds that out.
        parts = components.get(row.id, [])
        kind = template_text.header_media(parts)
        lacks_file = kind and (row.name, row.language, kind) not in files
        odd = bool(template_text.unsupported(parts))
        why[row.id] = "Not sent from here" if odd else "Needs a file" if lacks_file else ""
    return why


def _of_others(waba_id: int, user: User) -> set[str]:
    """Names that only teams may use, and none of this person's; WhatsApp admins may use all."""
    if may_configure(user):
        return set()
    teams = TemplateTeam.objects.by_name(waba_id)
    mine = teams_of(user) if teams else frozenset()
    return {name for name, those in teams.items() if not those & mine}


def _starred(waba_id: int, user: User) -> set[str]:
    families = TemplateFamily.objects.of_meta().filter(waba=waba_id)
    rows = TemplateFavourite.objects.filter(family__in=families, user=user)
    return set(rows.values_list("family__name", flat=True))


def _files(waba_id: int, names: Collection[str]) -> set[tuple[str, str, str]]:
    rows = TemplateTranslation.objects.of_names(waba_id, names).filter(file__isnull=False)
    return set(rows.values_list("family__name", "language", "file__kind"))
