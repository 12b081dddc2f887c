"""What Meta refused, or did not answer, while a person did something with a number: in words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from whatsapp.connection.clients import number_client_for
from whatsapp.connection.sync import break_connection, request_sync
from whatsapp.connection.vault import Locked
from whatsapp.meta.errors import (
    AnswerLost,
    AuthError,
    GraphError,
    MetaError,
    PermissionError_,
    RateLimited,
    Unavailable,
    UnreadableAnswer,
)
from whatsapp.meta.numbers import NumberClient
from whatsapp.models import LOGGED_IN, Connection
from whatsapp.policy.number_sentences import number_sentence
from whatsapp.policy.numbers import NumberProblem, Step, problem_of
from whatsapp.policy.wording import Sentence, Who

logger = logging.getLogger(__name__)


class NumberRefused(Exception):
    """It was not done. `problem` is None where Meta's code is explained by figures/error_codes."""

    def __init__(self, problem: NumberProblem | None, said: Sentence | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self._said = said

    def said(self, *, now: datetime) -> Sentence:
        return self._said or number_sentence(self.problem or NumberProblem.BUSY, now=now)


@contextmanager
def asking(
    step: Step, connection: Connection, *, now: datetime, only_reads: bool = False
) -> Iterator[NumberClient]:
    """A client of the company; what goes wrong with it is raised as `NumberRefused`. A token that
    Meta takes no more breaks the connection, as it does for the sync. One that `only_reads` gives
    up after some seconds."""
    if connection.state not in LOGGED_IN:
        raise NumberRefused(NumberProblem.NO_LOGIN)
    try:
        yield number_client_for(connection, is_waited_for=only_reads)
    except (AuthError, Locked) as error:
        cause = error.explanation.sentence if isinstance(error, AuthError) else str(error)
        break_connection(connection, cause=cause, now=now)
        raise NumberRefused(NumberProblem.NO_LOGIN) from error
    except MetaError as error:
        logger.warning("number_refused step=%s connection=%s error=%s", step, connection.pk, error)
        refused = _refused(step, error)
        if refused.problem is NumberProblem.OUTCOME_UNKNOWN and only_reads:
            raise NumberRefused(NumberProblem.NOT_REACHED) from error
        if refused.problem is NumberProblem.OUTCOME_UNKNOWN:
            # Whether it was done, the listing tells.
            request_sync(connection, now=now, skip_pause=True)
        raise refused from error


def _refused(step: Step, error: MetaError) -> NumberRefused:
    if isinstance(error, AnswerLost | UnreadableAnswer):
        return NumberRefused(NumberProblem.OUTCOME_UNKNOWN)
    if not isinstance(error, GraphError):
        return NumberRefused(NumberProblem.NOT_REACHED)
    said = f"{error.title} {error.details}"
    problem = problem_of(step, code=error.code, subcode=error.subcode, said=said)
    if problem is not None:
        return NumberRefused(problem)
    if isinstance(error, PermissionError_):
        return NumberRefused(NumberProblem.NOT_ALLOWED)
    if isinstance(error, RateLimited | Unavailable):
        return NumberRefused(NumberProblem.BUSY)
    words = error.explanation
    return NumberRefused(None, Sentence(words.title, words.sentence, words.action, Who.ADMIN))
