"""One file an aggregate: fields, constraints, choices, querysets. This page only re-exports."""

from whatsapp.models.attempt import (
    AttemptOutcome,
    HoldScope,
    SendAttempt,
    SendCheck,
    SendHold,
)
from whatsapp.models.call import Call, CallOutcome, CallState
from whatsapp.models.connection import (
    LOGGED_IN,
    ConnectAttempt,
    Connection,
    ConnectionState,
    LoginOutcome,
    Waba,
)
from whatsapp.models.consent import Consent, ConsentBasis, ConsentPurpose
from whatsapp.models.contact import Contact, ContactFact, FactKind
from whatsapp.models.conversation import Conversation
from whatsapp.models.journal import AuditEntry, LiveEvent
from whatsapp.models.media import MediaFile, MediaKind, MediaState
from whatsapp.models.message import (
    ChangeKind,
    Direction,
    Message,
    MessageChange,
    MessageKind,
    MessageStatus,
    StatusEvent,
)
from whatsapp.models.message_template import MessageTemplate
from whatsapp.models.notice import AdminNotice, NoticeProblem
from whatsapp.models.rate_card import RateCard
from whatsapp.models.run import BulkRun, RowState, RunRecipient, RunState
from whatsapp.models.sender import Sender, SenderLink
from whatsapp.models.settings import CompanySettings
from whatsapp.models.template_draft import (
    TemplateFamily,
    TemplateFavourite,
    TemplateFile,
    TemplateTeam,
    TemplateTranslation,
    TemplateUpload,
)
from whatsapp.models.tier import PortfolioLimit, TierReservation, TierUse
from whatsapp.models.webhook import EventState, ItemState, WebhookEvent, WebhookItem

__all__ = [
    "LOGGED_IN",
    "AdminNotice",
    "AttemptOutcome",
    "AuditEntry",
    "BulkRun",
    "Call",
    "CallOutcome",
    "CallState",
    "ChangeKind",
    "CompanySettings",
    "ConnectAttempt",
    "Connection",
    "ConnectionState",
    "Consent",
    "ConsentBasis",
    "ConsentPurpose",
    "Contact",
    "ContactFact",
    "Conversation",
    "Direction",
    "EventState",
    "FactKind",
    "HoldScope",
    "ItemState",
    "LiveEvent",
    "LoginOutcome",
    "MediaFile",
    "MediaKind",
    "MediaState",
    "Message",
    "MessageChange",
    "MessageKind",
    "MessageStatus",
    "MessageTemplate",
    "NoticeProblem",
    "PortfolioLimit",
    "RateCard",
    "RowState",
    "RunRecipient",
    "RunState",
    "SendAttempt",
    "SendCheck",
    "SendHold",
    "Sender",
    "SenderLink",
    "StatusEvent",
    "TemplateFamily",
    "TemplateFavourite",
    "TemplateFile",
    "TemplateTeam",
    "TemplateTranslation",
    "TemplateUpload",
    "TierReservation",
    "TierUse",
    "Waba",
    "WebhookEvent",
    "WebhookItem",
]
