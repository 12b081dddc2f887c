"""The list to choose a template from: one line a name, with the language that suits the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ats.public import User, teams_of
from whatsapp.access import may_configure
from whatsapp.meta import template_text
from whatsapp.models import (
    MessageTemplate,
    TemplateFavourite,
    TemplateTeam,
    TemplateTranslation,
)
from whatsapp.selectors.template_editor import language_name

CATEGORIES = {"UTILITY": "Utility", "MARKETING": "Marketing", "AUTHENTICATION": "Authentication"}


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
    rows: list[TemplateRow]

    @property
    def categories(self) -> list[tuple[str, str]]:
        """Those that there are, where there is a choice."""
        there = {row.category for row in self.rows}
        found = [(key, CATEGORIES.get(key, key.capitalize())) for key in sorted(there)]
        return found if len(found) > 1 else []

    @property
    def languages(self) -> list[LanguageChoice]:
        """Of the name that is chosen."""
        return next((row.languages for row in self.rows if row.is_chosen), [])


def picker(
    waba_id: int | None,
    *,
    user: User,
    languages: Sequence[str],
    chosen: MessageTemplate | None,
) -> Picker:
    """What a person may choose from at a WABA: favourites first, and without what is kept for teams
    that they are not in. `languages` are those of the reader, the best first."""
    if waba_id is None:
        return Picker([])
    hidden, starred, files = _of_others(waba_id, user), _starred(waba_id, user), _files(waba_id)
    by_name: dict[str, list[MessageTemplate]] = {}
    for row in MessageTemplate.objects.listed().filter(waba_id=waba_id):
        if row.name not in hidden:
            by_name.setdefault(row.name, []).append(row)
    rows = []
    for name, those in by_name.items():
        why = {row.pk: _why_not(row, files) for row in those}
        ranked = sorted(those, key=lambda row: (bool(why[row.pk]), _rank(row.language, languages)))
        is_readers = _rank(ranked[0].language, languages) < 2
        line = _row(ranked, why, chosen=chosen, is_favourite=name in starred)
        rows.append(((not line.is_favourite, not line.is_sendable, not is_readers, name), line))
    return Picker([line for _, line in sorted(rows, key=lambda one: one[0])])


def _row(
    ranked: Sequence[MessageTemplate],
    why: dict[int, str],
    *,
    chosen: MessageTemplate | None,
    is_favourite: bool,
) -> TemplateRow:
    best = ranked[0]
    is_chosen = chosen is not None and chosen.name == best.name
    category = CATEGORIES.get(best.category, best.category.capitalize())
    more = f" and {len(ranked) - 1} more" if len(ranked) > 1 else ""
    labels = {row.pk: language_name(row.language) for row in ranked}
    return TemplateRow(
        id=best.pk,
        name=best.name,
        category=best.category,
        about=f"{category} · {labels[best.pk]}{more}",
        search=" ".join([best.name, best.name.replace("_", " "), *labels.values()]).lower(),
        is_sendable=not why[best.pk],
        status=why[best.pk],
        is_chosen=is_chosen,
        is_favourite=is_favourite,
        languages=[
            LanguageChoice(
                id=row.pk,
                label=labels[row.pk],
                status=why[row.pk],
                is_sendable=not why[row.pk],
                is_chosen=chosen is not None and row.pk == chosen.pk,
            )
            for row in ranked
        ],
    )


def _rank(language: str, wanted: Sequence[str]) -> int:
    """Lower is better: exactly the first that is wanted, then another of that language, and so on
    through those that are wanted."""
    for place, one in enumerate(wanted):
        if language.replace("-", "_") == one.replace("-", "_"):
            return 2 * place
        if language[:2] == one[:2] and language[2:3] in ("", "_"):
            return 2 * place + 1
    return 2 * len(wanted)


def _why_not(row: MessageTemplate, files: set[tuple[str, str, str]]) -> str:
    if row.status != "APPROVED":
        return row.status.replace("_", " ").capitalize()
    if template_text.unsupported(row.components):
        return "Not sent from here"
    kind = template_text.header_media(row.components)
    return "Needs a file" if kind and (row.name, row.language, kind) not in files else ""


def _of_others(waba_id: int, user: User) -> set[str]:
    """Names that some teams may use, and none of this person's; WhatsApp admins may use all."""
    if may_configure(user):
        return set()
    teams: dict[str, set[int]] = {}
    rows = TemplateTeam.objects.filter(family__waba=waba_id)
    for name, team_id in rows.values_list("family__name", "team_id"):
        teams.setdefault(name, set()).add(team_id)
    mine = teams_of(user) if teams else frozenset()
    return {name for name, those in teams.items() if not those & mine}


def _starred(waba_id: int, user: User) -> set[str]:
    rows = TemplateFavourite.objects.filter(family__waba=waba_id, user=user)
    return set(rows.values_list("family__name", flat=True))


def _files(waba_id: int) -> set[tuple[str, str, str]]:
    rows = TemplateTranslation.objects.filter(
        family__waba=waba_id, file__isnull=False, submitted_at__isnull=False
    )
    return set(rows.values_list("family__name", "language", "file__kind"))
