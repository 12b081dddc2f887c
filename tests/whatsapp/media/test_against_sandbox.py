"""Files of every kind, from the sandbox's Meta into our storage."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ats.tenancy import company_scope
from tests.factories.whatsapp import MessageFactory
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack
from tests.whatsapp.media import files
from whatsapp.media import fetch
from whatsapp.media.attach import attach
from whatsapp.models import MediaFile

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("media"),
    pytest.mark.django_db,
]


@pytest.fixture
def sandboxed(sandbox_alone: Stack, settings: Any) -> Sandboxed:
    settings.WHATSAPP = settings.WHATSAPP | {
        "GRAPH_URL": sandbox_alone.sandbox,
        "APP_SECRET": sandbox_alone.env["FACEBOOK_APP_SECRET"],
    }
    return connect(sandbox_alone, now=timezone.now(), webhooks=False)


def sends(meta: Sandboxed, kind: str, **given: Any) -> MediaFile:
    """Amina sends a file; what a webhook would tell becomes a message with its row."""
    about = {"from": meta.world.contact.phone, "to": meta.phone_number_id, "type": kind}
    media_id = meta.stack.control("inbound", **about, **given)["media_id"]
    now = timezone.now()
    with company_scope(meta.world.company):
        message = MessageFactory(
            conversation=meta.world.conversation,
            direction="in",
            status="received",
            next_try_at=None,
            content={"type": kind, kind: {"id": media_id}},
        )
        media = attach(message, now=now)
    assert media is not None
    return media


def drained(media: MediaFile, later: timedelta = timedelta()) -> MediaFile:
    assert fetch.drain(lambda: timezone.now() + later)
    media.refresh_from_db()
    return media


def test_every_kind_arrives(sandboxed: Sandboxed) -> None:
    for kind, sample, mime in (
        ("image", "photo", "image/jpeg"),
        ("audio", "voice", "audio/ogg"),
        ("video", "video", "video/mp4"),
        ("document", "pdf", "application/pdf"),
        ("sticker", "sticker", "image/webp"),
    ):
        media = drained(sends(sandboxed, kind, sample=sample))
        assert (media.state, media.mime, media.cause) == ("stored", mime, "")
        assert bool(media.thumbnail) == (kind in ("image", "sticker"))


def test_what_lies_about_itself_is_refused(sandboxed: Sandboxed) -> None:
    page = base64.b64encode(files.HTML).decode()
    media = drained(sends(sandboxed, "image", data=page, mime_type="image/jpeg"))
    assert media.state == "refused"
    assert "is a web page" in media.cause


def test_what_was_damaged_is_fetched_again(sandboxed: Sandboxed) -> None:
    media = sends(sandboxed, "image", sample="photo")
    sandboxed.stack.control("media/corrupt", media_id=media.media_id)
    assert drained(media).state == "waiting"
    sandboxed.stack.control("media/corrupt", media_id=media.media_id, on=False)
    assert drained(media, timedelta(minutes=1)).state == "stored"


def test_what_meta_keeps_no_more_is_said(sandboxed: Sandboxed) -> None:
    media = sends(sandboxed, "image", sample="photo")
    sandboxed.stack.control("clock", advance=8 * 24 * 3600)
    media = drained(media)
    assert media.state == "failed"
    assert "keeps files for 7 days" in media.cause
