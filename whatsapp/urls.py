"""The module's pages, fragments, webhook and stream."""

from django.urls import path

from whatsapp.views import (
    audit,
    chat,
    compose,
    configuration,
    connect,
    consent,
    inbox,
    live,
    matching,
    media,
    operations,
    runs,
    sender_link,
    sender_name,
    sender_profile,
    sender_replacing,
    senders,
    template_editor,
    template_start,
    templates,
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
    path("templates/", templates.library, name="templates"),
    path("templates/choices/", templates.choices, name="template_choices"),
    path("templates/new/", template_start.start, name="template_new"),
    path("templates/look/<int:template_id>/", templates.page, name="template"),
    path("templates/look/<int:template_id>/star/", templates.star, name="template_star"),
    path("templates/look/<int:template_id>/teams/", templates.choose_teams, name="template_teams"),
    path("templates/<int:translation_id>/", template_editor.editor, name="template_editor"),
    path("templates/<int:translation_id>/save/", template_editor.save, name="template_save"),
    path(
        "templates/<int:translation_id>/submit/",
        template_editor.send_to_meta,
        name="template_submit",
    ),
    path(
        "templates/<int:translation_id>/use/",
        template_editor.put_in_force,
        name="template_put_in_force",
    ),
    path(
        "templates/<int:translation_id>/discard/", template_editor.discard, name="template_discard"
    ),
    path("templates/<int:translation_id>/delete/", template_editor.delete, name="template_delete"),
    path(
        "templates/<int:translation_id>/unpause/", template_editor.unpause, name="template_unpause"
    ),
    path("templates/<int:translation_id>/file/", template_editor.put_file, name="template_file"),
    path("templates/<int:translation_id>/photo/", media.template_photo, name="template_photo"),
    path(
        "templates/<int:translation_id>/language/",
        template_editor.add_language,
        name="template_language",
    ),
    path(
        "templates/at-meta/<int:template_id>/",
        template_editor.open_template,
        name="template_open",
    ),
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
    path("configuration/quiet/", configuration.save_quiet, name="save_quiet"),
    path("configuration/audit/", audit.audit_trail, name="audit_trail"),
    path("configuration/disconnect/", connect.disconnect, name="disconnect"),
    path("configuration/sync/", configuration.sync, name="sync"),
    path("configuration/senders/add/", senders.add, name="sender_add"),
    path("configuration/senders/read/", senders.read_typed, name="sender_read"),
    path("configuration/senders/<int:sender_id>/verify/", senders.verify, name="sender_verify"),
    path("configuration/senders/<int:sender_id>/code/", senders.code, name="sender_code"),
    path("configuration/senders/<int:sender_id>/connect/", senders.connect, name="sender_connect"),
    path(
        "configuration/senders/<int:sender_id>/disconnect/",
        senders.disconnect,
        name="sender_disconnect",
    ),
    path(
        "configuration/senders/<int:sender_id>/replace/",
        sender_replacing.replace,
        name="sender_replace",
    ),
    path(
        "configuration/senders/<int:sender_id>/name/", sender_name.display_name, name="sender_name"
    ),
    path(
        "configuration/senders/<int:sender_id>/name/use/", sender_name.use, name="sender_name_use"
    ),
    path("configuration/senders/<int:sender_id>/rename/", senders.rename, name="sender_rename"),
    path(
        "configuration/senders/<int:sender_id>/profile/",
        sender_profile.profile,
        name="sender_profile",
    ),
    path("configuration/senders/<int:sender_id>/photo/", sender_profile.photo, name="sender_photo"),
    path("configuration/senders/<int:sender_id>/link/", sender_link.link, name="sender_link"),
    path("configuration/senders/<int:sender_id>/qr/", sender_link.qr, name="sender_qr"),
    path("configuration/login/", connect.connect_begin, name="connect_begin"),
    path("configuration/login/hint/", connect.connect_hint, name="connect_hint"),
    path("configuration/login/choose/", connect.connect_choose, name="connect_choose"),
    path("configuration/login/return/", connect.connect_return, name="connect_return"),
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
