"""An inbound message before it is one: who sends what to whom, and what became of it."""

from dataclasses import dataclass
from typing import Any

from sandbox.records import Business, Json, Number, Phone


@dataclass(slots=True)
class Draft:
    """What a person is about to send, with everything that was given for it."""

    phone: Phone
    business: Business
    number: Number
    kind: str
    given: Json
    at: float
    again: bool = False  # told once more under the same wamid

    @property
    def content(self) -> Any:
        return self.given.get(self.kind)

    def of(self, name: str) -> Any:
        """From the kind's own object, or beside it."""
        own = self.content
        if isinstance(own, dict) and name in own:
            return own[name]
        return self.given.get(name)


@dataclass(slots=True)
class Built:
    """The message's own object, and what stands beside it in the message."""

    content: Any
    beside: Json
