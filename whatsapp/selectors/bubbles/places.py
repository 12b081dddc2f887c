"""A location: its name and address, and the way to a map elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from whatsapp.meta.reading import as_mapping, as_text
from whatsapp.models import Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind

# Google, "Maps URLs": opens the app or the page, without a key.
MAP = "https://www.google.com/maps/search/?api=1&query="


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    address: str
    coordinates: str
    map_url: str


def draw(message: Message, facts: Facts) -> Drawn:
    about = as_mapping(message.content.get("location"))
    latitude, longitude = _degrees(about.get("latitude")), _degrees(about.get("longitude"))
    has_point = bool(latitude and longitude)
    place = Place(
        name=as_text(about.get("name")),
        address=as_text(about.get("address")),
        coordinates=f"{latitude}, {longitude}" if has_point else "",
        map_url=f"{MAP}{quote(f'{latitude},{longitude}')}" if has_point else "",
    )
    return Drawn(partial="_message_location.html", body=place)


def _degrees(value: object) -> str:
    """As Meta gave it, to about ten centimetres."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) <= 180 else ""


def excerpt(message: Message) -> str:
    return f"Location: {message.text}" if message.text else "Location"


LOCATION = Kind(draw, excerpt)
