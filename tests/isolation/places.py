"""Every address of the project, as the resolver knows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Place:
    name: str
    arguments: tuple[str, ...]


def _places(patterns: list[Any], namespace: str = "") -> Iterator[Place]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from _places(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            assert pattern.name, f"The URL {pattern.pattern} has no name, so nothing can check it."
            arguments = tuple(pattern.pattern.regex.groupindex)
            yield Place(f"{namespace}{pattern.name}", arguments)


def _is_whatsapps(place: Place) -> bool:
    return place.name.startswith(("whatsapp", "health_of_")) or place.name == "health"


PLACES = list(_places(get_resolver().url_patterns))
OF_WHATSAPP = [place for place in PLACES if _is_whatsapps(place)]
OF_THE_HOST = [place for place in PLACES if not _is_whatsapps(place)]
