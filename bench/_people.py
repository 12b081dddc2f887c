"""A company with a number of its own, and as many stored messages as a figure asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from ats.tenancy import company_scope
from tests.factories.whatsapp import World, make_world

MESSAGES_IN_A_THREAD = 10


@dataclass
class Stored:
    """Numbers 1 to `people` have a thread each; `messages` of ours and theirs lie in them."""

    world: World
    people: int = 0
    messages: int = 0
    told: set[tuple[str, str]] = field(default_factory=set)

    def grow_to(self, messages: int) -> None:
        """Set-based: a million rows in about a minute."""
        people = messages // MESSAGES_IN_A_THREAD
        given = {
            "company": self.world.company.pk,
            "portfolio": self.world.sender.waba.portfolio_id,
            "sender": self.world.sender.pk,
            "from": self.people + 1,
            "to": people,
            "first": self.messages,
            "in_a_thread": MESSAGES_IN_A_THREAD,
            "since": timezone.now() - timedelta(days=20),
        }
        with connection.cursor() as cursor:
            for statement in _GROWTH:
                cursor.execute(statement, given)
            cursor.execute("VACUUM ANALYZE")
        self.people, self.messages = people, messages


def stored() -> Stored:
    world = make_world(now=timezone.now())
    with company_scope(world.company):
        return Stored(world)


_GROWTH = (
    """INSERT INTO whatsapp_contact (company_id, portfolio_id, phone, wa_id, user_id, username,
        profile_name, created_at)
    SELECT %(company)s, %(portfolio)s, '+2547' || lpad(n::text, 8, '0'),
        '2547' || lpad(n::text, 8, '0'), 'KE.' || lpad(n::text, 8, '0'), '', 'Person ' || n,
        %(since)s
    FROM generate_series(%(from)s, %(to)s) n""",
    """INSERT INTO whatsapp_contactfact (company_id, contact_id, portfolio_id, kind, wa_id, user_id,
        new_wa_id, new_user_id, at, profile_name, username, named_at, value)
    SELECT company_id, id, portfolio_id, 'seen', wa_id, user_id, '', '', created_at, profile_name,
        '', created_at, ''
    FROM whatsapp_contact WHERE user_id >= 'KE.' || lpad(%(from)s::text, 8, '0')""",
    """INSERT INTO whatsapp_conversation (company_id, sender_id, contact_id, created_at,
        last_message_at, unread_count)
    SELECT company_id, %(sender)s, id, created_at, created_at, 0
    FROM whatsapp_contact WHERE user_id >= 'KE.' || lpad(%(from)s::text, 8, '0')""",
    """INSERT INTO whatsapp_message (company_id, conversation_id, sender_id, direction, kind,
        status, text, content, callback_id, wamid, context_wamid, wa_id, user_id, at, created_at,
        attempts, error_title, error_details, refusal, initiated)
    SELECT t.company_id, t.id, %(sender)s, CASE n %% 2 WHEN 0 THEN 'in' ELSE 'out' END, 'text',
        CASE n %% 2 WHEN 0 THEN 'received' ELSE 'accepted' END,
        'Yes, Friday at two is fine for me. See you there!', '{}', gen_random_uuid(),
        'wamid.stored.' || c.user_id || '.' || n, '', c.wa_id, c.user_id,
        t.created_at + n * interval '1 hour', t.created_at + n * interval '1 hour', 0, '', '', '[]',
        FALSE
    FROM whatsapp_conversation t JOIN whatsapp_contact c ON c.id = t.contact_id,
        generate_series(1, %(in_a_thread)s) n
    WHERE c.user_id >= 'KE.' || lpad(%(from)s::text, 8, '0')""",
    """INSERT INTO whatsapp_webhookevent (body, received_at, state, attempts, next_try_at, cause)
    SELECT '{}', %(since)s, 'split', 0, %(since)s, ''""",
    """INSERT INTO whatsapp_webhookitem (event_id, kind, key, waba_id, phone_number_id, payload,
        state, awaits, attempts, next_try_at, created_at, applied_at, cause)
    SELECT (SELECT max(id) FROM whatsapp_webhookevent), 'messages',
        'm:' || sender_id || ':' || wamid, '1', '3',
        jsonb_build_object('item', jsonb_build_object('text', text)),
        'applied', '', 1, at, at, at, ''
    FROM whatsapp_message
    WHERE user_id >= 'KE.' || lpad(%(from)s::text, 8, '0') AND wamid LIKE 'wamid.stored.%%'""",
)
