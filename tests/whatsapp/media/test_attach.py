"""The file's row comes with its message, whatever Meta's JSON holds."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, World
from tests.whatsapp.media.acts import message_with
from whatsapp import jobs
from whatsapp.media.attach import attach, clean, hex_digest, shortened
from whatsapp.models import MediaFile, MediaState, Message

pytestmark = pytest.mark.django_db

HASH = hashlib.sha256(b"cv").hexdigest()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr(jobs, "wake", calls.append)
    return calls


def test_a_document_waits_to_be_fetched_under_its_name(
    world: World, arrives: Callable[..., Message], woken: list[str]
) -> None:
    message = arrives("document", filename="CV Amina.pdf", mime_type="application/pdf", sha256=HASH)
    with company_scope(world.company):
        media = attach(message, now=NOW)
        assert media is not None
        assert (media.state, media.kind, media.filename) == ("waiting", "document", "CV Amina.pdf")
        assert (media.declared_mime, media.sha256) == ("application/pdf", HASH)
        assert list(MediaFile.objects.due(now=NOW)) == [media]
        assert MediaFile.objects.get(message=message) == media
    assert woken == [jobs.FETCH_MEDIA]


def test_the_same_message_twice_is_one_file(
    world: World, arrives: Callable[..., Message], woken: list[str]
) -> None:
    message = arrives("audio", voice=True)
    with company_scope(world.company):
        first, again = attach(message, now=NOW), attach(message, now=NOW)
        assert first == again
        assert first is not None
        assert first.voice
        assert MediaFile.objects.count() == 1
    assert len(woken) == 1


@pytest.mark.parametrize(
    "content",
    [
        {"type": "image"},
        {"type": "image", "image": None},
        {"type": "image", "image": []},
        {"type": "image", "image": {"id": None}},
        {"type": "image", "image": {"id": {"a": 1}}},
        {"type": "image", "image": {"id": "9" * 400}},
        {"type": "image", "image": {"id": ""}, "errors": "none"},
    ],
)
def test_a_file_without_a_usable_id_says_so(
    world: World, content: dict[str, Any], woken: list[str]
) -> None:
    message = message_with(world, content)
    with company_scope(world.company):
        media = attach(message, now=NOW)
        assert media is not None
        assert media.state == MediaState.REFUSED
        assert "Ask the candidate to send it again" in media.cause
        assert not MediaFile.objects.due(now=NOW).exists()
    assert woken == []


@pytest.mark.parametrize("content", [{}, {"type": "text"}, {"type": ["image"]}, {"type": None}, []])
def test_other_messages_have_no_file(world: World, content: Any) -> None:
    message = message_with(world, content)
    with company_scope(world.company):
        assert attach(message, now=NOW) is None
        assert not MediaFile.objects.exists()


def test_what_was_too_large_for_meta_is_said_in_words(world: World) -> None:
    errors = [{"code": 131052, "title": "Media download error"}]
    message = message_with(world, {"type": "video", "video": {"id": "5001"}, "errors": errors})
    with company_scope(world.company):
        media = attach(message, now=NOW)
    assert media is not None
    assert media.state == MediaState.REFUSED
    assert "larger than 100 MB" in media.cause
    assert "Ask them to send it another way" in media.cause


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (HASH, HASH),
        (HASH.upper(), HASH),
        (base64.b64encode(bytes.fromhex(HASH)).decode(), HASH),
        ("", ""),
        ("nonsense", ""),
        (base64.b64encode(b"short").decode(), ""),
        ("é", ""),
    ],
)
def test_a_hash_is_read_in_both_spellings(given: str, kept: str) -> None:
    assert hex_digest(given) == kept


def test_a_name_keeps_its_ending_and_hides_nothing() -> None:
    assert clean("cv\u202efdp.exe\x00\n") == "cvfdp.exe"
    long = shortened("a" * 500 + ".pdf")
    assert len(long) == 240
    assert long.endswith("a.pdf")
    assert shortened("a" * 500) == "a" * 240
    assert shortened("a." + "b" * 500) == "a." + "b" * 238
