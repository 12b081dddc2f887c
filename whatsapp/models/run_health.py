"""What became of a run's messages, counted where they are."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


class RunHealthQuerySet(models.QuerySet[M]):
    def fates(self, run_id: int, since: datetime) -> list[tuple[str, int | None, bool, int]]:
        """(status, Meta's error code, whether our own rules refused it, how many) of the messages
        written since then."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT status, error_code, refusal <> '[]', count(*) FROM whatsapp_message"
                " WHERE run_id = %s AND created_at >= %s GROUP BY 1, 2, 3",
                [run_id, since],
            )
            return cursor.fetchall()

    def farewells(self, run_id: int, company_id: int, since: datetime) -> tuple[int, int]:
        """How many asked us to stop, and how many used WhatsApp's own switch, after a message of
        the run that was written since then."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT count(*) FILTER (WHERE c.opted_out_at >= m.created_at),
                    count(*) FILTER (WHERE c.marketing_stopped_at >= m.created_at)
                FROM whatsapp_contact c
                JOIN whatsapp_conversation t ON t.company_id = c.company_id AND t.contact_id = c.id
                JOIN whatsapp_message m ON m.company_id = t.company_id
                    AND m.conversation_id = t.id AND m.run_id = %(run)s
                WHERE c.company_id = %(company)s AND m.created_at >= %(since)s
                    AND (c.opted_out_at >= %(since)s OR c.marketing_stopped_at >= %(since)s)
                """,
                {"run": run_id, "company": company_id, "since": since},
            )
            opt_outs, stops = cursor.fetchone()
            return opt_outs, stops
