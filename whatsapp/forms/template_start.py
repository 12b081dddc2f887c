"""What a new template starts from, as it is chosen on its page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from whatsapp.ids import whole_number
from whatsapp.message_templates.starters import LANGUAGES, Starter, starters

EMPTY, COPY = "empty", "copy"


@dataclass(frozen=True, slots=True)
class Start:
    """`template` and `waba` are ids that nobody has looked up, 0 for what is no id; `problem` is a
    sentence; `shows` the language of the previews that somebody asked for instead."""

    choice: str
    starter: Starter | None
    languages: tuple[str, ...]
    template: int | None
    waba: int | None
    problem: str
    shows: str = ""


def read_start(data: QueryDict, *, own_language: str, known: frozenset[str]) -> Start:
    """`own_language` is what stands where nothing is said; `known` are Meta's languages."""
    choice = data.get("start", EMPTY)
    starter = next((one for one in starters() if one.name == choice), None)
    ticked = set(data.getlist("languages")) & (known if choice == EMPTY else set(LANGUAGES))
    order = [own_language, *LANGUAGES, *sorted(ticked)]
    languages = tuple(code for code in dict.fromkeys(order) if code in ticked)
    problem = ""
    if choice == COPY and not data.get("template"):
        problem = "Choose the template that the new one starts from."
    elif starter is None and choice not in (EMPTY, COPY):
        problem = "Choose what the new template starts from."
    elif not languages and choice != COPY and "languages_shown" in data:
        problem = "Choose at least one language. You can add others later."
    return Start(
        choice=choice,
        starter=starter,
        languages=languages or (own_language if starter is None else LANGUAGES[0],),
        template=_id(data, "template"),
        waba=_id(data, "waba"),
        problem=problem,
        shows=data.get("show", ""),
    )


def _id(data: QueryDict, name: str) -> int | None:
    given = data.get(name, "")
    return (whole_number(given) or 0) if given else None
