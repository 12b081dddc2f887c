"""What the REST API tells of conversations, messages and files."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from whatsapp.models import Conversation, MediaFile, MediaState, Message


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    candidate_id = serializers.IntegerField(source="contact.candidate_id", read_only=True)

    class Meta:
        model = Conversation
        fields = (
            "id",
            "sender_id",
            "candidate_id",
            "last_message_at",
            "last_inbound_at",
            "unread_count",
            "waiting_since",
        )


class MediaFileSerializer(serializers.ModelSerializer[MediaFile]):
    """`url` is there once the file is; it is opened by the people who may see the conversation."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = MediaFile
        fields = ("id", "state", "cause", "mime", "filename", "size", "width", "height", "url")

    def get_url(self, media: MediaFile) -> str | None:
        is_here = media.state == MediaState.STORED
        return reverse("whatsapp:media", args=[media.pk]) if is_here else None


class MessageSerializer(serializers.ModelSerializer[Message]):
    """`media` is null without a file."""

    media = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = (
            "id",
            "direction",
            "kind",
            "status",
            "text",
            "author_id",
            "client_id",
            "at",
            "sent_at",
            "delivered_at",
            "read_at",
            "failed_at",
            "error_code",
            "error_title",
            "error_details",
            "edited_at",
            "deleted_at",
            "media",
        )

    def get_media(self, message: Message) -> dict[str, Any] | None:
        media = getattr(message, "media", None)
        return MediaFileSerializer(media).data if media is not None else None
