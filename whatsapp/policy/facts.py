"""What a decision about a message needs to know, as plain values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ConnectionState = Literal["connected", "connecting", "broken", "none"]


@dataclass(frozen=True)
class ConnectionFacts:
    """The company's link to Meta; "broken" once Meta has refused the token or the permission,
    "connecting" until an event of Meta's has come through after a login."""

    state: ConnectionState


@dataclass(frozen=True)
class SenderFacts:
    """The business phone number; `status` in Meta's words, an open-ended list."""

    status: str
    registered: bool


@dataclass(frozen=True)
class RecipientFacts:
    """The person written to."""

    mobile: str | None  # validated, E.164; for an answer, the number that they wrote from
    bsuid: str | None = None
    region: str | None = None  # ISO 3166 alpha-2, of the mobile number
    opted_out_at: datetime | None = None  # when the stopping message was written
    last_inbound_at: datetime | None = None
    undeliverable_since: datetime | None = None  # Meta said 131026
    number_changed: bool = False  # the record has another number than this conversation
    shared_with: str | None = None  # the other candidate whose conversation this number has
    blocked_by_us: bool = False
    marketing_stopped_at: datetime | None = None  # with WhatsApp's own switch
    marketing_refused_at: datetime | None = None  # WhatsApp last held marketing back: 131049


@dataclass(frozen=True)
class TextContent:
    """Free-form text, by its length in characters."""

    length: int


@dataclass(frozen=True)
class FreeContent:
    """Any other free-form content: media, a place, contacts, buttons, a reaction.

    `kind` is Meta's word for it; `problems` are sentences about what Meta would refuse in it.
    """

    kind: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class TemplateContent:
    """A template, as last read from Meta, and what is still to be filled in."""

    name: str
    language: str
    category: str
    status: str
    missing_values: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()  # parts that cannot be sent from here, in words
    needs_file: str = ""  # the kind of file that its header wants and does not have
    # Who may use it: None is everybody, and empty nobody, as their teams are deleted.
    teams: frozenset[int] | None = None
    is_changed: bool = False  # it reads otherwise than when this message was written
    of_sender: bool = True  # it belongs to the WhatsApp account of the sending number
    value_problems: tuple[str, ...] = ()  # sentences: what Meta would refuse in the values given
    paused_until: datetime | None = None


Content = TextContent | FreeContent | TemplateContent


@dataclass(frozen=True)
class ConsentFacts:
    """Why we may write: evidence is stored for both."""

    legal_basis: bool  # for messages about an application
    marketing_opt_in: bool


@dataclass(frozen=True)
class SendFacts:
    """Everything that may_send() looks at, besides the time."""

    connection: ConnectionFacts
    sender: SenderFacts
    recipient: RecipientFacts
    content: Content
    consent: ConsentFacts
    allowed_regions: frozenset[str] = frozenset()  # empty: worldwide
    written_at: datetime | None = None  # of a message that has been waiting in the outbox
    module_on: bool = True
    author_may_write: bool = True
    # Of the person who sends; None where no person does.
    author_teams: frozenset[int] | None = None
