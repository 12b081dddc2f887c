"""The nightly check: what must be true of everything that was ever sent, asked of the tables.

Each statement is read at one moment over all companies and names the rows that break its rule. A
rule that is broken is a fault of the product: it is logged, shown to ops, and told to monitors.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from whatsapp.models import SendCheck

logger = logging.getLogger(__name__)

# Rows that are named of each broken rule.
NAMED = 10
# Whatever is claimed is let go of within minutes, also after a dead worker.
LONGEST_CLAIM = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """`broken` selects the ids of what breaks it; `of` says what they are ids of."""

    code: str
    sentence: str
    of: str
    broken: str


RULES = (
    Rule(
        "sent_twice_in_run",
        "A bulk send wrote more than one message to one number.",
        "run",
        "SELECT run_id FROM whatsapp_runrecipient WHERE message_id IS NOT NULL AND number <> ''"
        " GROUP BY run_id, number HAVING count(*) > 1",
    ),
    Rule(
        "accepted_twice",
        "Meta accepted more than one attempt of one message, and no person had decided so.",
        "message",
        "SELECT message_id FROM whatsapp_sendattempt a WHERE outcome IN ('accepted', 'held')"
        " GROUP BY company_id, message_id HAVING count(*) > 1 AND NOT EXISTS ("
        "  SELECT 1 FROM whatsapp_auditentry e WHERE e.company_id = a.company_id"
        "  AND e.object_type = 'Message' AND e.object_id = a.message_id"
        "  AND e.verb = 'unconfirmed_sent_again')",
    ),
    Rule(
        "row_without_message",
        "A row of a bulk send has begun and has no message, or has one and has not begun.",
        "row",
        "SELECT id FROM whatsapp_runrecipient WHERE (state = 'begun') <> (message_id IS NOT NULL)",
    ),
    Rule(
        "message_without_row",
        "A message of a bulk send belongs to no row of it.",
        "message",
        "SELECT m.id FROM whatsapp_message m LEFT JOIN whatsapp_runrecipient r"
        " ON r.message_id = m.id AND r.run_id = m.run_id"
        " WHERE m.run_id IS NOT NULL AND r.id IS NULL",
    ),
    Rule(
        "row_lost",
        "A row of a bulk send is planned, and neither due nor with a worker: it would never go.",
        "row",
        "SELECT id FROM whatsapp_runrecipient"
        " WHERE state = 'planned' AND due_at IS NULL AND claimed_at IS NULL",
    ),
    Rule(
        "message_lost",
        "A message waits, and is neither due nor with a worker: it would never go.",
        "message",
        "SELECT id FROM whatsapp_message"
        " WHERE status = 'queued' AND next_try_at IS NULL AND claimed_at IS NULL",
    ),
    Rule(
        "attempts_miscounted",
        "A message counts other attempts than there are.",
        "message",
        "SELECT m.id FROM whatsapp_message m LEFT JOIN (SELECT message_id, count(*) AS attempts"
        "  FROM whatsapp_sendattempt GROUP BY message_id) a ON a.message_id = m.id"
        " WHERE m.direction = 'out' AND m.attempts <> COALESCE(a.attempts, 0)",
    ),
    Rule(
        "accepted_without_wamid",
        "Meta accepted a message, and its id there is not known.",
        "message",
        "SELECT id FROM whatsapp_message WHERE direction = 'out' AND wamid = ''"
        " AND status IN ('accepted', 'held', 'sent', 'delivered', 'read', 'played')",
    ),
    Rule(
        "row_claimed_long",
        "A worker has had a row of a bulk send for more than an hour.",
        "row",
        "SELECT id FROM whatsapp_runrecipient WHERE claimed_at < %(long_ago)s",
    ),
    Rule(
        "message_claimed_long",
        "A worker has had a message for more than an hour.",
        "message",
        "SELECT id FROM whatsapp_message WHERE claimed_at < %(long_ago)s",
    ),
    Rule(
        "run_planned_long",
        "A bulk send has been in planning for more than an hour.",
        "run",
        "SELECT id FROM whatsapp_bulkrun WHERE state = 'planning' AND created_at < %(long_ago)s",
    ),
    Rule(
        "sending_long",
        "A message has been on its way for longer than any call lasts.",
        "message",
        "SELECT id FROM whatsapp_message WHERE status = 'sending'"
        " AND (claimed_at IS NULL OR claimed_at < %(lease_ago)s)",
    ),
    Rule(
        "waits_after_handing_over",
        "A message waits to be sent though an attempt of it has no answer: it may go twice.",
        "message",
        "SELECT m.id FROM whatsapp_sendattempt a JOIN whatsapp_message m ON m.id = a.message_id"
        " WHERE a.outcome = '' AND m.status = 'queued'",
    ),
    Rule(
        "rows_after_the_end",
        "A bulk send is over and has rows that are still to go.",
        "run",
        "SELECT DISTINCT run_id FROM whatsapp_runrecipient r JOIN whatsapp_bulkrun b"
        " ON b.id = r.run_id WHERE r.state = 'planned' AND b.state IN ('finished', 'stopped')",
    ),
    Rule(
        "run_miscounted",
        "A bulk send counts other rows than there are.",
        "run",
        "SELECT b.id FROM whatsapp_bulkrun b LEFT JOIN (SELECT run_id, count(*) AS total"
        "  FROM whatsapp_runrecipient GROUP BY run_id) r ON r.run_id = b.id"
        " WHERE b.total <> COALESCE(r.total, 0)",
    ),
    Rule(
        "limit_miscounted",
        "A portfolio counts other places as used than there are.",
        "limit",
        "SELECT l.id FROM whatsapp_portfoliolimit l LEFT JOIN (SELECT portfolio_id,"
        "  count(DISTINCT recipient) AS used FROM whatsapp_tieruse WHERE live"
        "  GROUP BY portfolio_id) u ON u.portfolio_id = l.portfolio_id"
        " WHERE l.used <> COALESCE(u.used, 0)",
    ),
)
COUNTS = {
    "unconfirmed": "SELECT count(*) FROM whatsapp_message WHERE status = 'unconfirmed'",
    "held_by_meta": "SELECT count(*) FROM whatsapp_message WHERE status = 'held'",
    "attempts_today": "SELECT count(*) FROM whatsapp_sendattempt WHERE handed_over_at > %(a_day)s",
    "runs_not_over": "SELECT count(*) FROM whatsapp_bulkrun"
    " WHERE state NOT IN ('finished', 'stopped')",
}


def check_sends(*, now: datetime) -> SendCheck:
    """Asks every rule, and keeps what was found."""
    lease = timedelta(seconds=settings.WHATSAPP["SENDING_LEASE"])
    given = {
        "long_ago": now - LONGEST_CLAIM,
        # The sweep that settles them comes every few seconds.
        "lease_ago": now - lease - timedelta(minutes=5),
        "a_day": now - timedelta(days=1),
    }
    problems = [found for rule in RULES if (found := _ask(rule, given))]
    for one in problems:
        logger.error(
            "send_check_failed rule=%s rows=%s first=%s", one["code"], one["rows"], one["ids"]
        )
    counts = {name: _count(statement, given) for name, statement in COUNTS.items()}
    logger.info("sends_checked problems=%s unconfirmed=%s", len(problems), counts["unconfirmed"])
    return SendCheck.objects.create(at=now, counts=counts, problems=problems)


def _ask(rule: Rule, given: dict[str, Any]) -> dict[str, Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), (array_agg(id ORDER BY id))[1:%(named)s]"
            f" FROM ({rule.broken}) AS broken (id)",
            given | {"named": NAMED},
        )
        rows, ids = cursor.fetchone()
    if not rows:
        return None
    found = {"code": rule.code, "sentence": rule.sentence, "of": rule.of, "rows": rows, "ids": ids}
    return found


def _count(statement: str, given: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.fetchone()[0])
