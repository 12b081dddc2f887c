"""Rows of bulk runs, taken and moved many at a time by those who send."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, models


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    id: int
    candidate_id: int | None
    phone: str
    number: str
    region: str


M = TypeVar("M", bound=models.Model)


class RunClaimQuerySet(models.QuerySet[M]):
    def claim(self, run_id: int, *, now: datetime, most: int) -> list[ClaimedRow]:
        """Takes the next rows that are due, unless the run has been paused; until its first batch
        is known to be good, of that batch only. Commit it."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_runrecipient SET claimed_at = %(now)s, due_at = NULL"
                " WHERE id IN (SELECT id FROM whatsapp_runrecipient"
                "  WHERE run_id = %(run)s AND due_at <= %(now)s AND state = 'planned'"
                "  AND id <= (SELECT CASE WHEN first_batch_good_at IS NULL"
                "    THEN first_batch_up_to ELSE 9223372036854775807 END"
                "   FROM whatsapp_bulkrun WHERE id = %(run)s AND state = 'running')"
                "  ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)"
                " RETURNING id, candidate_id, phone, number, region",
                {"now": now, "run": run_id, "most": most},
            )
            return sorted((ClaimedRow(*row) for row in cursor.fetchall()), key=lambda row: row.id)

    def planned_in(self, run_id: int) -> int:
        """How many rows of a run wait for their turn."""
        return self.filter(run_id=run_id, due_at__isnull=False).count()

    def nth_planned(self, run_id: int, nth: int) -> int:
        """The key of the `nth` row that waits, from 1; of the last one where there are fewer."""
        rows = self.filter(run_id=run_id, due_at__isnull=False).order_by("pk")
        keys = rows.values_list("pk", flat=True)
        return int(keys[nth - 1 : nth].first() or keys.last() or 0)

    def give_back(self, ids: Collection[int], *, claim: datetime, until: datetime) -> int:
        """Nothing was written for them yet: they are due again at `until`."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_runrecipient SET claimed_at = NULL, due_at = %s"
                " WHERE id = ANY(%s) AND claimed_at = %s AND state = 'planned'",
                [until, list(ids), claim],
            )
            return int(cursor.rowcount)

    def leave_out(self, causes: Mapping[int, Sequence[Any]], *, claim: datetime) -> int:
        """The rules refuse them; `causes` by row, as `RunRecipient.causes` holds them."""
        if not causes:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_runrecipient r"
                " SET state = 'skipped', causes = g.causes, claimed_at = NULL"
                " FROM unnest(%s::bigint[], %s::jsonb[]) AS g (id, causes)"
                " WHERE r.id = g.id AND r.claimed_at = %s AND r.state = 'planned'",
                [list(causes), [json.dumps(list(one)) for one in causes.values()], claim],
            )
            return int(cursor.rowcount)

    def ours(self, ids: Collection[int], *, claim: datetime) -> set[int]:
        """Those that are still of this claim, locked in the order of keys."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM whatsapp_runrecipient WHERE id = ANY(%s) AND claimed_at = %s"
                " AND state = 'planned' ORDER BY id FOR NO KEY UPDATE",
                [list(ids), claim],
            )
            return {row[0] for row in cursor.fetchall()}

    def begin(self, messages: Mapping[int, int]) -> None:
        """Their messages, by row, are written: from here on a row is what its message is."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_runrecipient r"
                " SET state = 'begun', message_id = g.message_id, claimed_at = NULL"
                " FROM unnest(%s::bigint[], %s::bigint[]) AS g (id, message_id)"
                " WHERE r.id = g.id",
                [list(messages), list(messages.values())],
            )

    def free_claims(self, *, before: datetime, now: datetime) -> int:
        """What dead workers had claimed is due again."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_runrecipient SET claimed_at = NULL, due_at = %s"
                " WHERE claimed_at < %s AND state = 'planned'",
                [now, before],
            )
            return int(cursor.rowcount)
