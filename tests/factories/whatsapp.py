"""Rows of the module: a connected company that can send, and conversations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import factory
from django.utils import timezone

from ats.models import Candidate, Company, User
from ats.tenancy import company_scope
from tests.factories.ats import (
    CandidateFactory,
    CompanyFactory,
    OwnedFactory,
    UserFactory,
    mobile_field,
)
from whatsapp.connection import vault
from whatsapp.models import (
    CompanySettings,
    Connection,
    ConnectionState,
    Consent,
    ConsentBasis,
    ConsentPurpose,
    Contact,
    ContactFact,
    Conversation,
    Direction,
    EventState,
    FactKind,
    ItemState,
    MediaFile,
    MediaKind,
    MediaState,
    Message,
    MessageKind,
    MessageStatus,
    MessageTemplate,
    Sender,
    Waba,
    WebhookEvent,
    WebhookItem,
)

NOW = datetime(2026, 11, 20, 14, 18, tzinfo=UTC)
AMINA = "+254722555014"


class ConnectionFactory(OwnedFactory):
    class Meta:
        model = Connection

    state = ConnectionState.CONNECTED
    token = factory.LazyFunction(lambda: vault.seal("EAAtoken"))
    connected_at = NOW
    synced_at = NOW


class WabaFactory(OwnedFactory):
    class Meta:
        model = Waba

    waba_id = factory.Sequence(lambda n: f"10{n:013d}")
    name = "Caravella Careers"
    portfolio_id = factory.Sequence(lambda n: f"20{n:013d}")
    connection = factory.LazyAttribute(lambda row: ConnectionFactory(company=row.company))


class SenderFactory(OwnedFactory):
    class Meta:
        model = Sender

    phone_number_id = factory.Sequence(lambda n: f"30{n:013d}")
    display_phone_number = "+254 700 555 001"
    verified_name = "Caravella Hotels Careers"
    status = "CONNECTED"
    waba = factory.LazyAttribute(lambda row: WabaFactory(company=row.company))


class MessageTemplateFactory(OwnedFactory):
    class Meta:
        model = MessageTemplate

    meta_id = factory.Sequence(lambda n: f"40{n:013d}")
    name = factory.Sequence(lambda n: f"interview_invitation_{n}")
    language = "en"
    category = "UTILITY"
    status = "APPROVED"
    components = factory.LazyFunction(
        lambda: [
            {"type": "BODY", "text": "Hello {{1}}, when would an interview suit you best?"},
            {"type": "FOOTER", "text": "Reply STOP to end"},
        ]
    )


class ContactFactory(OwnedFactory):
    class Meta:
        model = Contact
        skip_postgeneration_save = True

    """With the facts that a contact of these values follows from, known for three days."""

    phone = factory.Sequence(lambda n: f"+2547225{n:05d}")
    portfolio_id = "200000000000000"
    created_at = NOW

    @factory.post_generation
    def facts(self, create: bool, extracted: object, **kwargs: object) -> None:
        with company_scope(cast(Contact, self).company):
            _write_facts(cast(Contact, self))


def _write_facts(row: Contact) -> None:
    since = row.created_at - timedelta(days=3)
    dialled = row.phone.removeprefix("+")
    ids = {"wa_id": row.wa_id or dialled, "user_id": row.user_id}

    def write(kind: FactKind, *, at: datetime = since, **values: Any) -> None:
        ContactFact.objects.create(
            contact=row, portfolio_id=row.portfolio_id, kind=kind, at=at, **values
        )

    if dialled and dialled != row.wa_id:
        write(FactKind.DIALLED, wa_id=dialled)
    if dialled and row.wa_id and dialled != row.wa_id:
        write(FactKind.ANSWERED, wa_id=dialled, new_wa_id=row.wa_id)
    if row.wa_id or row.user_id:
        named_at = since if row.profile_name else None
        write(FactKind.SEEN, profile_name=row.profile_name, named_at=named_at, **ids)
    if row.candidate is not None:
        write(FactKind.LINKED, candidate=row.candidate, **ids)
    if row.opted_out_at is not None:
        write(FactKind.STOPPED, at=row.opted_out_at, value="stop", **ids)


class ConversationFactory(OwnedFactory):
    class Meta:
        model = Conversation

    sender = factory.LazyAttribute(lambda row: SenderFactory(company=row.company))
    contact = factory.LazyAttribute(
        lambda row: ContactFactory(company=row.company, portfolio_id=row.sender.waba.portfolio_id)
    )
    created_at = NOW
    last_message_at = NOW


class MessageFactory(OwnedFactory):
    """Ours and queued unless said otherwise."""

    class Meta:
        model = Message

    direction = Direction.OUT
    kind = MessageKind.TEXT
    status = MessageStatus.QUEUED
    text = "Hello"
    at = NOW
    created_at = NOW
    next_try_at = NOW

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs["sender"] = kwargs["conversation"].sender
        contact = kwargs["conversation"].contact
        kwargs.setdefault("wa_id", contact.wa_id or contact.phone[1:])
        kwargs.setdefault("user_id", contact.user_id)
        return super()._create(model_class, *args, **kwargs)


class WebhookEventFactory(factory.django.DjangoModelFactory[WebhookEvent]):
    """A delivery that is split already, received now unless said otherwise."""

    class Meta:
        model = WebhookEvent

    body = b"{}"
    received_at = factory.LazyFunction(timezone.now)
    next_try_at = factory.LazyAttribute(lambda row: row.received_at)
    state = EventState.SPLIT


class WebhookItemFactory(factory.django.DjangoModelFactory[WebhookItem]):
    """A parked message of a delivery of its own."""

    class Meta:
        model = WebhookItem

    event = factory.SubFactory(WebhookEventFactory)
    kind = "messages"
    key = factory.Sequence(lambda n: f"m:30:wamid.{n}")
    payload = factory.LazyFunction(lambda: {"item": {"from": AMINA[1:], "type": "text"}})
    state = ItemState.PARKED
    attempts = 9
    cause = "KeyError while applying."
    created_at = factory.LazyAttribute(lambda row: row.event.received_at)
    next_try_at = factory.LazyAttribute(lambda row: row.created_at)


class MediaFileFactory(OwnedFactory):
    """A photo of the candidate's that waits to be fetched."""

    class Meta:
        model = MediaFile

    message = factory.LazyAttribute(
        lambda row: MessageFactory(
            company=row.company,
            conversation=ConversationFactory(company=row.company),
            direction=Direction.IN,
            status=MessageStatus.RECEIVED,
            next_try_at=None,
        )
    )
    media_id = factory.Sequence(lambda n: f"50{n:013d}")
    kind = MediaKind.IMAGE
    declared_mime = "image/jpeg"
    state = MediaState.WAITING
    next_try_at = NOW
    created_at = NOW


@dataclass
class World:
    """A connected company: Alice and Bob, Amina with a number and a recorded basis, a template,
    and a conversation whose window is open."""

    company: Company
    alice: User
    bob: User
    sender: Sender
    template: MessageTemplate
    amina: Candidate
    contact: Contact
    conversation: Conversation


def make_world(
    *, now: datetime = NOW, window_open: bool = True, waba_id: str = "", phone_number_id: str = ""
) -> World:
    company = CompanyFactory(modules=["whatsapp"], name="Caravella Hotels")
    with company_scope(company):
        waba = WabaFactory(company=company, **({"waba_id": waba_id} if waba_id else {}))
        ids = {"phone_number_id": phone_number_id} if phone_number_id else {}
        sender = SenderFactory(company=company, waba=waba, **ids)
        amina = CandidateFactory(company=company, mobile=AMINA)
        CompanySettings.objects.create(recipient_field=mobile_field(company))
        Consent.objects.create(
            candidate=amina,
            purpose=ConsentPurpose.APPLICATION,
            granted=True,
            basis=ConsentBasis.CONSENT,
            source="careers page",
            at=now - timedelta(days=3),
        )
        wrote_at = now - timedelta(hours=1 if window_open else 30)
        contact = ContactFactory(
            company=company,
            portfolio_id=waba.portfolio_id,
            phone=AMINA,
            wa_id=AMINA[1:],
            candidate=amina,
        )
        return World(
            company=company,
            alice=UserFactory(company=company, full_name="Alice Ferrante"),
            bob=UserFactory(company=company, full_name="Bob Okafor"),
            sender=sender,
            template=MessageTemplateFactory(company=company, waba=waba),
            amina=amina,
            contact=contact,
            conversation=ConversationFactory(
                company=company,
                sender=sender,
                contact=contact,
                last_inbound_at=wrote_at,
                last_message_at=wrote_at,
            ),
        )
