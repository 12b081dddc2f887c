"""Every kind of message against the sandbox, which refuses what Meta would."""

from __future__ import annotations

import io
import os
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.utils import timezone

from ats.tenancy import company_scope
from tests.factories.thread import BOOK, CONFIRM, SHIFTS
from tests.sandboxed import Sandboxed
from tests.whatsapp.sending.test_send import drain, write
from whatsapp.media.outgoing import look_at
from whatsapp.models import Direction, MediaFile, Message, MessageKind, MessageStatus
from whatsapp.sending import engine
from whatsapp.sending.content import (
    ContactsDraft,
    Draft,
    FileDraft,
    InteractiveDraft,
    LocationDraft,
    TextDraft,
    reaction_to,
)

# Files go to Meta in threads, which see only what is committed.
pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("sending"),
    pytest.mark.django_db(transaction=True),
]

SAMPLES = Path(__file__).parents[3] / "sandbox" / "samples"
PLACE_ASKED = {
    "type": "location_request_message",
    "body": {"text": "Where do you live?"},
    "action": {"name": "send_location"},
}


@pytest.fixture(autouse=True)
def _kept(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


def file(kind: str, name: str, caption: str = "", *, voice: bool = False) -> FileDraft:
    data = io.BytesIO((SAMPLES / name).read_bytes())
    found = look_at(data, kind=kind, filename=name, declared="", voice=voice, now=timezone.now())
    return FileDraft(found, caption)


def sent(meta: Sandboxed, draft: Draft) -> Message:
    message = write(meta, draft)
    drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.ACCEPTED, (message.error_title, message.error_details)
    return message


def drain_later() -> None:
    """The sender's pause is over as well, which Redis counts by its own clock."""
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    later = timezone.now() + timedelta(hours=1)
    assert engine.drain(lambda: later)


def theirs(meta: Sandboxed, text: str = "Where is it?") -> Message:
    """Amina's words, as the webhook would have brought them."""
    with company_scope(meta.world.company):
        return Message.objects.create(
            conversation=meta.world.conversation,
            sender=meta.world.sender,
            direction=Direction.IN,
            kind=MessageKind.TEXT,
            status=MessageStatus.RECEIVED,
            text=text,
            wamid=meta.answers(text),
            at=timezone.now(),
            created_at=timezone.now(),
        )


@pytest.mark.parametrize(
    ("kind", "name", "caption"),
    [
        ("image", "photo.jpg", "The lobby"),
        ("video", "video.mp4", "A tour"),
        ("audio", "voice.ogg", ""),
        ("document", "cv.pdf", "Sign here"),
        ("sticker", "sticker.webp", ""),
    ],
)
def test_a_file_is_given_to_meta_and_arrives(
    meta: Sandboxed, kind: str, name: str, caption: str
) -> None:
    message = sent(meta, file(kind, name, caption, voice=kind == "audio"))
    [seen] = meta.arrived()
    with company_scope(meta.world.company):
        media = MediaFile.objects.get(message=message)
    shown = seen["rendered"]
    assert (seen["type"], shown.get("caption", "")) == (kind, caption)
    assert (media.uploaded_to, bool(media.uploaded_at)) == (meta.world.sender.waba.waba_id, True)
    assert bool(shown.get("voice")) == (kind == "audio")
    assert shown.get("filename", "") == (name if kind == "document" else "")


@pytest.mark.parametrize(
    "draft",
    [
        LocationDraft(-4.0435, 39.6682, "Caravella Mombasa", "Nyali Road"),
        LocationDraft(0.0, 0.00000004),
        ContactsDraft([{"name": {"formatted_name": "Lucia"}, "phones": [{"phone": "+39 06 1"}]}]),
        InteractiveDraft(SHIFTS),
        InteractiveDraft(CONFIRM),
        InteractiveDraft(BOOK),
        InteractiveDraft(PLACE_ASKED),
    ],
    ids=["location", "nowhere", "contacts", "list", "buttons", "link", "place asked for"],
)
def test_what_is_no_file_arrives(meta: Sandboxed, draft: Draft) -> None:
    message = sent(meta, draft)
    [seen] = meta.arrived()
    assert (seen["type"], seen["wamid"]) == (draft.kind, message.wamid)


def test_an_answer_names_what_it_answers(meta: Sandboxed) -> None:
    asked = theirs(meta)
    sent(meta, LocationDraft(-4.0435, 39.6682, context_wamid=asked.wamid))
    sent(meta, TextDraft("There", asked.wamid))
    assert [one["context"] for one in meta.arrived()] == [asked.wamid, asked.wamid]


def test_a_reaction_arrives_and_is_taken_back(meta: Sandboxed) -> None:
    said = theirs(meta, "I got the job!")
    for emoji in ("🎉", ""):
        message = sent(meta, reaction_to(said, emoji))
        seen = meta.arrived()[-1]
        assert (seen["type"], seen["wamid"]) == ("reaction", message.wamid)
        assert seen["rendered"]["emoji"] == emoji


def test_a_file_is_uploaded_once_for_all_tries(meta: Sandboxed) -> None:
    meta.stack.control("fail", count=1, code=130429, match="messages")
    message = write(meta, file("document", "cv.pdf"))
    drain()
    uploaded = upload_of(meta)
    drain_later()
    message.refresh_from_db()
    assert message.status == MessageStatus.ACCEPTED and len(meta.arrived()) == 1
    assert upload_of(meta) == uploaded


@pytest.mark.parametrize(
    "changed",
    [{"uploaded_at": timezone.now() - timedelta(days=29, minutes=1)}, {"uploaded_to": "another"}],
    ids=["Meta is about to forget it", "the number belongs to another account now"],
)
def test_a_file_is_uploaded_anew(meta: Sandboxed, changed: dict[str, Any]) -> None:
    meta.stack.control("fail", count=1, code=130429, match="messages")
    message = write(meta, file("document", "cv.pdf"))
    drain()
    uploaded = upload_of(meta)
    with company_scope(meta.world.company):
        MediaFile.objects.update(**changed)
    drain_later()
    message.refresh_from_db()
    assert message.status == MessageStatus.ACCEPTED
    assert upload_of(meta) != uploaded


def upload_of(meta: Sandboxed) -> str:
    with company_scope(meta.world.company):
        return MediaFile.objects.get().media_id


def test_a_lost_answer_to_an_upload_sends_nothing_and_is_tried_again(meta: Sandboxed) -> None:
    meta.stack.control("fail", count=1, code=2, after_accept=True, match="media")
    sent(meta, file("image", "photo.jpg"))
    assert len(meta.arrived()) == 1


def test_a_file_that_meta_refuses_fails_in_words_and_sends_nothing(meta: Sandboxed) -> None:
    meta.stack.control("fail", count=1, code=131053, match="media")
    message = write(meta, file("image", "photo.jpg"))
    drain()
    message.refresh_from_db()
    assert (message.status, message.error_code) == (MessageStatus.FAILED, 131053)
    assert meta.arrived() == []


def test_a_file_that_is_gone_here_is_not_sent(meta: Sandboxed) -> None:
    message = write(meta, file("image", "photo.jpg"))
    with company_scope(meta.world.company):
        MediaFile.objects.update(state="gone")
    drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    assert [one["code"] for one in message.refusal] == ["bad_content"]
    assert meta.arrived() == []


def test_the_same_file_twice_is_one_message(meta: Sandboxed) -> None:
    draft = uuid.uuid4()
    first = write(meta, file("image", "photo.jpg", "Look"), client_id=draft)
    assert write(meta, file("image", "photo.jpg", "Look"), client_id=draft) == first
    with company_scope(meta.world.company):
        assert MediaFile.objects.count() == 1
