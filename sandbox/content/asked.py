"""A message of a company before it is one: what was posted, by whom, to whom, and what it says."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.records import Business, Json, Number, Phone, Template

if TYPE_CHECKING:
    from sandbox.core import Sandbox


@dataclass(slots=True)
class Asked:
    """One POST to /messages, after its envelope was read."""

    sb: "Sandbox"
    business: Business
    number: Number
    payload: Json
    phone: Phone | None
    to: str  # E.164
    by_user_id: bool
    now: float


@dataclass(slots=True)
class Content:
    """What is kept of a message: for the phone, the statuses and the control API."""

    content: Any  # an object; for contacts a list
    category: str = "service"
    template: Template | None = None
