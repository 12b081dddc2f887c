"""The words that WhatsApp admins read when Meta changes something: what, why, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from whatsapp.policy.notices import NoticeKind

# Of `notices.RATINGS`.
QUALITIES: Mapping[str, str] = {"GREEN": "High", "YELLOW": "Medium", "RED": "Low"}


@dataclass(frozen=True)
class Words:
    """Braces hold the notice's parameters."""

    title: str
    text: str


WORDS: Mapping[NoticeKind, Words] = {
    NoticeKind.BROKEN: Words(
        "WhatsApp needs a new login",
        "Meta no longer accepts your company’s login. {cause} Messages wait until a WhatsApp admin "
        "presses “Reconnect” on the configuration page; nothing is lost.",
    ),
    NoticeKind.QUALITY_FELL: Words(
        "The quality of {sender} fell to {quality}",
        "Meta rates {sender} {quality} now, after {before}: people block it or report its messages."
        " Sends go on, but the messaging limit does not rise. Write to fewer people, and only to "
        "those who expect it.",
    ),
    NoticeKind.NAME_REFUSED: Words(
        "Meta refused a display name",
        "The display name “{name}” of {sender} was refused{reason}. Ask for another one that names "
        "the company.",
    ),
    NoticeKind.NAME_APPROVED: Words(
        "Meta approved a display name",
        "Candidates can see {sender} as “{name}”. Press “Use it” beside the sender in its list.",
    ),
    NoticeKind.RESTRICTED: Words(
        "Meta restricted {account}",
        "Meta restricted {account}: {what}{until}. Read why in Meta’s Business Support, and ask "
        "for a review there if it is wrong.",
    ),
    NoticeKind.VIOLATION: Words(
        "Meta reports a policy violation",
        "Meta says that {account} broke a rule: {what}. Restrictions may follow. Read about it in "
        "Meta’s Business Support.",
    ),
    NoticeKind.BANNED: Words(
        "Meta disables {account}",
        "Meta says of {account}: {what}. Nothing leaves while it is disabled. Ask for a review in "
        "Meta’s Business Support.",
    ),
    NoticeKind.REVIEW_REFUSED: Words(
        "Meta did not approve {account}",
        "Meta’s review of {account} ended with “rejected”. Read why in Meta’s Business Support.",
    ),
    NoticeKind.ALERT: Words("A notice from Meta", "{what}"),
    NoticeKind.PIN: Words(
        "The PIN of {sender}",
        "{what}: the two-step verification PIN of {sender}. If it was nobody of yours, look at who "
        "has access in WhatsApp Manager.",
    ),
}


@dataclass(frozen=True)
class Told:
    title: str
    text: str


def words_for(kind: str, data: Mapping[str, object]) -> Told:
    """Raises KeyError for parameters that the words need and `data` lacks."""
    words = WORDS[NoticeKind(kind)]
    return Told(words.title.format_map(data), words.text.format_map(data))


# What each restriction keeps from being done (Meta, webhook `account_update`).
RESTRICTIONS: Mapping[str, str] = {
    "RESTRICTED_ADD_PHONE_NUMBER_ACTION": "no number can be added",
    "RESTRICTED_BIZ_INITIATED_MESSAGING": "no conversation can be begun",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": "nobody who writes can be answered",
    "RESTRICTED_UTILITY_TEMPLATES": "no utility template can be sent",
    "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES": "no utility template can be sent directly",
    "RATE_LIMITED_UTILITY_TEMPLATE_MESSAGING": "utility templates are slowed down",
    "RESTRICTED_BUSINESS_INITIATED_CALLING": "the company cannot call",
    "RESTRICTED_USER_INITIATED_CALLING": "candidates cannot call",
    "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN": "the call button is hidden",
    "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING": "nobody can call",
}


# Events of the webhook `security`.
PIN_EVENTS: Mapping[str, str] = {
    "PIN_CHANGED": "Somebody changed it in WhatsApp Manager",
    "PIN_RESET_REQUEST": "Somebody asked for it to be switched off",
    "PIN_REQUEST_SUCCESS": "It was switched off",
}
# `rejection_reason` of the webhook `phone_number_name_update`.
NAME_REASONS: Mapping[str, str] = {
    "NAME_EMPLOYEE_ISSUE": ": it names a person and not the company",
    "NAME_ENDCLIENT_NOTRELATED": ": Meta sees no relation between the name and the company",
    "NAME_FORMAT_UNACCEPTABLE": ": its spelling is against Meta’s rules for names",
    "NAME_INDIVIDUAL_ISSUE": ": it is the name of a single person",
    "NAME_NOT_CONSISTENT": ": the company does not use this name elsewhere",
}
# `ban_info.waba_ban_state` of the webhook `account_update`.
BAN_STATES: Mapping[str, str] = {
    "SCHEDULE_FOR_DISABLE": "it will be disabled",
    "DISABLE": "it is disabled",
}


def restriction_words(kind: str) -> str:
    return RESTRICTIONS.get(kind, f"“{kind}”")
