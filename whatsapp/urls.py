"""The module's pages, fragments, webhook and stream."""

from django.urls import path

from whatsapp.views import (
    chat,
    compose,
    configuration,
    consent,
    inbox,
    live,
    matching,
    media,
    operations,
    runs,
    thread,
    unconfirmed,
    webhook,
)

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
    path("media/<int:media_id>/", media.media, name="media"),
    path("media/<int:media_id>/thumbnail/", media.thumbnail, name="media_thumbnail"),
    path("media/<int:media_id>/retry/", media.retry, name="media_retry"),
    path("messages/<int:message_id>/again/", unconfirmed.again, name="send_again"),
    path("messages/<int:message_id>/leave/", unconfirmed.leave, name="leave_it"),
    path("runs/", runs.run_list, name="runs"),
    path("runs/new/", runs.run_new, name="run_new"),
    path("runs/new/count/", runs.run_count, name="run_count"),
    path("runs/<int:run_id>/", runs.run, name="run"),
    path("runs/<int:run_id>/now/", runs.run_now, name="run_now"),
    path("runs/<int:run_id>/act/", runs.run_act, name="run_act"),
    path("runs/<int:run_id>/export/", runs.run_export, name="run_export"),
    path("matching/", matching.queue, name="matching"),
    path("contacts/<int:contact_id>/candidates/", matching.people, name="contact_people"),
    path("contacts/<int:contact_id>/link/", matching.link, name="link_contact"),
    path("contacts/<int:contact_id>/unlink/", matching.unlink, name="unlink_contact"),
    path("contacts/<int:contact_id>/split/", matching.split, name="split_spellings"),
    path("contacts/<int:contact_id>/join/", matching.join, name="join_spellings"),
    path("contacts/<int:contact_id>/block/", matching.block, name="block_contact"),
    path("contacts/<int:contact_id>/unblock/", matching.unblock, name="unblock_contact"),
    path("contacts/<int:contact_id>/create/", matching.create, name="create_candidate_for"),
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
    path("operations/webhooks/", operations.webhooks, name="operations"),
    path("operations/webhooks/apply/", operations.apply_selection, name="apply_selection"),
    path("operations/webhooks/items/<int:item_id>/", operations.item, name="webhook_item"),
    path(
        "operations/webhooks/items/<int:item_id>/apply/", operations.apply_item, name="apply_item"
    ),
    path(
        "operations/webhooks/deliveries/<int:event_id>/",
        operations.delivery,
        name="webhook_delivery",
    ),
    path(
        "operations/webhooks/deliveries/<int:event_id>/apply/",
        operations.apply_delivery,
        name="apply_delivery",
    ),
]
