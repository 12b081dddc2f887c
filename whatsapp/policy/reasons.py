"""Why a message may not go: codes with parameters. Their sentences are in sentences.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ReasonCode(StrEnum):
    """Every reason; the order is the one in which they are given."""

    MODULE_OFF = "module_off"
    AUTHOR_MAY_NOT_WRITE = "author_may_not_write"
    NOT_CONNECTED = "not_connected"
    CONNECTION_BROKEN = "connection_broken"
    SENDER_NOT_REGISTERED = "sender_not_registered"
    SENDER_NOT_CONNECTED = "sender_not_connected"
    NO_NUMBER = "no_number"
    NUMBER_SHARED = "number_shared"
    NUMBER_CHANGED = "number_changed"
    BLOCKED_BY_US = "blocked_by_us"
    OPTED_OUT = "opted_out"
    NOT_ON_WHATSAPP = "not_on_whatsapp"
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    COUNTRY_UNKNOWN = "country_unknown"
    WINDOW_CLOSED = "window_closed"
    TEXT_EMPTY = "text_empty"
    TEXT_TOO_LONG = "text_too_long"
    WAITED_TOO_LONG = "waited_too_long"
    DRAFT_CHANGED = "draft_changed"
    TEMPLATE_OF_OTHER_SENDER = "template_of_other_sender"
    TEMPLATE_PENDING = "template_pending"
    TEMPLATE_REJECTED = "template_rejected"
    TEMPLATE_PAUSED = "template_paused"
    TEMPLATE_DISABLED = "template_disabled"
    TEMPLATE_IN_APPEAL = "template_in_appeal"
    TEMPLATE_DELETED = "template_deleted"
    TEMPLATE_OVER_CAP = "template_over_cap"
    TEMPLATE_ARCHIVED = "template_archived"
    TEMPLATE_STATUS_UNKNOWN = "template_status_unknown"
    MISSING_VALUES = "missing_values"
    BAD_VALUES = "bad_values"
    TEMPLATE_CATEGORY_UNKNOWN = "template_category_unknown"
    NO_MARKETING_OPT_IN = "no_marketing_opt_in"
    MARKETING_STOPPED = "marketing_stopped"
    NO_MARKETING_TO_COUNTRY = "no_marketing_to_country"
    NO_LEGAL_BASIS = "no_legal_basis"


@dataclass(frozen=True)
class Reason:
    """One reason and what its sentence needs."""

    code: ReasonCode
    params: Mapping[str, object] = field(default_factory=dict, hash=False)
