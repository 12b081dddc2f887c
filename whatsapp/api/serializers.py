"""What goes in and out of the REST API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from whatsapp.models import Conversation, Message, MessageTemplate


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


class MessageSerializer(serializers.ModelSerializer[Message]):
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
        )


class NewMessageSerializer(serializers.Serializer[Any]):
    """`client_id` is the idempotency key: the same one again answers with the same message."""

    client_id = serializers.UUIDField()
    text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    template_id = serializers.IntegerField(required=False)
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
