"""May this message go to this person now? The composer, the API and the worker all ask here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from whatsapp import figures
from whatsapp.policy.decision import Allowed, Decision, Refused, Wait
from whatsapp.policy.facts import (
    ConsentFacts,
    Content,
    RecipientFacts,
    SendFacts,
    TemplateContent,
    TextContent,
)
from whatsapp.policy.reasons import Reason, ReasonCode

BSUID_COUNTRY = re.compile(r"([A-Z]{2})\.")
# Ours, not Meta's: how long a message may wait for a broken connection or for Meta to be back.
LONGEST_WAIT = timedelta(hours=24)
# Meta's template statuses; what is not listed cannot be sent.
REASON_OF_STATUS = {
    "PENDING": ReasonCode.TEMPLATE_PENDING,
    "REJECTED": ReasonCode.TEMPLATE_REJECTED,
    "PAUSED": ReasonCode.TEMPLATE_PAUSED,
    "DISABLED": ReasonCode.TEMPLATE_DISABLED,
    "IN_APPEAL": ReasonCode.TEMPLATE_IN_APPEAL,
    "PENDING_DELETION": ReasonCode.TEMPLATE_DELETED,
    "DELETED": ReasonCode.TEMPLATE_DELETED,
    "LIMIT_EXCEEDED": ReasonCode.TEMPLATE_OVER_CAP,
    "ARCHIVED": ReasonCode.TEMPLATE_ARCHIVED,
}


@dataclass(frozen=True)
class WindowState:
    """The customer service window; `closes_at` is None before any message."""

    open: bool
    closes_at: datetime | None
    seconds_left: int


def window(last_inbound_at: datetime | None, now: datetime) -> WindowState:
    """Whether the person's last message still lets us write freely, and for how long."""
    if last_inbound_at is None:
        return WindowState(open=False, closes_at=None, seconds_left=0)
    closes_at = last_inbound_at + figures.at(now).messaging.customer_service_window
    left = closes_at - now
    return WindowState(
        open=left > timedelta(0),
        closes_at=closes_at,
        seconds_left=max(0, int(left.total_seconds())),
    )


def may_send(facts: SendFacts, *, now: datetime) -> Decision:
    """Allowed, or every reason why not; Wait where time alone will mend it."""
    if now.tzinfo is None:
        raise ValueError("may_send() needs a time with a time zone, got one without")
    state = window(facts.recipient.last_inbound_at, now)
    reasons = (
        *_about_us(facts),
        *_about_recipient(facts, state),
        *_about_waiting(facts.written_at, now),
        *_about_content(facts.content, state, now),
        *_about_team(facts),
        *_about_consent(facts.content, facts.consent, facts.recipient, state, now),
    )
    if not reasons:
        return Allowed()
    until = _mended_at(reasons)
    return Wait(until, reasons) if until else Refused(reasons)


def _mended_at(reasons: tuple[Reason, ...]) -> datetime | None:
    """When a pause that ends by itself is the only thing in the way."""
    if len(reasons) == 1 and reasons[0].code is ReasonCode.TEMPLATE_PAUSED:
        until = reasons[0].params.get("until")
        return until if isinstance(until, datetime) else None
    return None


def _about_us(facts: SendFacts) -> Iterator[Reason]:
    if not facts.module_on:
        yield Reason(ReasonCode.MODULE_OFF)
    if not facts.author_may_write:
        yield Reason(ReasonCode.AUTHOR_MAY_NOT_WRITE)
    if facts.connection.state == "broken":
        yield Reason(ReasonCode.CONNECTION_BROKEN)
    elif facts.connection.state == "connecting":
        yield Reason(ReasonCode.CONNECTING)
    elif facts.connection.state != "connected":
        yield Reason(ReasonCode.NOT_CONNECTED)
    if not facts.sender.registered:
        yield Reason(ReasonCode.SENDER_NOT_REGISTERED)
    if facts.sender.status != "CONNECTED":
        yield Reason(ReasonCode.SENDER_NOT_CONNECTED, {"status": facts.sender.status})


def _about_recipient(facts: SendFacts, state: WindowState) -> Iterator[Reason]:
    person = facts.recipient
    by_template = isinstance(facts.content, TemplateContent)
    if not person.mobile and not person.bsuid:
        yield Reason(ReasonCode.NO_NUMBER)
    if person.shared_with is not None:
        yield Reason(ReasonCode.NUMBER_SHARED, {"name": person.shared_with})
    if by_template and person.number_changed:
        yield Reason(ReasonCode.NUMBER_CHANGED)
    if person.blocked_by_us:
        yield Reason(ReasonCode.BLOCKED_BY_US)
    # Writing to us again reopens the conversation, but only a new opt-in reopens templates.
    if person.opted_out_at and (by_template or not _wrote_after(person, person.opted_out_at)):
        yield Reason(ReasonCode.OPTED_OUT, {"since": person.opted_out_at})
    if (
        by_template
        and person.undeliverable_since
        and not _wrote_after(person, person.undeliverable_since)
    ):
        yield Reason(ReasonCode.NOT_ON_WHATSAPP, {"since": person.undeliverable_since})
    # The list of countries is about whom we begin to write to, so answers are exempt.
    if facts.allowed_regions and not state.open and (person.mobile or person.bsuid):
        region = region_of(person)
        if region is None:
            yield Reason(ReasonCode.COUNTRY_UNKNOWN)
        elif region not in facts.allowed_regions:
            yield Reason(ReasonCode.COUNTRY_NOT_ALLOWED, {"region": region})


def _wrote_after(person: RecipientFacts, moment: datetime) -> bool:
    return person.last_inbound_at is not None and person.last_inbound_at > moment


def region_of(person: RecipientFacts) -> str | None:
    """The recipient's country: the number's, or the one that a BSUID begins with."""
    if person.region:
        return person.region
    match = BSUID_COUNTRY.match(person.bsuid or "")
    return match[1] if match and not person.mobile else None


def _about_waiting(written_at: datetime | None, now: datetime) -> Iterator[Reason]:
    """A message that could not leave for so long may say what is not true any more."""
    if written_at is not None and now - written_at > LONGEST_WAIT:
        yield Reason(ReasonCode.WAITED_TOO_LONG, {"hours": int(LONGEST_WAIT / timedelta(hours=1))})


def _about_content(content: Content, state: WindowState, now: datetime) -> Iterator[Reason]:
    if not isinstance(content, TemplateContent):
        if not state.open:
            yield Reason(ReasonCode.WINDOW_CLOSED, {"closed_at": state.closes_at})
        if not isinstance(content, TextContent):
            if content.problems:
                yield Reason(ReasonCode.BAD_CONTENT, {"problems": " ".join(content.problems)})
            return
        most = figures.at(now).content.text_body
        if content.length < 1:
            yield Reason(ReasonCode.TEXT_EMPTY)
        if content.length > most:
            yield Reason(ReasonCode.TEXT_TOO_LONG, {"length": content.length, "most": most})
        return
    if not content.of_sender:
        yield Reason(ReasonCode.TEMPLATE_OF_OTHER_SENDER, {"name": content.name})
    if content.status != "APPROVED":
        yield _status_reason(content, now)
    if content.is_changed:
        yield Reason(ReasonCode.TEMPLATE_CHANGED, {"name": content.name})
    if content.unsupported:
        parts = ", ".join(content.unsupported)
        yield Reason(ReasonCode.TEMPLATE_UNSUPPORTED, {"name": content.name, "parts": parts})
    if content.needs_file:
        params = {"name": content.name, "kind": content.needs_file}
        yield Reason(ReasonCode.TEMPLATE_NEEDS_FILE, params)
    if content.missing_values:
        yield Reason(ReasonCode.MISSING_VALUES, {"names": content.missing_values})
    if content.value_problems:
        yield Reason(ReasonCode.BAD_VALUES, {"problems": " ".join(content.value_problems)})


def _about_team(facts: SendFacts) -> Iterator[Reason]:
    content, teams = facts.content, facts.author_teams
    if not isinstance(content, TemplateContent) or content.teams is None or teams is None:
        return
    if not content.teams:
        yield Reason(ReasonCode.TEMPLATE_OF_DELETED_TEAM, {"name": content.name})
    elif not content.teams & teams:
        yield Reason(ReasonCode.TEMPLATE_OF_OTHER_TEAM, {"name": content.name})


def _status_reason(content: TemplateContent, now: datetime) -> Reason:
    code = REASON_OF_STATUS.get(content.status, ReasonCode.TEMPLATE_STATUS_UNKNOWN)
    params: dict[str, object] = {"name": content.name}
    if code is ReasonCode.TEMPLATE_STATUS_UNKNOWN:
        params["status"] = content.status
    if code is ReasonCode.TEMPLATE_PAUSED:
        # A pause whose end has passed lasts until Meta says that the template is approved again.
        pending = content.paused_until is not None and content.paused_until > now
        params["until"] = content.paused_until if pending else None
    return Reason(code, params)


def _about_consent(
    content: Content,
    consent: ConsentFacts,
    person: RecipientFacts,
    state: WindowState,
    now: datetime,
) -> Iterator[Reason]:
    # Free-form content is only possible in answer to the person, so it needs no further consent.
    if not isinstance(content, TemplateContent):
        return
    if content.category == "MARKETING":
        if not consent.marketing_opt_in:
            yield Reason(ReasonCode.NO_MARKETING_OPT_IN)
        if person.marketing_stopped_at is not None:
            yield Reason(ReasonCode.MARKETING_STOPPED, {"since": person.marketing_stopped_at})
        yield from _marketing_limit(person, now)
        refused = figures.at(now).messaging.regions_without_marketing
        region = region_of(person)
        # +1 is shared by the United States and others: without a region it may be American.
        if region is None and (person.mobile or "").startswith("+1") and "US" in refused:
            region = "US"
        if region in refused:
            yield Reason(ReasonCode.NO_MARKETING_TO_COUNTRY, {"region": region})
    elif content.category in ("UTILITY", "AUTHENTICATION"):
        # Decided: an open window is a basis by itself. The person has just written to us, and
        # answering about the same matter is what they asked for.
        if not consent.legal_basis and not state.open:
            yield Reason(ReasonCode.NO_LEGAL_BASIS)
    else:
        yield Reason(ReasonCode.TEMPLATE_CATEGORY_UNKNOWN, {"category": content.category})


def _marketing_limit(person: RecipientFacts, now: datetime) -> Iterator[Reason]:
    """Refused and not Wait, so that it is never sent again by itself: another try within the day
    closes the person to us for one more (Meta, per-user marketing limits)."""
    refused_at = person.marketing_refused_at
    if refused_at is None:
        return
    again = refused_at + figures.at(now).messaging.marketing_limit_wait
    if now < again:
        yield Reason(ReasonCode.MARKETING_LIMITED, {"since": refused_at, "again": again})
