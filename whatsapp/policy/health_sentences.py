"""The words for how each ability of a connected company stands: what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from whatsapp.policy.health import Finding, FindingCode
from whatsapp.policy.notice_sentences import restriction_words

F = FindingCode

# Braces hold the finding's parameters.
HEALTH_SENTENCES: Mapping[FindingCode, str] = {
    F.LOGIN_REFUSED: "Meta takes the login no more. Press “Reconnect”.",
    F.SCOPES_MISSING: "The login lacks {scopes}. Press “Reconnect” and allow everything.",
    F.LOGIN_ENDS: "The login ends on {at:%d %B %Y}. Press “Reconnect” before that day.",
    F.NOT_SUBSCRIBED: "Meta does not send {account}’s webhooks here. Press “Sync now”.",
    F.SENT_ELSEWHERE: (
        "Meta sends {account}’s messages to another address, {address}. Whoever set it there takes "
        "it out."
    ),
    F.NOTHING_HEARD: "No event from Meta yet. Write to one of your numbers to see one come.",
    F.EVENTS_ARRIVE: "Events from Meta arrive.",
    F.CONNECTING: "Messages wait until the test event has come back.",
    F.NO_SENDER: "There is no number yet. Add one under WhatsApp Sender List.",
    F.NO_SENDER_CONNECTED: "No number is connected at Meta, so nothing can leave.",
    F.SOME_CANNOT_SEND: "{count} of {of} numbers cannot send now.",
    F.LOW_QUALITY: "Low quality: {names}.",
    F.CAN_SEND: "{count} number{s} can send.",
    F.TEMPLATES_STOPPED: "Stopped by Meta: {names}.",
    F.TEMPLATES_APPROVED: "{count} of {of} are approved.",
    F.DISABLED: "Meta has disabled {account}. Ask for a review there.",
    F.WILL_BE_DISABLED: "Meta is going to disable {account}.",
    F.REVIEW_REFUSED: "Meta’s review refused {account}.",
    F.RESTRICTED: "{account}: {what}{until}.",
    F.NO_CALLS: "Not part of this product yet.",
}


def say_finding(finding: Finding) -> str:
    """Raises KeyError for parameters that the words need and the finding lacks."""
    return HEALTH_SENTENCES[finding.code].format_map(_in_words(finding))


def _in_words(finding: Finding) -> dict[str, object]:
    words = dict(finding.params)
    if isinstance(names := words.get("names"), tuple):
        words["names"] = ", ".join(names)
    if isinstance(scopes := words.get("scopes"), tuple):
        words["scopes"] = " and ".join(scopes)
    if "count" in words:
        words["s"] = "" if words["count"] == 1 else "s"
    if finding.code is F.RESTRICTED:
        until = words["until"]
        words["what"] = restriction_words(str(words["kind"]))
        words["until"] = f", until {until:%d %B, %H:%M} UTC" if isinstance(until, datetime) else ""
    return words
