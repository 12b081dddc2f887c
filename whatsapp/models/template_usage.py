"""What became of the messages of templates, counted where they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Usage:
    """Messages by how far they came. `replied` are those after which the candidate wrote, `left`
    those after which they opted out of everything or of marketing."""

    sent: int = 0
    delivered: int = 0
    read: int = 0
    replied: int = 0
    left: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.sent + other.sent,
            self.delivered + other.delivered,
            self.read + other.read,
            self.replied + other.replied,
            self.left + other.left,
        )


class TemplateUsageQuerySet(models.QuerySet[M]):
    def usage(
        self, template_ids: Collection[int], *, company_id: int, since: datetime
    ) -> dict[int, Usage]:
        """By template what became of its messages written since then: one query however many. A
        proof of a later step proves the earlier ones, as Meta may leave them out."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT m.template_id,
                    count(*) FILTER (WHERE COALESCE(m.sent_at, m.delivered_at, m.read_at,
                        m.played_at) IS NOT NULL),
                    count(*) FILTER (WHERE COALESCE(m.delivered_at, m.read_at, m.played_at)
                        IS NOT NULL),
                    count(*) FILTER (WHERE COALESCE(m.read_at, m.played_at) IS NOT NULL),
                    count(*) FILTER (WHERE t.last_inbound_at > m.at),
                    count(*) FILTER (WHERE c.opted_out_at >= m.created_at
                        OR c.marketing_stopped_at >= m.created_at)
                FROM whatsapp_message m
                JOIN whatsapp_conversation t ON t.id = m.conversation_id
                JOIN whatsapp_contact c ON c.id = t.contact_id
                WHERE m.company_id = %s AND m.template_id = ANY(%s) AND m.created_at >= %s
                GROUP BY 1
                """,
                [company_id, list(template_ids), since],
            )
            return {row[0]: Usage(*row[1:]) for row in cursor.fetchall()}
