"""Rows of bulk runs, written and closed many at a time."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, models

from whatsapp.models.run_claims import RunClaimQuerySet

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class NewRow:
    """One candidate of a run; `causes`, as `RunRecipient.causes` holds them, leave it out."""

    candidate_id: int
    phone: str = ""
    number: str = ""
    region: str = ""
    causes: Sequence[Any] = ()


class RunPlanQuerySet(RunClaimQuerySet[M]):
    def plan(
        self,
        rows: Sequence[NewRow],
        *,
        company_id: int,
        run_id: int,
        twin_causes: Sequence[Any],
        now: datetime,
    ) -> int:
        """Writes rows, in their order, that are not there yet; how many there were.

        Whoever has the number of an earlier row is left out for `twin_causes`. One planner at a
        time: it holds the lock of the run.
        """
        first_of = self._with_number(run_id, {row.number for row in rows} - {""})
        first, twins = [], []
        for row in rows:
            if row.number and row.number in first_of:
                twins.append(row)
            else:
                first.append(row)
                if row.number:
                    first_of[row.number] = 0
        written = self._insert(first, [None] * len(first), company_id, run_id, now)
        first_of |= {number: pk for pk, number in written if number}
        closed = [
            NewRow(row.candidate_id, row.phone, row.number, row.region, twin_causes)
            for row in twins
        ]
        also = self._insert(
            closed, [first_of[row.number] for row in twins], company_id, run_id, now
        )
        return len(written) + len(also)

    def _with_number(self, run_id: int, numbers: Collection[str]) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT number, id FROM whatsapp_runrecipient WHERE run_id = %s"
                " AND company_id = (SELECT company_id FROM whatsapp_bulkrun WHERE id = %s)"
                " AND number = ANY(%s) AND number <> '' AND twin_of_id IS NULL",
                [run_id, run_id, list(numbers)],
            )
            return dict(cursor.fetchall())

    def _insert(
        self,
        rows: Sequence[NewRow],
        twin_of: Sequence[int | None],
        company_id: int,
        run_id: int,
        now: datetime,
    ) -> list[tuple[int, str]]:
        if not rows:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO whatsapp_runrecipient (company_id, run_id, candidate_id, phone, number,
                    region, twin_of_id, causes, state, due_at)
                SELECT %s, %s, g.candidate, g.phone, g.number, g.region, g.twin, g.causes,
                    CASE WHEN g.causes = '[]' THEN 'planned' ELSE 'skipped' END,
                    CASE WHEN g.causes = '[]' THEN %s::timestamptz END
                FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[],
                        %s::jsonb[]) WITH ORDINALITY
                    AS g (candidate, phone, number, region, twin, causes, place)
                ORDER BY g.place
                ON CONFLICT DO NOTHING
                RETURNING id, number
                """,
                [
                    company_id,
                    run_id,
                    now,
                    [row.candidate_id for row in rows],
                    [row.phone for row in rows],
                    [row.number for row in rows],
                    [row.region for row in rows],
                    list(twin_of),
                    [json.dumps(list(row.causes)) for row in rows],
                ],
            )
            return cursor.fetchall()

    def close(self, run_id: int, causes: Sequence[Any]) -> int:
        """Leaves out everything that was not begun, also what a worker has just claimed: it finds
        its claim gone."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_runrecipient SET state = 'skipped', causes = %s, due_at = NULL,"
                " claimed_at = NULL WHERE run_id = %s AND state = 'planned'",
                [json.dumps(list(causes)), run_id],
            )
            return int(cursor.rowcount)
