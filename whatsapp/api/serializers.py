"""What goes in and out of the REST API."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from whatsapp.ids import whole_number
from whatsapp.models import Conversation, MediaFile, MediaState, Message, MessageTemplate


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


class IdField(serializers.IntegerField):
    """A row's id: digits 0 to 9. Python's `int` would take “1_0” and other scripts' digits for
    another row's."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and whole_number(data) is None:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class NewMessageSerializer(serializers.Serializer[Any]):
    """`client_id` is the idempotency key: the same one again answers with the same message."""

    client_id = serializers.UUIDField()
    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    template_id = IdField(required=False)
    values = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("text" in attrs) == ("template_id" in attrs):
            raise serializers.ValidationError("Give either text or template_id, and only one.")
        template_id = attrs.get("template_id")
        if template_id is not None:
            attrs["template"] = MessageTemplate.objects.filter(pk=template_id).first()
            if attrs["template"] is None:
                raise serializers.ValidationError(
                    {"template_id": f"There is no template {template_id}."}
                )
        return attrs
