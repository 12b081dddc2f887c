"""The thread between one sender and one contact, with what lists need kept beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models import F, Q

from ats.tenancy import CompanyManager, CompanyOwned


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def listed(self) -> ConversationQuerySet:
        """Those that hold their messages, with people who are not blocked."""
        return self.filter(moved_to=None, contact__blocked_at=None)

    def newest_first(self) -> ConversationQuerySet:
        return self.order_by("-last_message_at", "-pk")

    def after(self, last_message_at: Any, pk: int) -> ConversationQuerySet:
        """The page that follows the given row of `newest_first`."""
        return self.filter(
            Q(last_message_at__lt=last_message_at) | Q(last_message_at=last_message_at, pk__lt=pk)
        )

    def between(self, company_id: int, *, sender_id: int, contact_id: int) -> Conversation | None:
        rows = self.raw(
            "SELECT * FROM whatsapp_conversation"
            " WHERE company_id = %s AND sender_id = %s AND contact_id = %s",
            [company_id, sender_id, contact_id],
        )
        return next(iter(rows), None)

    def take_in(self, pk: int, *, company_id: int, message_id: int, at: Any, counts: bool) -> None:
        """A message of theirs is in the thread: shown as the last unless a newer one is; where it
        `counts` it opens the window and waits for an answer. In any order; one statement, because
        every message does it."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE whatsapp_conversation SET
                    last_message_id = CASE WHEN last_message_id IS NULL OR last_message_at <= %(at)s
                        THEN %(message)s ELSE last_message_id END,
                    last_message_at = CASE WHEN last_message_id IS NULL OR last_message_at <= %(at)s
                        THEN %(at)s ELSE last_message_at END,
                    unread_count = unread_count + %(one)s,
                    waiting_since = CASE %(one)s WHEN 0 THEN waiting_since
                        ELSE LEAST(waiting_since, %(at)s) END,
                    last_inbound_at = CASE %(one)s WHEN 0 THEN last_inbound_at
                        ELSE GREATEST(last_inbound_at, %(at)s) END
                WHERE id = %(pk)s AND company_id = %(company)s
                """,
                {
                    "pk": pk,
                    "company": company_id,
                    "message": message_id,
                    "at": at,
                    "one": int(counts),
                },
            )

    def begin(
        self, company_id: int, *, sender_id: int, contact_ids: Sequence[int], now: datetime
    ) -> dict[int, int]:
        """The threads of these contacts, by contact; those that somebody else has begun meanwhile
        are theirs."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO whatsapp_conversation AS t (company_id, sender_id, contact_id,"
                "  created_at, last_message_at, unread_count)"
                " SELECT %(company)s, %(sender)s, contact_id, %(now)s, %(now)s, 0"
                " FROM unnest(%(contacts)s::bigint[]) AS g (contact_id)"
                # Returns the other one's row, too.
                " ON CONFLICT (company_id, sender_id, contact_id)"
                "  DO UPDATE SET created_at = t.created_at"
                " RETURNING contact_id, id",
                {
                    "company": company_id,
                    "sender": sender_id,
                    "contacts": list(contact_ids),
                    "now": now,
                },
            )
            return dict(cursor.fetchall())

    def show_as_last(self, messages: Mapping[int, int], *, at: datetime) -> None:
        """Lists show these messages, by thread, written at one moment, unless a newer one stands
        there already."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE whatsapp_conversation c"
                " SET last_message_id = g.message_id, last_message_at = %(at)s"
                " FROM unnest(%(threads)s::bigint[], %(messages)s::bigint[])"
                "  AS g (id, message_id)"
                " WHERE c.id = g.id"
                "  AND (c.last_message_id IS NULL OR c.last_message_at <= %(at)s)",
                {"threads": list(messages), "messages": list(messages.values()), "at": at},
            )

    def waiting(self) -> ConversationQuerySet:
        return self.filter(waiting_since__isnull=False)


class Conversation(CompanyOwned):
    sender = models.ForeignKey(
        "whatsapp.Sender",
        on_delete=models.PROTECT,
        related_name="conversations",
        db_index=False,
    )
    contact = models.ForeignKey(
        "whatsapp.Contact", on_delete=models.PROTECT, related_name="conversations"
    )
    created_at = models.DateTimeField()
    last_message_at = models.DateTimeField()
    last_message = models.ForeignKey(
        "whatsapp.Message",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    # The customer service window is this number's: it opens with a message to this sender.
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    # Everything that came until then has been seen by somebody who may answer.
    read_at = models.DateTimeField(null=True, blank=True)
    unread_count = models.PositiveIntegerField(default=0)
    waiting_since = models.DateTimeField(
        null=True, blank=True, help_text="The oldest message of the candidate not answered yet"
    )

    # Set where its messages went to another thread of the same person.
    moved_to = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )

    objects: ClassVar = CompanyManager.from_queryset(ConversationQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "sender", "contact"], name="conversation_once"
            ),
        ]
        # Few, because every message moves its thread in each of them.
        indexes = [
            models.Index(
                fields=["moved_to"], condition=Q(moved_to__isnull=False), name="conv_moved"
            ),
            models.Index(
                F("company"), F("last_message_at").desc(), F("id").desc(), name="conv_newest"
            ),
            models.Index(
                fields=["company", "waiting_since"],
                condition=Q(waiting_since__isnull=False),
                name="conv_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"Conversation {self.pk}"
