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
