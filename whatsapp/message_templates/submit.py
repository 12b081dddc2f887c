"""Giving a template to Meta, taking it away, and what Meta said to that.

A person waits for Meta meanwhile, and never inside a transaction. What is lost between Meta's
answer and our row is found by the reading that every change asks for.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from ats.public import User
from whatsapp import events
from whatsapp.connection.clients import template_client_for
from whatsapp.connection.sync import break_connection, request_sync
from whatsapp.connection.template_life import STATE_FIELDS, put, state_of, tell
from whatsapp.connection.vault import Locked
from whatsapp.message_templates.beside import around
from whatsapp.message_templates.build import components, creation
from whatsapp.message_templates.drafts import current, forget_writing, held, leave
from whatsapp.meta.errors import AnswerLost, AuthError, GraphError, MetaError, UnreadableAnswer
from whatsapp.meta.template_text import text_digest
from whatsapp.meta.templates import Created, TemplateClient
from whatsapp.models import (
    LOGGED_IN,
    Connection,
    MessageTemplate,
    TemplateFile,
    TemplateTranslation,
)
from whatsapp.policy.template_faults import Fault
from whatsapp.policy.template_life import after_category, missing
from whatsapp.policy.template_rules import faults, refused

logger = logging.getLogger(__name__)

BROKEN = (
    "Your company’s login with Meta is not valid any more. Log in again in the WhatsApp settings; "
    "what you wrote is kept."
)
UNKNOWN = (
    "Meta’s answer was lost on the way, so nobody knows yet whether it was done. The templates are "
    "being read from Meta again: look at the list in a minute before you try again."
)
AWAY = "Meta cannot be reached at the moment. What you wrote is kept; try again in a few minutes."
NO_FILE = (
    "The header’s file could not be read here, so nothing was given to Meta. Try again in a "
    "minute; if it stays so, choose the file again."
)
BUSY = "Somebody is submitting it at this moment, or has changed it. Load the page again."


class NotTaken(Exception):
    """Nothing was given to Meta, or Meta did not take it. The text is for people; `faults` are
    what our own rules say."""

    def __init__(self, said: str, found: Sequence[Fault] = ()) -> None:
        super().__init__(said)
        self.faults = tuple(found)


def submit(*, translation: TemplateTranslation, by: User, now: datetime) -> MessageTemplate:
    """For review: a new one is created, one that Meta has is changed. Raises `NotTaken`."""
    written = current(translation)
    found = refused(faults(written, around(translation, written), now=now))
    if found:
        raise NotTaken("There are things that Meta would refuse.", found)
    before = translation.template
    claimed = TemplateTranslation.objects.claim_submission(
        translation,
        text=text_digest(components(written)),
        is_change=before is not None,
        now=now,
    )
    if not claimed:
        raise NotTaken(BUSY)
    connection = translation.family.waba.connection
    try:
        with asking(connection, now=now) as client:
            handle = _handle(client, written.header.format, translation)
            body = creation(written, header_handle=handle)
            if before is None:
                created = client.create_template(translation.family.waba.waba_id, body)
            else:
                client.edit_template(before.meta_id, body["components"], **_changes(before, body))
                created = Created(before.meta_id, "PENDING", body["category"])
    except NotTaken as problem:
        _note(translation, str(problem), claim=now)
        raise
    except Exception:
        # A fault of ours, of which nobody knows what Meta has heard.
        _note(translation, UNKNOWN, claim=now)
        raise
    return _keep(translation, before, body, created, by=by, now=now)


def expire_claims(*, now: datetime) -> None:
    """Over all companies: whoever submitted these is dead, or never heard what Meta said. Meta is
    read, and tells."""
    rows = TemplateTranslation.objects.unknown(now=now)
    for row in rows.select_related("family__waba__connection"):
        dead = TemplateTranslation.objects.filter(pk=row.pk, submitting_at=row.submitting_at)
        dead.exclude(submitting_at=None).update(submitting_at=None, refusal=UNKNOWN)
        request_sync(row.family.waba.connection, now=now)


def delete(*, template: MessageTemplate, by: User, now: datetime) -> None:
    """Takes one language away at Meta. Raises `NotTaken`. What was sent with it stays readable."""
    if template.status == "DISABLED":
        raise NotTaken("Meta keeps a template that it has disabled, so it cannot be deleted.")
    with asking(template.waba.connection, now=now) as client:
        client.delete_template(
            template.waba.waba_id, template_id=template.meta_id, name=template.name
        )
    with transaction.atomic():
        row = MessageTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
        # Its webhook may have been quicker than this answer.
        if row.meta_id == template.meta_id:
            put(row, missing(state_of(row), at=now))
            row.told_at = now
            row.save(update_fields=[*STATE_FIELDS, "rejection_words", "told_at"])
        gone = TemplateTranslation.objects.of(template).first()
        ours = held(gone.pk) if gone is not None else None
        if ours is not None:
            leave(ours, now=now)
        events.audit(
            actor=by,
            verb="template_deleted",
            about=template,
            now=now,
            name=template.name,
            language=template.language,
        )
        events.publish(template.company_id, "templates", now=now)
    request_sync(template.waba.connection, now=now)


def unpause(*, template: MessageTemplate, by: User, now: datetime) -> None:
    """Raises `NotTaken`."""
    with asking(template.waba.connection, now=now) as client:
        client.unpause_template(template.meta_id)
    with transaction.atomic():
        MessageTemplate.objects.filter(pk=template.pk, status="PAUSED").update(
            status="APPROVED", paused_until=None
        )
        events.audit(actor=by, verb="template_unpaused", about=template, now=now)
        events.publish(template.company_id, "templates", now=now)
    request_sync(template.waba.connection, now=now)


@contextmanager
def asking(connection: Connection, *, now: datetime) -> Iterator[TemplateClient]:
    """A client of the company; what goes wrong with it is raised as `NotTaken`."""
    if connection.state not in LOGGED_IN:
        raise NotTaken(BROKEN)
    try:
        yield template_client_for(connection)
    except (AuthError, Locked) as error:
        cause = error.explanation.sentence if isinstance(error, AuthError) else str(error)
        break_connection(connection, cause=cause, now=now)
        raise NotTaken(BROKEN) from error
    except (AnswerLost, UnreadableAnswer) as error:
        request_sync(connection, now=now, skip_pause=True)
        raise NotTaken(UNKNOWN) from error
    except GraphError as error:
        logger.warning("template_refused connection=%s error=%s", connection.pk, error)
        raise NotTaken(_words(error)) from error
    except MetaError as error:
        raise NotTaken(AWAY) from error


def _words(error: GraphError) -> str:
    """Meta's own words for people, where it has some; else ours for the code."""
    own = " ".join(part for part in (error.title, error.details) if part)
    return f"Meta did not take it: {own or error.explanation.sentence}"


def _handle(client: TemplateClient, header: str, translation: TemplateTranslation) -> str:
    file: TemplateFile | None = translation.draft_file
    if file is None or file.kind.upper() != header:
        return ""
    try:
        content = file.file.open("rb")
    except OSError as error:
        logger.exception("template_file_unreadable file=%s", file.pk)
        raise NotTaken(NO_FILE) from error
    with content:
        return client.upload(
            content,
            name=file.filename or file.kind,
            mime=file.mime,
            app_id=settings.WHATSAPP["APP_ID"],
        )


def _changes(before: MessageTemplate, body: dict[str, Any]) -> dict[str, str]:
    changes = {"parameter_format": body["parameter_format"]}
    if body["category"] != before.category:
        changes["category"] = body["category"]
    return changes


def _note(translation: TemplateTranslation, said: str, *, claim: datetime) -> None:
    """Under our claim alone: somebody may have taken it over from us. Where nobody knows what Meta
    has, the reading tells."""
    rows = TemplateTranslation.objects.filter(pk=translation.pk, submitting_at=claim)
    certain: dict[str, Any] = {"given": None}
    if translation.submitted_at is None:
        # Meta has nothing of it.
        certain["submitted_at"] = None
    rows.update(submitting_at=None, refusal=said[:1000], **({} if said == UNKNOWN else certain))


def _keep(
    translation: TemplateTranslation,
    before: MessageTemplate | None,
    body: dict[str, Any],
    created: Created,
    *,
    by: User,
    now: datetime,
) -> MessageTemplate:
    """Written down at once, so that the page shows it; Meta's own listing follows."""
    family = translation.family
    rows = MessageTemplate.objects.filter(waba=family.waba, meta_id=created.id, told_at__gt=now)
    with transaction.atomic():
        # Its webhook may have been quicker than this answer.
        newer = rows.select_for_update(no_key=True).first()
        told: dict[str, Any] = {
            "status": created.status,
            "category": created.category,
            "told_at": now,
            # What was heard of the round before explains nothing of this one.
            "heard_at": now,
        }
        if newer is not None:
            told = {"category": newer.category}
        template, _ = MessageTemplate.objects.update_or_create(
            company_id=family.company_id,
            waba=family.waba,
            name=body["name"],
            language=body["language"],
            defaults={
                "meta_id": created.id,
                **told,
                "parameter_format": body["parameter_format"].upper(),
                "components": body["components"],
                "rejected_reason": "",
                "rejection_words": "",
                "was_approved": before is not None and _was_approved(before),
                "paused_until": None,
                "is_gone": False,
                "gone_at": None,
            },
        )
        row = held(translation.pk)
        # Where its language was deleted here meanwhile, Meta has it all the same.
        if row is not None:
            _settle(row, translation, template, by=by, now=now)
            if before is not None and before.status == "APPROVED":
                row.edits = [*row.edits[-20:], now.isoformat()]
            row.save()
        if newer is None and created.category != body["category"]:
            _moved(template, body["category"], now=now)
        events.audit(
            actor=by,
            verb="template_submitted",
            about=template,
            now=now,
            name=template.name,
            language=template.language,
        )
        events.publish(family.company_id, "templates", now=now)
    request_sync(family.waba.connection, now=now)
    found: MessageTemplate = template
    return found


def _was_approved(template: MessageTemplate) -> bool:
    return template.was_approved or template.status in ("APPROVED", "PAUSED")


def _settle(
    row: TemplateTranslation,
    asked: TemplateTranslation,
    template: MessageTemplate,
    *,
    by: User,
    now: datetime,
) -> None:
    """Meta took what `asked`, the same before the question, had written."""
    row.submitting_at, row.given, row.refusal = None, None, ""
    row.submitted_at, row.submitted_by = now, by
    # What was typed while Meta was asked stays a change of its own.
    if row.version == asked.version:
        forget_writing(row)
    row.take_over(asked.draft_sources, asked.draft_file_id)
    # Also where somebody renamed it meanwhile: Meta has it under this name.
    row.family.name, row.family.category = template.name, template.category
    row.family.save(update_fields=["name", "category"])


def _moved(template: MessageTemplate, asked: str, *, now: datetime) -> None:
    """Meta took it in another category than it was submitted in."""
    before = replace(state_of(template), category=asked)
    after = after_category(before, template.category, previous=asked)
    put(template, after)
    template.save(update_fields=["previous_category", "next_category", "category_changes_at"])
    tell(template, before, after, now=now)
