"""Calls, as lines between the messages."""

from __future__ import annotations

from whatsapp.models import Call, CallOutcome, CallState, Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind, line

UNDER_WAY = {
    # By the candidate, by us.
    CallState.BEGUN: ("{they} is calling", "Calling {they}"),
    CallState.RINGING: ("{they} is calling", "Ringing at {they}’s phone"),
    CallState.ACCEPTED: ("On a call with {they}", "On a call with {they}"),
}
ENDED = {
    CallOutcome.COMPLETED: ("Call from {they}", "Call to {they}"),
    CallOutcome.MISSED: ("Missed call from {they}", "{they} did not answer the call"),
    CallOutcome.REJECTED: ("Call from {they}, declined", "{they} declined the call"),
    CallOutcome.FAILED: (
        "Call from {they} did not come about",
        "Call to {they} did not come about",
    ),
}
ICONS = {
    CallOutcome.MISSED: "phone-off",
    CallOutcome.REJECTED: "phone-off",
    CallOutcome.FAILED: "phone-off",
}


def draw(message: Message, facts: Facts) -> Drawn:
    call: Call | None = getattr(message, "call", None)
    if call is None:
        return line("phone", "Call")
    wants_answer = call.by_candidate and call.outcome in (CallOutcome.MISSED, CallOutcome.FAILED)
    text, length = _said(call, facts.they)
    return line(_icon(call), text, length, "is-bad" if wants_answer else "")


def _said(call: Call, they: str) -> tuple[str, str]:
    words = ENDED.get(CallOutcome(call.outcome)) if call.outcome else None
    words = words or UNDER_WAY.get(CallState(call.state)) or ("Call from {they}", "Call to {they}")
    text = words[0 if call.by_candidate else 1].format(they=they)
    return text, length_in_words(call.duration) if call.duration else ""


def _icon(call: Call) -> str:
    default = "phone-in" if call.by_candidate else "phone"
    return ICONS.get(CallOutcome(call.outcome), default) if call.outcome else default


def length_in_words(seconds: int) -> str:
    """“3 min 12 s”, “1 h 4 min”."""
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def excerpt(message: Message) -> str:
    call: Call | None = getattr(message, "call", None)
    if call is None or not call.outcome:
        return "Call"
    if call.outcome == CallOutcome.COMPLETED:
        return f"Call, {length_in_words(call.duration)}" if call.duration else "Call"
    if call.outcome == CallOutcome.MISSED:
        return "Missed call" if call.by_candidate else "Call without an answer"
    return "Call declined" if call.outcome == CallOutcome.REJECTED else "Call that failed"


CALL = Kind(draw, excerpt)
