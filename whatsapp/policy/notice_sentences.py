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
        "Meta says of {account}: {what}. While it is disabled, Meta refuses what is sent from it. "
        "Ask for a review in Meta’s Business Support.",
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
    NoticeKind.TEMPLATE_REJECTED: Words(
        "Meta rejected the template {template}",
        "Meta did not approve {template} ({language}): {reason}{advice} Change it and submit it "
        "again.",
    ),
    NoticeKind.TEMPLATE_PAUSED: Words(
        "Meta paused the template {template}",
        "Too many people blocked or reported messages with {template} ({language}), so Meta paused "
        "it{until}. Nothing is sent with it meanwhile. Send it to fewer people, or make its text "
        "say at once what it is about.",
    ),
    NoticeKind.TEMPLATE_DISABLED: Words(
        "Meta disabled the template {template}",
        "Meta disabled {template} ({language}) for good, after too many complaints. Nothing is sent"
        " with it any more. Write another one that people expect.",
    ),
    NoticeKind.TEMPLATE_MOVES: Words(
        "Meta moves the template {template} to {category}",
        "Meta takes {template} ({language}) for {category} and not {before}, and moves it"
        "{until}.{meaning} If that is wrong, ask for a review in WhatsApp Manager within 60 days.",
    ),
    NoticeKind.TEMPLATE_MOVED: Words(
        "The template {template} is {category} now",
        "Meta moved {template} ({language}) from {before} to {category}.{meaning} If that is wrong,"
        " ask for a review in WhatsApp Manager within 60 days.",
    ),
    NoticeKind.TEMPLATE_QUALITY_FELL: Words(
        "The quality of the template {template} fell to {quality}",
        "Meta rates {template} ({language}) {quality} now, after {before}: people block it or "
        "report it. At low quality Meta pauses it. Send it only to people who expect it.",
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


# What follows from a category, after a sentence that names it.
CATEGORY_MEANINGS: Mapping[str, str] = {
    "MARKETING": " From then on each message is charged as marketing, and it goes only to people "
    "who opted in to marketing.",
    "UTILITY": " From then on each message is charged as utility.",
    "AUTHENTICATION": " From then on it may only carry one-time codes.",
}


def restriction_words(kind: str) -> str:
    return RESTRICTIONS.get(kind, f"“{kind}”")


# Of `AdminNotice.problem`: why it came to nobody, or not to everybody, by e-mail.
UNSENT: Mapping[str, str] = {
    "nobody": (
        "Nobody got this by e-mail: no WhatsApp admin has an address. Ask a system admin to enter "
        "one."
    ),
    "given_up": (
        "Not every WhatsApp admin got this by e-mail: the mail server refused it every time. Check "
        "the admins’ addresses."
    ),
}
