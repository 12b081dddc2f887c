"""What a send gives for a template: places to fill, and parameters to fill them with."""

import re
from dataclasses import dataclass

from sandbox.checks import keys
from sandbox.errors import GraphError
from sandbox.records import Json

PLACE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}", re.IGNORECASE)
FORBIDDEN = re.compile(r"[\n\r\t]| {5,}")
# What a component and a parameter may have; anything else is misspelt.
COMPONENT = frozenset({"type", "parameters"})


@dataclass(slots=True)
class Part:
    """A text with places: literal, name, literal, name, …, literal."""

    pieces: list[str]
    names: list[str]

    @classmethod
    def of(cls, text: str) -> "Part":
        pieces = PLACE.split(text)
        return cls(pieces, list(dict.fromkeys(pieces[1::2])))

    def filled(self, values: dict[str, str]) -> str:
        return "".join(values.get(p, "") if i % 2 else p for i, p in enumerate(self.pieces))


def parameters(component: Json, allowed: frozenset[str] = COMPONENT) -> list[Json]:
    keys(component, allowed, "template['components']")
    given = component.get("parameters", [])
    if not isinstance(given, list) or not all(isinstance(p, dict) for p in given):
        raise GraphError(100, message="Param parameters must be an array of objects.")
    return given


def refuse_layout(value: str) -> None:
    if FORBIDDEN.search(value):
        raise GraphError(
            132018,
            "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
        )
