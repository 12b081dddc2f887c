"""What the sandbox remembers, one class a thing, each able to become a journal line and back."""

from dataclasses import asdict, dataclass, field
from operator import attrgetter
from typing import Any, Self

from sandbox import ids

Json = dict[str, Any]


@dataclass(slots=True)
class Number:
    id: str
    display_phone_number: str
    verified_name: str
    registered: bool = True
    status: str = "CONNECTED"
    quality_rating: str = "GREEN"
    code_verification_status: str = "VERIFIED"
    name_status: str = "APPROVED"
    throughput: str = "STANDARD"
    pin: str = ""
    onboarded_at: float = 0.0
    registrations: list[float] = field(default_factory=list)
    username: str = ""
    official: bool = False
    profile: Json = field(default_factory=dict)
    picture: str = ""  # a media id
    new_display_name: str = ""  # asked for, and not in force yet
    new_name_status: str = "NONE"
    code: str = ""  # the one that was sent last, until it is used or given up
    code_at: float = 0.0
    code_tries: int = 0
    codes: list[float] = field(default_factory=list)  # when codes were asked for
    verified_at: float = 0.0  # by a code; 0 is verified by Meta itself
    pin_tries: list[float] = field(default_factory=list)  # wrong ones

    @property
    def digits(self) -> str:
        return "".join(c for c in self.display_phone_number if c.isdigit())


@dataclass(slots=True)
class Outside:
    """What is true of a number in the world, whether or not a WABA here has it."""

    number: str  # digits
    on_app: bool = False  # a person or a shop uses it in the WhatsApp or WhatsApp Business app
    elsewhere: bool = False  # it is at a WABA that the sandbox does not know
    verified: bool = False  # Meta knows who owns it: no code is needed
    deleted_at: float = 0.0

    def record(self) -> Json:
        return asdict(self)

    @classmethod
    def of(cls, data: Json) -> Self:
        return cls(**data)


@dataclass(slots=True)
class Template:
    id: str
    name: str
    language: str
    category: str
    status: str
    components: list[Json]
    parameter_format: str = "POSITIONAL"
    updated_at: float = 0.0
    quality: str = "UNKNOWN"
    previous_category: str = ""
    correct_category: str = ""
    rejected_reason: str = "NONE"
    held: bool = False  # sends wait until Meta has judged the template's quality
    ttl: int | None = None  # seconds that a message may wait for its delivery
    link_tracking_opted_out: bool = False
    special: bool = False  # a place with #, $ or % inside, which review refuses
    review_at: float = 0.0  # when Meta decides; 0 if no review is due, or a person decides
    was_approved: bool = False  # ever, so its name stays taken for a while once it is deleted
    edited: bool = False  # the review that is under way is of an edit
    edits: list[float] = field(default_factory=list)  # of the approved template
    pauses: int = 0
    paused_until: float = 0.0  # 0: paused by pacing or by hand, and nothing ends it by itself
    category_at: float = 0.0  # when an announced category comes into force
    deleted_at: float = 0.0
    violates: bool = False  # sends are refused for what the template says


@dataclass(slots=True)
class Business:
    """A WABA (messaging account) and the portfolio that owns it: mostly one of its own."""

    id: str
    name: str
    waba_id: str
    waba_name: str
    verified: bool = False
    tier: str = "TIER_250"
    created_at: float = 0.0
    subscribed: bool = False
    override_url: str = ""
    review: str = "APPROVED"
    banned: bool = False
    restrictions: list[Json] = field(default_factory=list)  # as ACCOUNT_RESTRICTION gave them
    portfolio: str = ""  # the id of a shared one
    names_left: Json = field(default_factory=dict)  # name -> language -> when it was deleted
    submissions: list[float] = field(default_factory=list)  # of the last hour
    numbers: dict[str, Number] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)

    @property
    def portfolio_id(self) -> str:
        return self.portfolio or self.id

    def record(self) -> Json:
        return asdict(self)

    @classmethod
    def of(cls, data: Json) -> Self:
        numbers = {k: Number(**v) for k, v in data.pop("numbers").items()}
        templates = {k: Template(**v) for k, v in data.pop("templates").items()}
        return cls(**data, numbers=numbers, templates=templates)

    def template(self, name: str, language: str) -> Template | None:
        for found in self.templates.values():
            if found.name == name and found.language == language:
                return found
        return None


@dataclass(slots=True)
class Token:
    access_token: str
    business_id: str
    waba_ids: list[str]
    issued_at: float
    expires_at: float = 0.0
    hidden_numbers: list[str] = field(default_factory=list)
    revoked: bool = False
    scopes: list[str] | None = None  # None: all that the login asks for

    def record(self) -> Json:
        return asdict(self)

    @classmethod
    def of(cls, data: Json) -> Self:
        return cls(**data)


@dataclass(slots=True)
class Code:
    code: str
    redirect_uri: str
    business_id: str
    hidden_numbers: list[str]
    issued_at: float
    used: bool = False
    other_ids: list[str] = field(default_factory=list)  # shared as well, of the same portfolio

    def record(self) -> Json:
        return asdict(self)

    @classmethod
    def of(cls, data: Json) -> Self:
        return cls(**data)


@dataclass(slots=True)
class Phone:
    """A candidate's phone with WhatsApp on it; `number` is E.164."""

    number: str
    name: str
    on: bool = True
    read_receipts: bool = True
    blocked: bool = False
    wa_id: str = ""
    username: str = ""
    hides_number: bool = False
    stopped: list[str] = field(default_factory=list)  # businesses whose marketing is unwanted
    turn: int = 0  # how many people left the number before this one took it

    def __post_init__(self) -> None:
        self.wa_id = self.wa_id or self.number.lstrip("+")

    def user_id(self, business: Business) -> str:
        """A BSUID is of the pair of person and portfolio."""
        return ids.user_id(self.number, business.portfolio_id, self.turn)

    def record(self) -> Json:
        return asdict(self)

    @classmethod
    def of(cls, data: Json) -> Self:
        return cls(**data)


@dataclass(slots=True)
class Left:
    """A number that people left by changing theirs, and how many did."""

    number: str
    times: int = 0

    def record(self) -> Json:
        return asdict(self)

    @classmethod
    def of(cls, data: Json) -> Self:
        return cls(**data)


@dataclass(slots=True)
class Message:
    wamid: str
    outbound: bool
    phone_id: str
    number: str
    type: str
    content: Any  # an object; for contacts a list
    status: str
    at: float
    callback: str | None = None
    context: str = ""
    category: str = "service"
    initiated: bool = False
    seen: bool = False
    dropped: bool = False
    error: int = 0
    chosen: str = ""
    by_user_id: bool = False
    reaction: str = ""  # the person's own, on this message
    edited: bool = False
    revoked: bool = False
    company_reaction: str = ""  # on this message

    def record(self) -> list[Any]:
        return list(_message_fields(self))

    @classmethod
    def of(cls, data: list[Any]) -> Self:
        return cls(*data)


@dataclass(slots=True)
class Media:
    """A file at Meta; its bytes lie in the state directory under its id."""

    id: str
    waba_id: str
    phone_id: str
    mime_type: str
    sha256: str  # hex
    size: int
    at: float
    filename: str = ""
    inbound: bool = True
    corrupt: bool = False

    def record(self) -> Json:
        return asdict(self)

    @classmethod
    def of(cls, data: Json) -> Self:
        return cls(**data)


@dataclass(slots=True)
class Update:
    """One thing to tell the product: a message, a status, a field, or a whole body as given."""

    id: int
    waba_id: str
    phone_id: str
    kind: str
    body: Json
    contact: Json | None
    number: str
    label: str
    wamid: str

    def record(self) -> list[Any]:
        return list(_update_fields(self))

    @classmethod
    def of(cls, data: list[Any]) -> Self:
        return cls(*data)


@dataclass(slots=True)
class Delivery:
    """Updates that go in one POST, again and again until it is answered 200."""

    id: int
    updates: list[int]
    first_at: float
    next_at: float
    attempts: int = 0
    override_url: str = ""

    def record(self) -> list[Any]:
        return list(_delivery_fields(self))

    @classmethod
    def of(cls, data: list[Any]) -> Self:
        return cls(*data)


_message_fields = attrgetter(*Message.__slots__)
_update_fields = attrgetter(*Update.__slots__)
_delivery_fields = attrgetter(*Delivery.__slots__)
