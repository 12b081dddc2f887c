"""What the walk over models and URLs needs to know. A new URL argument wants one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ats.models import Company
from tests.factories import runs, whatsapp
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFactory,
    CandidateImportFactory,
    JobFactory,
    TeamFactory,
    mobile_field,
)
from tests.factories.templates import TemplateTranslationFactory
from whatsapp import events
from whatsapp.models import AuditEntry, ContactFact

# The id of nothing.
MISSING = 2**40


@dataclass(frozen=True)
class Sample:
    """Makes an object of the company and says how it stands in a URL; `missing` never exists."""

    make: Callable[[Company], int | str]
    missing: int | str = MISSING


# The name of the URL's argument → an object of Alice's company.
SAMPLES: dict[str, Sample] = {
    "candidate_id": Sample(lambda company: CandidateFactory(company=company).pk),
    "job_id": Sample(lambda company: JobFactory(company=company).pk),
    "team_id": Sample(lambda company: TeamFactory(company=company).pk),
    "application_id": Sample(lambda company: ApplicationFactory(company=company).pk),
    "import_id": Sample(lambda company: CandidateImportFactory(company=company).pk),
    "media_id": Sample(lambda company: whatsapp.MediaFileFactory(company=company).pk),
    "conversation_id": Sample(lambda company: whatsapp.ConversationFactory(company=company).pk),
    "item_id": Sample(lambda company: whatsapp.WebhookItemFactory().pk),
    "event_id": Sample(lambda company: whatsapp.WebhookEventFactory().pk),
    "template_id": Sample(lambda company: _template(company)),
    "translation_id": Sample(lambda company: _translation(company)),
    "run_id": Sample(lambda company: _run(company)),
    "sender_id": Sample(lambda company: _sender(company)),
    "message_id": Sample(lambda company: _message(company)),
    "contact_id": Sample(lambda company: whatsapp.ContactFactory(company=company).pk),
}


@dataclass(frozen=True)
class Mention:
    """An id in a query or a body; `status` is the answer where it is nobody's or another's."""

    place: str
    name: str
    make: Callable[[Company], int]
    status: int
    method: str = "get"
    body: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)


def _template(company: Company) -> int:
    sender = whatsapp.SenderFactory(company=company)
    return int(whatsapp.MessageTemplateFactory(company=company, waba=sender.waba).pk)


def _translation(company: Company) -> int:
    sender = whatsapp.SenderFactory(company=company)
    row = TemplateTranslationFactory(company=company, family__waba=sender.waba)
    return int(row.pk)


def _sender(company: Company) -> int:
    return int(whatsapp.SenderFactory(company=company).pk)


def _waba(company: Company) -> int:
    return int(whatsapp.SenderFactory(company=company).waba.pk)


def _team(company: Company) -> int:
    return int(TeamFactory(company=company).pk)


def _conversation(company: Company) -> int:
    return int(whatsapp.ConversationFactory(company=company).pk)


def _job(company: Company) -> int:
    return int(JobFactory(company=company).pk)


def _candidate(company: Company) -> int:
    return int(CandidateFactory(company=company).pk)


def _contact(company: Company) -> int:
    return int(whatsapp.ContactFactory(company=company).pk)


def _fact(company: Company) -> int:
    whatsapp.ContactFactory(company=company, candidate=CandidateFactory(company=company))
    return int(ContactFact.objects.latest("pk").pk)


def _run(company: Company) -> int:
    return int(runs.RunFactory(company=company).pk)


def _row(company: Company) -> int:
    return int(runs.RowFactory(company=company).pk)


def _audit_entry(company: Company) -> int:
    about = whatsapp.ConnectionFactory(company=company)
    events.audit(actor=None, verb="connected", about=about, now=about.connected_at)
    return int(AuditEntry.objects.latest("pk").pk)


def _message(company: Company) -> int:
    conversation = whatsapp.ConversationFactory(company=company)
    return int(whatsapp.MessageFactory(company=company, conversation=conversation).pk)


def _file(company: Company) -> int:
    file = {"state": "stored", "file": "nowhere", "next_try_at": None}
    return int(whatsapp.MediaFileFactory(company=company, **file).pk)


DRAFT = {"client_id": "b3b3c1e0-0000-4000-8000-000000000001", "body": "Hello"}
NEW_RUN = {
    "client_id": DRAFT["client_id"],
    "step": "check",
    "who": "people",
    "people": "nobody@x.example",
    "when": "now",
}
JSON = {"content_type": "application/json"}

MENTIONS = [
    Mention("whatsapp:conversation_composer", "template", _template, 404),
    Mention("whatsapp:candidate_composer", "template", _template, 404),
    Mention("whatsapp:candidate_composer", "sender", _sender, 404),
    Mention("whatsapp:conversation_send_template", "template", _template, 404, "post", DRAFT),
    Mention("whatsapp:candidate_send_template", "template", _template, 404, "post", DRAFT),
    Mention("whatsapp:candidate_send_template", "sender", _sender, 404, "post", DRAFT),
    Mention("whatsapp:candidate_send_text", "sender", _sender, 404, "post", DRAFT),
    Mention("whatsapp:chat", "conversation", _conversation, 200),
    Mention("whatsapp:link_contact", "candidate", _candidate, 404, "post"),
    Mention("whatsapp:unlink_contact", "linking", _fact, 302, "post"),
    Mention("whatsapp:matching", "before", _contact, 200),
    Mention("whatsapp:matching", "newer_than", _contact, 204),
    Mention("whatsapp:inbox_rows", "open", _conversation, 200),
    Mention("whatsapp:messages", "ids", _message, 200),
    Mention("whatsapp:messages", "before", _message, 200),
    Mention("whatsapp_api:messages", "before", _message, 200),
    Mention(
        "whatsapp_api:messages",
        "template_id",
        _template,
        400,
        "post",
        {"client_id": DRAFT["client_id"]},
        JSON,
    ),
    Mention("whatsapp:template_new", "template", _template, 404, "post", {"start": "copy"}),
    Mention("whatsapp:template_new", "template", _template, 404),
    Mention("whatsapp:template_new", "waba", _waba, 404, "post"),
    Mention("whatsapp:runs", "before", _run, 200),
    Mention("whatsapp:run_new", "of", _run, 404),
    Mention("whatsapp:run_new", "template", _template, 422, "post", NEW_RUN),
    Mention("whatsapp:run_new", "sender", _sender, 422, "post", NEW_RUN),
    Mention("whatsapp:run_new", "job", _job, 422, "post", NEW_RUN | {"who": "filter"}),
    Mention("whatsapp:run_new", "candidates", _candidate, 422, "post", NEW_RUN),
    Mention("whatsapp:run_count", "candidates", _candidate, 200, "post", {"who": "chosen"}),
    Mention("whatsapp:run_count", "job", _job, 200, "post", {"who": "filter"}),
    Mention("whatsapp:run", "after", _row, 200),
    Mention("whatsapp_api:run_rows", "after", _row, 200),
    Mention("whatsapp_api:runs", "before", _run, 200),
    Mention("whatsapp_api:runs", "template_id", _template, 400, "post", {}, JSON),
    Mention("whatsapp_api:runs", "sender_id", _sender, 400, "post", {}, JSON),
    Mention(
        "whatsapp_api:messages",
        "context_id",
        _message,
        400,
        "post",
        {"client_id": DRAFT["client_id"], "text": "Hello"},
        JSON,
    ),
    Mention(
        "whatsapp_api:messages",
        "document",
        _file,
        400,
        "post",
        {"client_id": DRAFT["client_id"]},
        JSON,
    ),
    Mention("whatsapp:template_choices", "waba", _waba, 404),
    Mention("whatsapp:template_choices", "chosen", _template, 404),
    Mention("whatsapp:template_teams", "team", _team, 302, "post"),
    Mention("whatsapp:audit_trail", "before", _audit_entry, 200),
    Mention("whatsapp:sender_add", "replaces", _sender, 404),
    Mention("whatsapp:sender_link", "job", _job, 404),
    Mention("whatsapp:sender_qr", "job", _job, 404),
    Mention("whatsapp:sender_replace", "by", _sender, 404),
    Mention(
        "whatsapp:sender_add",
        "waba",
        _waba,
        422,
        "post",
        {
            "number": "+39 06 5550 1188",
            "display_name": "Caravella Hotels",
            "friendly_name": "Rome",
        },
    ),
    Mention(
        "whatsapp:save_recipient",
        "recipient_field",
        lambda company: mobile_field(company).pk,
        422,
        "post",
    ),
]

# Models of ours that belong to no company, each with its reason.
WITHOUT_COMPANY: dict[str, str] = {
    "ats.Company": "the company itself",
    "ats.User": "ops have none; everybody else's is checked at sign-in",
    "whatsapp.WebhookEvent": "whose a delivery is, is known once it is read",
    "whatsapp.WebhookItem": "as its delivery; handlers open the scope of the company they find",
    "whatsapp.PortfolioLimit": "Meta counts by portfolio, which companies may share",
    "whatsapp.TierUse": "of the same portfolio; names people by a digest only",
    "whatsapp.TierReservation": "of the same portfolio",
    "whatsapp.RateCard": "Meta's prices, the same for all companies",
    "whatsapp.SendCheck": "what ops are told about all companies",
}

# Arguments that name no row of a company: the signed link of a password reset.
NOT_OBJECTS = {"uidb64", "token"}

# URLs of the host that anonymous people may open.
PUBLIC = {
    "healthz",
    "login",
    "password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "logout",
}
