"""May this bulk run go on now? Workers ask at each claim; pages say the same answer in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from whatsapp.figures.errors import error_entry
from whatsapp.policy import protection
from whatsapp.policy.decision import Allowed, Paused, RunDecision, Stopped, Waits
from whatsapp.policy.facts import ConnectionState
from whatsapp.policy.outcomes import Held
from whatsapp.policy.quiet import QuietTime, quiet_until
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.send import REASON_OF_STATUS

# Places are looked for again after so long at least; they come free many at a time.
SOON = timedelta(minutes=1)
# Meta's template statuses. What is not listed, and is not APPROVED, needs a person.
LOST = frozenset(["DISABLED", "PENDING_DELETION", "DELETED"])
IN_REVIEW = frozenset(["PENDING", "IN_APPEAL"])
# What is over when Meta says so, and Meta does not always tell by itself.
TO_READ_AGAIN = frozenset(
    [
        ReasonCode.RUN_SENDER_NOT_CONNECTED,
        ReasonCode.RUN_TEMPLATE_PAUSED,
        ReasonCode.RUN_TEMPLATE_IN_REVIEW,
    ]
)
REASON_OF_HOLD = {
    Held.ACCOUNT: ReasonCode.RUN_ACCOUNT_HELD,
    Held.SENDER: ReasonCode.RUN_SENDER_HELD,
    Held.TEMPLATE: ReasonCode.RUN_TEMPLATE_HELD,
}
# What may_send() says of everybody's message and may_go_on() of the run: it leaves nobody out.
OF_EVERYBODY = frozenset(
    [
        ReasonCode.MODULE_OFF,
        ReasonCode.AUTHOR_MAY_NOT_WRITE,
        ReasonCode.NOT_CONNECTED,
        ReasonCode.CONNECTION_BROKEN,
        ReasonCode.CONNECTING,
        ReasonCode.SENDER_NOT_REGISTERED,
        ReasonCode.SENDER_NOT_CONNECTED,
        ReasonCode.TEMPLATE_STATUS_UNKNOWN,
        *REASON_OF_STATUS.values(),
    ]
)


@dataclass(frozen=True)
class RunSender:
    """The number that the run is sent from; `status` in Meta's words."""

    status: str
    is_gone: bool = False


@dataclass(frozen=True)
class RunTemplate:
    """The template now, and what it was when the run was made."""

    name: str
    status: str
    category: str
    category_planned: str
    is_changed: bool = False  # it reads otherwise than when the run was made, or let go on
    paused_until: datetime | None = None


@dataclass(frozen=True)
class HoldFacts:
    """A hold that stands; `until` None until Meta or a person ends it."""

    held: Held
    code: int
    until: datetime | None = None
    details: str = ""


@dataclass(frozen=True)
class Places:
    """How many new people a bulk run may write to now, None for any number, and when the next
    place comes free where there is none."""

    free: int | None
    next_free_at: datetime | None = None


@dataclass(frozen=True)
class RunFacts:
    """Everything that may_go_on() looks at, besides the time. `author_may_write` is about whoever
    started the run or let it go on last; False where they are gone."""

    connection: ConnectionState
    sender: RunSender
    template: RunTemplate
    places: Places
    starts_at: datetime
    holds: tuple[HoldFacts, ...] = ()
    quiet: QuietTime | None = None
    judgement: protection.Judgement = field(default_factory=protection.GoOn)
    first_batch_until: datetime | None = None  # see protection.first_batch_until
    module_on: bool = True
    author_may_write: bool = True


def is_of_everybody(reasons: Iterable[Reason]) -> bool:
    """Whether a refusal of one message would be one of all others of its run: they wait."""
    return any(reason.code in OF_EVERYBODY for reason in reasons)


@dataclass(frozen=True)
class _Obstacle:
    """A reason to wait, and when it is gone; None: when something happens."""

    reason: Reason
    until: datetime | None


def may_go_on(facts: RunFacts, *, now: datetime) -> RunDecision:
    """The gravest answer with the reasons for it: stopped, paused, waits, allowed.

    A wait ends when all obstacles with a known end are gone; it is asked again then. One whose end
    nobody knows makes it wait for an event.
    """
    if now.tzinfo is None:
        raise ValueError("may_go_on() needs a time with a time zone, got one without")
    if stops := tuple(_stops(facts)):
        return Stopped(stops)
    if pauses := tuple(_pauses(facts)):
        return Paused(pauses)
    # Before its start nothing else is worth telling: it may be gone by then.
    obstacles = tuple(_not_started(facts, now)) or tuple(_obstacles(facts, now))
    if not obstacles:
        return Allowed()
    ends = [one.until for one in obstacles]
    known = [end for end in ends if end is not None]
    until = max(known) if len(known) == len(ends) else None
    return Waits(until, tuple(one.reason for one in obstacles))


def _stops(facts: RunFacts) -> Iterator[Reason]:
    if facts.sender.is_gone:
        yield Reason(ReasonCode.RUN_SENDER_GONE)
    if facts.template.status in LOST:
        what = "disabled for good" if facts.template.status == "DISABLED" else "deleted"
        yield Reason(ReasonCode.RUN_TEMPLATE_LOST, {"name": facts.template.name, "what": what})
    if isinstance(facts.judgement, protection.Stop):
        yield from facts.judgement.reasons


def _pauses(facts: RunFacts) -> Iterator[Reason]:
    template = facts.template
    if not facts.module_on:
        yield Reason(ReasonCode.MODULE_OFF)
    if not facts.author_may_write:
        yield Reason(ReasonCode.RUN_AUTHOR)
    if facts.connection == "none":
        yield Reason(ReasonCode.RUN_NOT_CONNECTED)
    if template.status not in IN_REVIEW | LOST | {"APPROVED", "PAUSED"}:
        yield Reason(
            ReasonCode.RUN_TEMPLATE_UNUSABLE, {"name": template.name, "status": template.status}
        )
    if template.category != template.category_planned:
        yield Reason(
            ReasonCode.RUN_CATEGORY_CHANGED,
            {
                "name": template.name,
                "before": template.category_planned.lower(),
                "category": template.category.lower(),
            },
        )
    # While Meta looks at the change nobody knows whether it comes.
    if template.is_changed and template.status not in IN_REVIEW:
        yield Reason(ReasonCode.RUN_TEMPLATE_CHANGED, {"name": template.name})
    if isinstance(facts.judgement, protection.Pause):
        yield from facts.judgement.reasons


def _not_started(facts: RunFacts, now: datetime) -> Iterator[_Obstacle]:
    if now < facts.starts_at:
        yield _waits(ReasonCode.RUN_NOT_STARTED, facts.starts_at)


def _obstacles(facts: RunFacts, now: datetime) -> Iterator[_Obstacle]:
    if facts.connection == "broken":
        yield _waits(ReasonCode.RUN_CONNECTION_BROKEN, None)
    if facts.connection == "connecting":
        yield _waits(ReasonCode.RUN_CONNECTING, None)
    if facts.sender.status != "CONNECTED":
        yield _waits(ReasonCode.RUN_SENDER_NOT_CONNECTED, None, status=facts.sender.status)
    template = facts.template
    if template.status == "PAUSED":
        # A pause whose end has passed lasts until Meta says that the template is approved again.
        end = template.paused_until
        until = end if end is not None and end > now else None
        yield _waits(ReasonCode.RUN_TEMPLATE_PAUSED, until, name=template.name)
    elif template.status in IN_REVIEW:
        yield _waits(ReasonCode.RUN_TEMPLATE_IN_REVIEW, None, name=template.name)
    yield from _held(facts, now)
    end = quiet_until(facts.quiet, now) if facts.quiet else None
    if end is not None:
        yield _waits(ReasonCode.RUN_QUIET_TIME, end)
    if facts.places.free is not None and facts.places.free <= 0:
        free_at = facts.places.next_free_at
        # It may have been counted a moment ago, and must not be asked for without a pause.
        yield _waits(ReasonCode.RUN_NO_PLACES, free_at and max(free_at, now + SOON))
    if facts.first_batch_until is not None and facts.first_batch_until > now:
        yield _waits(ReasonCode.RUN_FIRST_BATCH, facts.first_batch_until)


def _held(facts: RunFacts, now: datetime) -> Iterator[_Obstacle]:
    for held, code in REASON_OF_HOLD.items():
        for hold in facts.holds:
            stands = hold.until is None or hold.until > now
            if hold.held is held and stands and _concerns(hold, facts.template.category):
                yield _hold(code, hold)


def _hold(code: ReasonCode, hold: HoldFacts) -> _Obstacle:
    entry = error_entry(hold.code, hold.details)
    said = entry.sentence if entry else f"Meta answered with an error (code {hold.code})."
    action = entry.action if entry else "A WhatsApp admin looks into WhatsApp Manager."
    return _waits(code, hold.until, error=hold.code, said=said, action=action)


def _concerns(hold: HoldFacts, category: str) -> bool:
    """Some errors close the account to one category of templates only."""
    entry = error_entry(hold.code, hold.details)
    return entry is None or not entry.category or entry.category == category


def _waits(code: ReasonCode, until: datetime | None, **params: object) -> _Obstacle:
    return _Obstacle(Reason(code, {**params, "goes_on": until}), until)
