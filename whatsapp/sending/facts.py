"""Gathers from the database what `policy.send.may_send` decides on: the one place that does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from ats.public import Company, User, has_module, teams_of
from whatsapp.access import MODULE, may_configure, may_write
from whatsapp.countries import region_of
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

NO_CONSENT = f.ConsentFacts(legal_basis=False, marketing_opt_in=False)


@dataclass(frozen=True, slots=True)
class Shared:
    """What is the same for all messages of a company and an author at a moment."""

    connection: f.ConnectionFacts
    allowed_regions: frozenset[str]
    module_on: bool
    author_may_write: bool
    author_teams: frozenset[int] | None


def shared_facts(company: Company, author: User | None, *, by_template: bool = True) -> Shared:
    """`author` is None where no person but the system sends; their teams are asked for by templates
    alone."""
    return Shared(
        connection=_connection(),
        allowed_regions=_allowed_regions(),
        module_on=has_module(company, MODULE),
        author_may_write=author is None or may_write(author),
        # WhatsApp admins, who say which teams may use a template, may use every one.
        author_teams=teams_of(author)
        if author and by_template and not may_configure(author)
        else None,
    )


def gather(
    target: Target,
    content: f.Content,
    *,
    company: Company,
    author: User | None,
    written_at: datetime | None = None,
) -> f.SendFacts:
    """`written_at` is set for a message that comes from the outbox."""
    consents = consents_of([target.candidate.pk] if target.candidate else [])
    by_template = isinstance(content, f.TemplateContent)
    shared = shared_facts(company, author, by_template=by_template)
    return facts_about(target, content, shared, consents, written_at=written_at)


def facts_about(
    target: Target,
    content: f.Content,
    shared: Shared,
    consents: Mapping[int, f.ConsentFacts],
    *,
    written_at: datetime | None = None,
    region: str | None = None,
) -> f.SendFacts:
    """Of what has been read already, with `consents_of` and `shared_facts`. `region` of the
    target's number, where that is known."""
    candidate = target.candidate
    return f.SendFacts(
        connection=shared.connection,
        sender=_sender(target.sender),
        recipient=_recipient(
            target, is_answer=not isinstance(content, f.TemplateContent), region=region
        ),
        content=content,
        consent=consents.get(candidate.pk, NO_CONSENT) if candidate else NO_CONSENT,
        allowed_regions=shared.allowed_regions,
        written_at=written_at,
        module_on=shared.module_on,
        author_may_write=shared.author_may_write,
        author_teams=shared.author_teams,
    )


def consents_of(candidate_ids: Collection[int]) -> dict[int, f.ConsentFacts]:
    """By candidate; those who have said nothing are not in it."""
    given: dict[int, set[str]] = defaultdict(set)
    rows = Consent.objects.current_of(candidate_ids)
    for candidate_id, purpose, granted in rows.values_list("candidate_id", "purpose", "granted"):
        if granted:
            given[candidate_id].add(purpose)
    return {
        pk: f.ConsentFacts(
            legal_basis=ConsentPurpose.APPLICATION in purposes,
            marketing_opt_in=ConsentPurpose.MARKETING in purposes,
        )
        for pk, purposes in given.items()
    }


def _connection() -> f.ConnectionFacts:
    state = Connection.objects.values_list("state", flat=True).first()
    return f.ConnectionFacts(connection_state(state))


def connection_state(state: str | None) -> f.ConnectionState:
    """Of a company without a connection: None."""
    match state:
        case ConnectionState.CONNECTED:
            return "connected"
        case ConnectionState.CONNECTING:
            return "connecting"
        case ConnectionState.BROKEN:
            return "broken"
    return "none"


def _sender(sender: Sender | None) -> f.SenderFacts:
    if sender is None:
        return f.SenderFacts(status="MISSING", registered=False)
    # A number that Meta lists no more is registered no more.
    return f.SenderFacts(status=sender.status, registered=not sender.is_gone)


def _recipient(target: Target, *, is_answer: bool, region: str | None) -> f.RecipientFacts:
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
        region=region or region_of(mobile),
        number_changed=target.number_changed,
        shared_with=target.shared_with.name if target.shared_with else None,
        opted_out_at=contact.opted_out_at if contact else None,
        last_inbound_at=target.last_inbound_at,
        undeliverable_since=contact.undeliverable_since if contact else None,
        marketing_stopped_at=contact.marketing_stopped_at if contact else None,
        marketing_refused_at=contact.marketing_refused_at if contact else None,
        blocked_by_us=contact is not None and contact.blocked_at is not None,
    )


def _allowed_regions() -> frozenset[str]:
    chosen = CompanySettings.objects.values_list("allowed_countries", flat=True).first()
    return frozenset(chosen or ())
