"""A place on the map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whatsapp.meta import payloads
from whatsapp.models import Message, MessageKind, Sender
from whatsapp.policy.facts import FreeContent
from whatsapp.sending.content.draft import Draft, FreeKind


@dataclass(frozen=True, slots=True)
class LocationDraft(Draft):
    """Degrees north and east."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    context_wamid: str = ""

    kind = MessageKind.LOCATION

    def facts(self, sender: Sender | None, *, now: datetime) -> FreeContent:
        return FreeContent(self.kind, tuple(self._problems()))

    def text(self) -> str:
        return ", ".join(filter(None, (self.name, self.address)))

    def content(self) -> dict[str, Any]:
        place = {"latitude": self.latitude, "longitude": self.longitude}
        named = {"name": self.name, "address": self.address}
        return {"type": self.kind, self.kind: place | {k: v for k, v in named.items() if v}}

    def _problems(self) -> Iterator[str]:
        if not -90 <= self.latitude <= 90:
            yield f"The latitude is {self.latitude:g}, which is on no map: give −90 to 90 degrees."
        if not -180 <= self.longitude <= 180:
            yield f"The longitude is {self.longitude:g}, which is on no map: give −180 to 180."


class LocationKind(FreeKind):
    def draft_of(self, message: Message) -> LocationDraft:
        return LocationDraft(
            **message.content[MessageKind.LOCATION], context_wamid=message.context_wamid
        )

    def inner(self, message: Message) -> dict[str, Any]:
        draft = self.draft_of(message)
        return payloads.location(
            draft.latitude, draft.longitude, name=draft.name, address=draft.address
        )
