"""The outbox: messages that wait to be handed to Meta, taken and moved many at a time.

A message waits while it is `queued` with a `next_try_at`; a worker that has it sets `claimed_at`
instead, which also names the claim; handed over it is `sending`. Statements over all companies are
for drainers.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, models

from whatsapp.models.template_usage import TemplateUsageQuerySet


@dataclass(frozen=True, slots=True)
class Written:
    """What a message of a run has for itself."""

    conversation_id: int
    wa_id: str
    user_id: str
    text: str
    content: dict[str, Any]
    initiated: bool
    callback_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Handed:
    """One message about to leave: the claim that it is held by, its attempt's number, and what Meta
    will tell it by."""

    message_id: int
    company_id: int
    claim: datetime
    number: int
    callback_id: uuid.UUID
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Meta's answer to one message; `status` is accepted or held."""

    message_id: int
    number: int
    wamid: str
    status: str


# Nothing overtakes an earlier single message of its thread, and bulk messages hold up nobody. While
# a connection is broken its messages stay where they are; those of a run while it does not run.
_DUE = """
    FROM whatsapp_message m
    JOIN whatsapp_sender s ON s.id = m.sender_id
    JOIN whatsapp_waba w ON w.id = s.waba_id
    JOIN whatsapp_connection c ON c.id = w.connection_id AND c.state = 'connected'
    WHERE m.next_try_at <= %(now)s AND m.status = 'queued' AND {which}
        AND NOT EXISTS (
            SELECT 1 FROM whatsapp_message earlier
            WHERE earlier.company_id = m.company_id AND earlier.conversation_id = m.conversation_id
                AND earlier.id < m.id AND earlier.run_id IS NULL
                AND earlier.status IN ('queued', 'sending')
        )
"""
_SINGLE = "m.run_id IS NULL"
_OF_RUN = (
    "m.run_id IN (SELECT id FROM whatsapp_bulkrun WHERE state = 'running'"
    " AND sender_id = ANY(%(senders)s))"
)


M = TypeVar("M", bound=models.Model)


class OutboxQuerySet(TemplateUsageQuerySet[M]):
    def any_due(self, *, now: datetime) -> bool:
        """Whether a message that is on its own, or of a run that is running, may leave now."""
        which = (
            f"({_SINGLE} OR m.run_id IN (SELECT id FROM whatsapp_bulkrun WHERE state = 'running'))"
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT 1 {_DUE.format(which=which)})", {"now": now})
            return bool(cursor.fetchone()[0])

    def claim_single(self, *, now: datetime, most: int) -> list[int]:
        """Takes those that people wrote, the oldest first. Commit before the HTTP call."""
        return self._claim(_SINGLE, now=now, most=most)

    def claim_of_runs(self, *, now: datetime, senders: Sequence[int], most: int) -> list[int]:
        """Takes those of running bulk runs that were written already and go again."""
        return self._claim(_OF_RUN, now=now, most=most, senders=list(senders))

    def _claim(self, which: str, *, now: datetime, most: int, **given: Any) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_message SET claimed_at = %(now)s, next_try_at = NULL"
                f" WHERE id IN (SELECT m.id {_DUE.format(which=which)}"
                "  ORDER BY m.next_try_at, m.id LIMIT %(most)s FOR UPDATE OF m SKIP LOCKED)"
                " RETURNING id",
                {"now": now, "most": most, **given},
            )
            return sorted(row[0] for row in cursor.fetchall())

    def write_for_runs(
        self, written: Sequence[Written], *, same: Mapping[str, Any], claim: datetime, now: datetime
    ) -> dict[uuid.UUID, int]:
        """Writes the messages of a run, claimed already. `same` is what all of them have: company,
        sender, run, template, author and kind. Returns their keys by callback id."""
        given: dict[str, Any] = {
            "threads": [one.conversation_id for one in written],
            "wa_ids": [one.wa_id for one in written],
            "user_ids": [one.user_id for one in written],
            "texts": [one.text for one in written],
            "contents": [json.dumps(one.content) for one in written],
            "initiated": [one.initiated for one in written],
            "callbacks": [str(one.callback_id) for one in written],
            "claim": claim,
            "now": now,
        }
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO whatsapp_message (company_id, sender_id, run_id, template_id, author_id,
                    kind, direction, status, conversation_id, wa_id, user_id, text, content,
                    initiated, callback_id, wamid, context_wamid, at, created_at, attempts,
                    claimed_at, error_title, error_details, refusal)
                SELECT %(company)s, %(sender)s, %(run)s, %(template)s, %(author)s, %(kind)s, 'out',
                    'queued', thread, g.wa_id, g.user_id, g.text, g.content, g.initiated,
                    g.callback, '', '', %(now)s, %(now)s, 0, %(claim)s, '', '', '[]'
                FROM unnest(%(threads)s::bigint[], %(wa_ids)s::text[], %(user_ids)s::text[],
                        %(texts)s::text[], %(contents)s::jsonb[], %(initiated)s::boolean[],
                        %(callbacks)s::uuid[]) WITH ORDINALITY
                    AS g (thread, wa_id, user_id, text, content, initiated, callback, place)
                ORDER BY g.place
                RETURNING callback_id, id
                """,
                {**given, **same},
            )
            return dict(cursor.fetchall())

    def hand_over(self, handed: Sequence[Handed], *, now: datetime) -> set[int]:
        """Notes, before the requests leave, that they do. Answers with those that are still of
        their claim, and of no bulk run that was paused or stopped meanwhile; nobody may post the
        others. The claim's name is `now` from here on."""
        given: dict[str, Any] = {
            "ids": [one.message_id for one in handed],
            "companies": [one.company_id for one in handed],
            "numbers": [one.number for one in handed],
            "callbacks": [str(one.callback_id) for one in handed],
            "claims": [one.claim for one in handed],
            "runs": list({one.run_id for one in handed if one.run_id is not None}),
            "now": now,
        }
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH given AS (
                    SELECT * FROM unnest(%(ids)s::bigint[], %(companies)s::bigint[],
                        %(numbers)s::smallint[], %(callbacks)s::uuid[],
                        %(claims)s::timestamptz[]) AS g (id, company_id, number, callback_id, claim)
                ), ours AS (
                    UPDATE whatsapp_message m
                    SET status = 'sending', claimed_at = %(now)s, attempts = given.number
                    FROM given
                    WHERE m.id = given.id AND m.company_id = given.company_id
                        AND m.status = 'queued' AND m.claimed_at = given.claim
                        AND (m.run_id IS NULL OR m.run_id NOT IN
                            (SELECT id FROM whatsapp_bulkrun WHERE id = ANY(%(runs)s)
                                AND state IN ('paused', 'stopped')))
                    RETURNING m.id
                )
                INSERT INTO whatsapp_sendattempt
                    (company_id, message_id, number, callback_id, handed_over_at, outcome, wamid)
                SELECT company_id, id, number, callback_id, %(now)s, '', ''
                FROM given WHERE id IN (SELECT id FROM ours)
                RETURNING message_id
                """,
                given,
            )
            return {row[0] for row in cursor.fetchall()}

    def take(
        self, taken: Sequence[Taken], *, company_id: int, may: dict[str, list[str]], now: datetime
    ) -> list[tuple[int, int, str]]:
        """Stores Meta's answers. A status may have come before its answer, and then stands; `may`
        names for each status those it may follow. Returns (message, conversation, wamid) of those
        whose wamid was not known before."""
        given: dict[str, Any] = {
            "ids": [one.message_id for one in taken],
            "numbers": [one.number for one in taken],
            "wamids": [one.wamid for one in taken],
            "statuses": [one.status for one in taken],
            "company": company_id,
            "from_accepted": may["accepted"],
            "from_held": may["held"],
            "now": now,
        }
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH given AS (
                    SELECT * FROM unnest(%(ids)s::bigint[], %(numbers)s::smallint[],
                        %(wamids)s::text[], %(statuses)s::text[]) AS g (id, number, wamid, status)
                ), before AS (
                    SELECT m.id, m.wamid FROM whatsapp_message m JOIN given ON given.id = m.id
                    WHERE m.company_id = %(company)s ORDER BY m.id FOR NO KEY UPDATE OF m
                )
                UPDATE whatsapp_message m SET
                    wamid = CASE WHEN m.wamid = '' THEN given.wamid ELSE m.wamid END,
                    accepted_at = COALESCE(m.accepted_at, %(now)s), claimed_at = NULL,
                    next_try_at = NULL,
                    status = CASE
                        WHEN given.status = 'held' AND m.status = ANY(%(from_held)s) THEN 'held'
                        WHEN given.status = 'accepted' AND m.status = ANY(%(from_accepted)s)
                            THEN 'accepted'
                        ELSE m.status END
                FROM given JOIN before ON before.id = given.id
                WHERE m.id = given.id
                RETURNING m.id, m.conversation_id, before.wamid = ''
                """,
                given,
            )
            stored = [(row[0], row[1], row[2]) for row in cursor.fetchall()]
            # Messages before attempts, as everywhere.
            cursor.execute(
                """
                UPDATE whatsapp_sendattempt a
                SET outcome = given.status, wamid = given.wamid, answered_at = %(now)s
                FROM unnest(%(ids)s::bigint[], %(numbers)s::smallint[], %(wamids)s::text[],
                    %(statuses)s::text[]) AS given (id, number, wamid, status)
                WHERE a.company_id = %(company)s AND a.message_id = given.id
                    AND a.number = given.number
                """,
                given,
            )
            return stored

    def put_back_all(self, ids: Collection[int], *, claim: datetime, until: datetime) -> int:
        """Of this claim, and certainly not at Meta: they go again at `until`."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_message SET status = 'queued', claimed_at = NULL,"
                " next_try_at = %s WHERE id = ANY(%s) AND claimed_at = %s"
                " AND status IN ('queued', 'sending')",
                [until, list(ids), claim],
            )
            return int(cursor.rowcount)

    def free_claims(self, *, before: datetime, now: datetime) -> int:
        """What dead workers had claimed and not handed over goes again; what a status has told of
        meanwhile is nobody's claim any more."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_message SET claimed_at = NULL"
                " WHERE claimed_at < %s AND status NOT IN ('queued', 'sending')",
                [before],
            )
            cursor.execute(
                "UPDATE whatsapp_message SET claimed_at = NULL, next_try_at = %s"
                " WHERE claimed_at < %s AND status = 'queued'",
                [now, before],
            )
            return int(cursor.rowcount)
