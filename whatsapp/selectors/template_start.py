"""The page on which a new template starts: our library in one language, and the company's own."""

from __future__ import annotations

from dataclasses import dataclass

from whatsapp.message_templates.starters import LANGUAGES, Starter, starters
from whatsapp.meta.template_text import unsupported
from whatsapp.models import MessageTemplate, Waba
from whatsapp.selectors.template_look import Look, language_name, look_of


@dataclass(frozen=True, slots=True)
class StarterCard:
    starter: Starter
    look: Look


@dataclass(frozen=True, slots=True)
class StartView:
    """`copies` has one template of each name, under the words that tell it apart, without those
    that cannot be written here."""

    shown: str
    cards: list[StarterCard]
    languages: list[tuple[str, str]]
    copies: list[tuple[int, str]]
    wabas: list[Waba]


def start_view(*, shown: str, own_language: str, first_copy: int | None = None) -> StartView:
    """`shown` is the language of the previews: the first of the library where it has not that;
    `first_copy` a template that stands for its name among the copies."""
    shown = shown if shown in LANGUAGES else LANGUAGES[0]
    codes = dict.fromkeys([*LANGUAGES, own_language])
    return StartView(
        shown=shown,
        cards=[StarterCard(one, look_of(one.written(shown))) for one in starters()],
        languages=[(code, language_name(code)) for code in codes],
        copies=_copies(first_copy),
        wabas=list(Waba.objects.filter(is_gone=False).order_by("pk")),
    )


def _copies(first: int | None) -> list[tuple[int, str]]:
    found: dict[tuple[int, str], MessageTemplate] = {}
    odd: set[tuple[int, str]] = set()
    for row in sorted(MessageTemplate.objects.listed(), key=lambda row: row.pk != first):
        name = (row.waba_id, row.name)
        found.setdefault(name, row)
        if unsupported(row.components):
            odd.add(name)
    rows = sorted((found[name] for name in found.keys() - odd), key=lambda row: (row.name, row.pk))
    return [(row.pk, row.name) for row in rows]
