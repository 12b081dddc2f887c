"""A message on its way out, from the claim to Meta's answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from whatsapp.models import BulkRun, Connection, Message, Sender


@dataclass(slots=True, eq=False)
class Outgoing:
    """`claim` is the name of the claim that it is held by: nobody else may move it meanwhile.

    `message` is set where the content has to be made ready at Meta first (a file to upload); then
    `payload` comes after that.
    """

    message_id: int
    company_id: int
    conversation_id: int
    contact_id: int
    sender: Sender
    connection: Connection
    dialled: str
    attempt: int
    claim: datetime
    payload: dict[str, Any]
    callback_id: uuid.UUID
    run: BulkRun | None = None
    message: Message | None = None
    # Its moment, and when it was handed over and left: by `time.monotonic`.
    due: float = field(default=0.0)
    # The pace's name for the moment, and the soonest that it can have been meant for.
    moment: str = field(default="")
    meant: float = field(default=0.0)
    handed_over: float = field(default=0.0)
    left: float = field(default=0.0)

    def __lt__(self, other: Outgoing) -> bool:
        return self.due < other.due

    @property
    def portfolio_id(self) -> str:
        return self.sender.waba.portfolio_id
