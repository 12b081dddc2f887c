"""Rows of the module: a connected company that can send, and conversations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import factory

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
    Conversation,
    Direction,
    Message,
    MessageKind,
    MessageStatus,
    MessageTemplate,
    Sender,
    Waba,
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

    phone = factory.Sequence(lambda n: f"+2547225{n:05d}")
    portfolio_id = "200000000000000"
    created_at = NOW


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
        return super()._create(model_class, *args, **kwargs)


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
            last_inbound_at=wrote_at,
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
