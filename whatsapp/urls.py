"""The module's pages, fragments, webhook and stream."""

from django.urls import path

from whatsapp.views import chat, compose, configuration, consent, inbox, live, thread, webhook

app_name = "whatsapp"

urlpatterns = [
    path("webhook/", webhook.webhook, name="webhook"),
    path("live/", live.live, name="live"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/rows/", inbox.rows, name="inbox_rows"),
    path("inbox/<int:conversation_id>/", inbox.conversation, name="conversation"),
    path("inbox/<int:conversation_id>/messages/", thread.messages, name="messages"),
    path("inbox/<int:conversation_id>/window/", thread.window, name="window"),
    path("inbox/<int:conversation_id>/read/", thread.read, name="read"),
    path("inbox/<int:conversation_id>/composer/", compose.composer, name="conversation_composer"),
    path(
        "inbox/<int:conversation_id>/send/text/", compose.send_text, name="conversation_send_text"
    ),
    path(
        "inbox/<int:conversation_id>/send/template/",
        compose.send_template,
        name="conversation_send_template",
    ),
    path("candidates/<int:candidate_id>/", chat.chat, name="chat"),
    path("candidates/<int:candidate_id>/composer/", compose.composer, name="candidate_composer"),
    path("candidates/<int:candidate_id>/send/text/", compose.send_text, name="candidate_send_text"),
    path(
        "candidates/<int:candidate_id>/send/template/",
        compose.send_template,
        name="candidate_send_template",
    ),
    path("candidates/<int:candidate_id>/consent/", consent.record, name="record_consent"),
    path(
        "candidates/<int:candidate_id>/consent/withdraw/",
        consent.withdraw,
        name="withdraw_consent",
    ),
    path("configuration/", configuration.configuration, name="configuration"),
    path("configuration/recipient/", configuration.save_recipient, name="save_recipient"),
    path("configuration/sync/", configuration.sync, name="sync"),
    path("configuration/login/", configuration.connect_begin, name="connect_begin"),
    path("configuration/login/hint/", configuration.connect_hint, name="connect_hint"),
    path("configuration/login/return/", configuration.connect_return, name="connect_return"),
]
