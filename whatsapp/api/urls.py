"""Addresses of the REST API."""

from django.urls import path

from whatsapp.api.conversations import ConversationList, MessageList

app_name = "whatsapp_api"

urlpatterns = [
    path("conversations/", ConversationList.as_view(), name="conversations"),
    path("conversations/<int:conversation_id>/messages/", MessageList.as_view(), name="messages"),
]
