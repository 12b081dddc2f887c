"""The words for how a connection to Meta begins and stands: what, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum


class WayProblem(StrEnum):
    """Why the test event of a login has not come back."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    NOT_APPLIED = "not_applied"


# How long a worker may take from the address to the WABA before the page calls it missing.
TEST_EVENT_PATIENCE = timedelta(minutes=1)

_ANY_EVENT = "Any event of Meta’s counts as well: write “Hello” to one of your numbers."
_WAY_SENTENCES: Mapping[WayProblem, str] = {
    WayProblem.UNREACHABLE: (
        "{address} cannot be reached from here. Whoever runs this installation checks PUBLIC_URL, "
        f"its name and its certificate; then try again. {_ANY_EVENT}"
    ),
    WayProblem.REFUSED: (
        "{address} answered {status} to a test event, where 200 is right. Whoever runs this "
        "installation checks PUBLIC_URL, FACEBOOK_APP_SECRET and what stands in front of the "
        f"server; then try again. {_ANY_EVENT}"
    ),
    WayProblem.NOT_APPLIED: (
        "The test event arrived, but no worker has applied it yet. Whoever runs this installation "
        "checks that the workers run; it goes on by itself then."
    ),
}


def way_words(problem: WayProblem, **params: object) -> str:
    return _WAY_SENTENCES[problem].format(**params)


class StepWords(StrEnum):
    """What a step of the connection that is not done says of itself."""

    AFTER_LOGIN = "After a new login."
    WAITS = "Waits for the steps before it."
    ON_ITS_WAY = "It is on its way."
    NONE_YET = "None since this login. Write “Hello” to one of your numbers from any phone."


class ChoiceProblem(StrEnum):
    """Why the WhatsApp accounts of a login could not be chosen."""

    NOTHING_WAITS = "nothing_waits"
    NONE_CHOSEN = "none_chosen"
    NOT_OFFERED = "not_offered"


CHOICE_SENTENCES: Mapping[ChoiceProblem, str] = {
    ChoiceProblem.NOTHING_WAITS: (
        "There is no login of yours that waits for a choice: it was an hour ago, it was finished "
        "already, or somebody else logged in. Log in with Facebook again."
    ),
    ChoiceProblem.NONE_CHOSEN: (
        "No WhatsApp account was chosen, so nothing was connected. Choose one at least."
    ),
    ChoiceProblem.NOT_OFFERED: (
        "One of the chosen accounts is not of your last login, so nothing was connected. Choose "
        "among those in the list, or log in with Facebook again."
    ),
}


class Departure(StrEnum):
    """What became of a disconnect."""

    LEFT = "left"
    NOT_TOLD = "not_told"
    OVERTAKEN = "overtaken"


DEPARTURE_SENTENCES: Mapping[Departure, str] = {
    Departure.LEFT: "Disconnected. The history stays here.",
    Departure.NOT_TOLD: (
        "Disconnected, and the token is forgotten. Meta did not take the end of its events: "
        "remove this application in Meta Business Suite, Settings, Connected apps."
    ),
    Departure.OVERTAKEN: (
        "Nothing was disconnected: somebody logged in with Facebook in the meantime, and that "
        "login stands. Press “Disconnect” again to end it."
    ),
}


class LoginProblem(StrEnum):
    """Why a login ended in no connection."""

    NO_APPLICATION = "no_application"
    NOT_YOURS = "not_yours"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NOTHING_SHARED = "nothing_shared"
    OTHER_APPLICATION = "other_application"
    SCOPES_MISSING = "scopes_missing"
    CANCELLED = "cancelled"
    ENDED_BY_FACEBOOK = "ended_by_facebook"
    OF_ANOTHER_COMPANY = "of_another_company"
    LEFT_BY_ANOTHER_COMPANY = "left_by_another_company"


# Braces hold the problem's parameters.
_LOGIN_SENTENCES: Mapping[LoginProblem, str] = {
    LoginProblem.NO_APPLICATION: (
        "This installation has no Meta application yet, so nobody can log in. "
        "Ask whoever runs it to set FACEBOOK_APP_ID and FACEBOOK_APP_SECRET."
    ),
    LoginProblem.NOT_YOURS: (
        "This answer from Facebook belongs to no login that you began here in the last hour. "
        "It may have been used already. Press “Log in with Facebook” again."
    ),
    LoginProblem.REFUSED: (
        "Meta refused to finish the login: {details} "
        "A code from Facebook lives for 30 seconds and works once. "
        "Press “Log in with Facebook” again."
    ),
    LoginProblem.UNREACHABLE: (
        "Meta could not be reached to finish the login, so nothing was connected. "
        "Press “Log in with Facebook” again in a minute."
    ),
    LoginProblem.NOTHING_SHARED: (
        "The login worked, but no WhatsApp Business Account was shared with this system. "
        "Log in again and choose the business and its WhatsApp account on Meta’s page."
    ),
    LoginProblem.OTHER_APPLICATION: (
        "Meta says that the answer belongs to another application. Nothing was connected; "
        "press “Log in with Facebook” again."
    ),
    LoginProblem.SCOPES_MISSING: (
        "The login did not grant {scopes}. Without it messages "
        "cannot be read and sent. Log in again and allow everything that Meta’s page lists."
    ),
    LoginProblem.CANCELLED: (
        "The login was cancelled{where}, so nothing was connected. "
        "Press “Log in with Facebook” to begin again."
    ),
    LoginProblem.ENDED_BY_FACEBOOK: (
        "Facebook ended the login with an error, so nothing was connected. Try again in a few "
        "minutes; if it happens again, whoever runs this installation should check the Meta "
        "application’s redirect address."
    ),
    LoginProblem.OF_ANOTHER_COMPANY: (
        "This WhatsApp Business Account is connected to another company on this system "
        "already, so nothing was connected. Log in again and choose another account on Meta’s "
        "page, or ask whoever runs this installation which company has it."
    ),
    LoginProblem.LEFT_BY_ANOTHER_COMPANY: (
        "This WhatsApp Business Account was connected to another company on this system, which "
        "has left it but keeps its conversations here, so nothing was connected. Ask whoever runs "
        "this installation to free the account, or log in again and choose another one on Meta’s "
        "page."
    ),
}


def login_words(problem: LoginProblem, **params: object) -> str:
    return _LOGIN_SENTENCES[problem].format(**params)


# `current_step` of a cancelled Embedded Signup (Meta, Embedded Signup implementation).
_STEPS = {
    "BUSINESS_ACCOUNT_SELECTION": " while choosing the business portfolio",
    "WABA_PHONE_PROFILE_PICKER": " while choosing the WhatsApp account and number",
    "WHATSAPP_BUSINESS_PROFILE_SETUP": " while filling in the business profile",
    "PHONE_NUMBER_SETUP": " while entering the phone number",
    "PHONE_NUMBER_VERIFICATION": " while verifying the phone number",
    "PERMISSIONS": " at the question for permissions",
}


def cancel_words(error: str, cancelled_at_step: str) -> str:
    """For a window that came back without a code."""
    if error == "access_denied":
        return login_words(LoginProblem.CANCELLED, where=_STEPS.get(cancelled_at_step, ""))
    return login_words(LoginProblem.ENDED_BY_FACEBOOK)


CONNECTING = "Connecting what you chose …"
