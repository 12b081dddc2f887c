"""Gathers from the database what `policy.send.may_send` decides on: the one place that does."""

from __future__ import annotations

from datetime import datetime

import phonenumbers

from ats.public import Candidate, Company, User, has_module
from whatsapp.access import MODULE, may_write
from whatsapp.models import (
    CompanySettings,
    Connection,
    ConnectionState,
    Consent,
    ConsentPurpose,
    Sender,
)
from whatsapp.policy import facts as f
from whatsapp.sending.target import Target


def gather(
    target: Target,
    content: f.TextContent | f.TemplateContent,
    *,
    company: Company,
    author: User | None,
    written_at: datetime | None = None,
) -> f.SendFacts:
    """`author` is None where no person but the system sends; `written_at` is set for a message that
    comes from the outbox."""
    return f.SendFacts(
        connection=_connection(),
        sender=_sender(target.sender),
        recipient=_recipient(target, is_answer=isinstance(content, f.TextContent)),
        content=content,
        consent=_consent(target.candidate),
        allowed_regions=_allowed_regions(),
        written_at=written_at,
        module_on=has_module(company, MODULE),
        author_may_write=author is None or may_write(author),
    )


def _connection() -> f.ConnectionFacts:
    state = Connection.objects.values_list("state", flat=True).first()
    if state is None:
        return f.ConnectionFacts("none")
    return f.ConnectionFacts("connected" if state == ConnectionState.CONNECTED else "broken")


def _sender(sender: Sender | None) -> f.SenderFacts:
    if sender is None:
        return f.SenderFacts(status="MISSING", registered=False)
    # A number that Meta lists no more is registered no more.
    return f.SenderFacts(status=sender.status, registered=not sender.is_gone)


def _recipient(target: Target, *, is_answer: bool) -> f.RecipientFacts:
    """Whom we begin to write to needs the number of the record; whoever wrote to us can be answered
    where they wrote from."""
    contact = target.contact
    mobile, bsuid = target.mobile, None
    if contact is not None and (is_answer or target.candidate is None):
        mobile = mobile or contact.phone or None
        bsuid = contact.user_id or None
    return f.RecipientFacts(
        mobile=mobile,
        bsuid=bsuid,
        region=region_of(mobile),
        number_changed=target.number_changed,
        shared_with=target.shared_with.name if target.shared_with else None,
        opted_out_at=contact.opted_out_at if contact else None,
        last_inbound_at=target.last_inbound_at,
        undeliverable_since=contact.undeliverable_since if contact else None,
        marketing_stopped_at=contact.marketing_stopped_at if contact else None,
        blocked_by_us=contact is not None and contact.blocked_at is not None,
    )


def region_of(mobile: str | None) -> str | None:
    """ISO 3166 code of an E.164 number; None where the prefix is shared and nothing tells."""
    if not mobile:
        return None
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(mobile))
    except phonenumbers.NumberParseException:
        return None


def _consent(candidate: Candidate | None) -> f.ConsentFacts:
    if candidate is None:
        return f.ConsentFacts(legal_basis=False, marketing_opt_in=False)
    current = Consent.objects.current(candidate.pk)
    given = {purpose: row.granted for purpose, row in current.items()}
    return f.ConsentFacts(
        legal_basis=given.get(ConsentPurpose.APPLICATION, False),
        marketing_opt_in=given.get(ConsentPurpose.MARKETING, False),
    )


def _allowed_regions() -> frozenset[str]:
    chosen = CompanySettings.objects.values_list("allowed_countries", flat=True).first()
    return frozenset(chosen or ())
