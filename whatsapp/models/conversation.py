"""The thread between one sender and one contact, with what lists need kept beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from ats.tenancy import CompanyManager, CompanyOwned


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def newest_first(self) -> ConversationQuerySet:
        return self.order_by("-last_message_at", "-pk")

    def after(self, last_message_at: Any, pk: int) -> ConversationQuerySet:
        """The page that follows the given row of `newest_first`."""
        return self.filter(
            Q(last_message_at__lt=last_message_at) | Q(last_message_at=last_message_at, pk__lt=pk)
        )

    def waiting(self) -> ConversationQuerySet:
        return self.filter(waiting_since__isnull=False)


class Conversation(CompanyOwned):
    sender = models.ForeignKey(
        "whatsapp.Sender", on_delete=models.PROTECT, related_name="conversations"
    )
    contact = models.ForeignKey(
        "whatsapp.Contact", on_delete=models.PROTECT, related_name="conversations"
    )
    created_at = models.DateTimeField()
    last_message_at = models.DateTimeField()
    last_message = models.ForeignKey(
        "whatsapp.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The customer service window is this number's: it opens with a message to this sender.
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    unread_count = models.PositiveIntegerField(default=0)
    waiting_since = models.DateTimeField(
        null=True, blank=True, help_text="The oldest message of the candidate not answered yet"
    )

    objects: ClassVar = CompanyManager.from_queryset(ConversationQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "sender", "contact"], name="conversation_once"
            ),
        ]
        indexes = [
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
