"""What a run would do if it began now: how many get the message, and why others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from whatsapp.bulk.plan import given_of, rows_of
from whatsapp.models import BulkRun
from whatsapp.models.run_claims import ClaimedRow
from whatsapp.models.run_plan import NewRow
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.sending.rows import decide_rows

# Whoever comes after these is counted and not judged.
JUDGED = 2_000
COUNTED = 1_000_000
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Forecast:
    """`causes` are reasons with the number of people whom each leaves out, the most first; a person
    may have several; `lacking` the values of the template that people have nothing for, with their
    number. `judged` of `total` people were looked at, the first by their ids."""

    total: int
    judged: int
    reached: int
    causes: list[tuple[Reason, int]]
    lacking: list[tuple[str, int]]

    @property
    def is_sample(self) -> bool:
        return self.judged < self.total

    @property
    def left_out(self) -> int:
        return self.judged - self.reached


def forecast(run: BulkRun, *, now: datetime) -> Forecast:
    """Of a run that is not saved yet: what planning leaves out, and for the others the rules that
    are asked when they are sent. A few statements for each `AT_ONCE` people."""
    given = given_of(run)
    seen: set[str] = set()
    counted: Counter[ReasonCode] = Counter()
    lacking: Counter[str] = Counter()
    judged = reached = after = 0
    while judged < JUDGED:
        ids = given.audience.after(after, most=AT_ONCE)
        if not ids:
            break
        after = ids[-1]
        rows = rows_of(given, ids, now=now)
        for reasons in _reasons(run, rows, seen, now=now):
            counted.update({one.code for one in reasons})
            lacking.update(name for one in reasons for name in _missing(one))
            reached += not reasons
        judged += len(rows)
    total = given.audience.count(up_to=COUNTED) if judged >= JUDGED else judged
    causes = [(Reason(code), people) for code, people in counted.most_common()]
    return Forecast(
        total=max(total, judged),
        judged=judged,
        reached=reached,
        causes=causes,
        lacking=lacking.most_common(),
    )


def _missing(reason: Reason) -> Sequence[str]:
    if reason.code is not ReasonCode.MISSING_VALUES:
        return ()
    names = reason.params["names"]
    return names if isinstance(names, tuple) else ()


def _reasons(
    run: BulkRun, rows: Sequence[NewRow], seen: set[str], *, now: datetime
) -> Iterator[Sequence[Reason]]:
    """Why each is left out, empty for whoever gets it."""
    to_ask = []
    for row in rows:
        if row.number and row.number in seen:
            yield [Reason(ReasonCode.DUPLICATE_NUMBER)]
        elif row.causes:
            yield [Reason(ReasonCode(one["code"])) for one in row.causes]
        else:
            to_ask.append(
                ClaimedRow(row.candidate_id, row.candidate_id, row.phone, row.number, row.region)
            )
        if row.number:
            seen.add(row.number)
    for _, decision in decide_rows(run, to_ask, now=now):
        if isinstance(decision, tuple):
            yield decision
        else:
            # A template that is paused for a while holds up everybody and leaves out nobody.
            yield []
