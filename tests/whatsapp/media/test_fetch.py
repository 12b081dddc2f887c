"""From a row that waits to a file that is stored, with every trouble on the way."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from ats.tenancy import all_companies, company_scope
from tests.factories.whatsapp import NOW, World
from tests.whatsapp.media import files
from tests.whatsapp.media.acts import drained, files_in
from tests.whatsapp.media.loopback import Meta
from whatsapp import jobs, tasks
from whatsapp.connection import vault
from whatsapp.media import fetch, outcome
from whatsapp.media.attach import forget
from whatsapp.models import (
    AuditEntry,
    Connection,
    ConnectionState,
    LiveEvent,
    MediaFile,
    MediaState,
)

pytestmark = pytest.mark.django_db

PHOTO = files.picture("JPEG", (1200, 900))
Attached = Callable[..., MediaFile]
LEASE = timedelta(seconds=django_settings.WHATSAPP["MEDIA_LEASE"])


def told(media: MediaFile) -> int:
    """How often browsers were told to draw the bubble again."""
    events = LiveEvent.objects.filter(kind="message", data__message=media.message_id)
    return events.count()


def test_a_photo_is_fetched_examined_and_kept_with_a_thumbnail(
    world: World, meta: Meta, attached: Attached, kept: Path
) -> None:
    meta.files["5001"] = PHOTO
    digest = hashlib.sha256(PHOTO).digest()
    media = drained(attached("image", sha256=base64.b64encode(digest).decode()))
    assert (media.state, media.mime, media.size) == ("stored", "image/jpeg", len(PHOTO))
    assert (media.width, media.height, media.sha256) == (1200, 900, digest.hex())
    assert media.file.read() == PHOTO
    assert media.thumbnail.read()[8:12] == b"WEBP"
    assert (media.cause, media.claimed_at, media.next_try_at) == ("", None, None)
    assert media.file.name.startswith(f"whatsapp/{world.company.pk}/2026/11/{media.key}")
    assert len(files_in(kept)) == 2
    with company_scope(world.company):
        assert told(media) == 1


def test_meta_is_asked_for_the_number_and_never_at_the_webhooks_address(
    world: World, meta: Meta, attached: Attached
) -> None:
    meta.files["5001"] = PHOTO
    drained(attached(url="http://127.0.0.1:1/elsewhere"))
    (first, one), (second, other) = meta.asked
    assert "/5001?" in first
    assert f"phone_number_id={world.sender.phone_number_id}" in first
    assert second == "/file/5001"
    assert one == other == "Bearer EAAtoken"


@pytest.mark.parametrize(
    ("kind", "data", "mime"),
    [
        ("audio", files.OPUS, "audio/ogg"),
        ("video", files.MP4, "video/mp4"),
        ("document", files.PDF, "application/pdf"),
        ("document", files.HTML, "text/html"),
        ("sticker", files.picture("WEBP", (512, 512)), "image/webp"),
    ],
)
def test_every_kind_is_kept(
    meta: Meta, attached: Attached, kind: str, data: bytes, mime: str
) -> None:
    meta.files["5001"] = data
    media = drained(attached(kind))
    assert (media.state, media.mime) == ("stored", mime)
    assert bool(media.thumbnail) == (kind == "sticker")


def test_bytes_that_are_no_photo_are_not_kept(meta: Meta, attached: Attached, kept: Path) -> None:
    meta.files["5001"] = files.HTML
    media = drained(attached("image"))
    assert (media.state, media.next_try_at) == ("refused", None)
    assert "came as a photo but is a web page" in media.cause
    assert files_in(kept) == []


def test_a_file_that_is_announced_as_too_large_is_not_even_fetched(
    meta: Meta, attached: Attached
) -> None:
    meta.files["5001"] = PHOTO
    meta.told["file_size"] = str(5 * 1024 * 1024 + 1)
    media = drained(attached("image"))
    assert media.state == MediaState.REFUSED
    assert "larger than 5 MB" in media.cause
    assert [path for path, _ in meta.asked if path.startswith("/file/")] == []


def test_a_file_that_is_larger_than_it_says_is_cut_off(
    meta: Meta, attached: Attached, kept: Path
) -> None:
    meta.files["5001"] = files.picture("WEBP") + b"\0" * 102_400
    meta.told["file_size"] = "500"
    media = drained(attached("sticker"))
    assert media.state == MediaState.REFUSED
    assert "larger than 100 KB" in media.cause
    assert files_in(kept) == []


def test_an_address_that_has_expired_is_asked_for_again_at_once(
    meta: Meta, attached: Attached
) -> None:
    meta.files["5001"] = PHOTO
    meta.troubles = [("/file/", 404, b"<html>gone</html>")]
    media = drained(attached())
    assert (media.state, media.attempts) == ("stored", 1)
    assert len(meta.asked) == 4


@pytest.mark.parametrize(
    "trouble",
    [
        ("/file/", 503, b""),
        ("/file/", 429, b""),
        ("/file/", 302, b""),
        ("/v26.0/", 200, b"not json"),
        ("/v26.0/", 400, {"error": {"code": 80007, "message": "too fast"}}),
    ],
)
def test_a_trouble_that_passes_is_tried_again_later(
    meta: Meta, attached: Attached, trouble: tuple[str, int, Any]
) -> None:
    meta.files["5001"] = PHOTO
    meta.troubles = [trouble] * 3
    media = drained(attached())
    assert (media.state, media.attempts) == ("waiting", 1)
    assert "tried again by itself" in media.cause
    assert media.next_try_at is not None
    assert timedelta(seconds=3) < media.next_try_at - NOW < timedelta(seconds=8)
    meta.troubles = []
    assert drained(media).state == MediaState.WAITING
    media = drained(media, NOW + timedelta(seconds=8))
    assert (media.state, media.attempts, media.cause) == ("stored", 2, "")


def test_a_trouble_that_stays_ends_with_what_a_person_can_do(
    meta: Meta, attached: Attached
) -> None:
    meta.files["5001"] = PHOTO
    meta.troubles = [("/file/", 503, b"")] * 50
    media, now = attached(), NOW
    for _ in range(outcome.MOST_TRIES):
        media = drained(media, now)
        now = media.next_try_at or now
    assert (media.state, media.attempts) == ("failed", outcome.MOST_TRIES)
    assert "Press “Try again”" in media.cause
    assert now - NOW > timedelta(hours=4)
    assert len([path for path, _ in meta.asked if path == "/file/5001"]) == outcome.MOST_TRIES


def test_meta_out_of_reach_is_a_trouble_that_passes(attached: Attached, settings: Any) -> None:
    settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": "http://127.0.0.1:1"}
    media = drained(attached())
    assert media.state == MediaState.WAITING
    assert "could not be reached" in media.cause


def test_a_file_that_meta_has_forgotten_says_for_how_long_it_keeps_them(
    meta: Meta, attached: Attached
) -> None:
    media = drained(attached())
    assert (media.state, media.next_try_at) == ("failed", None)
    assert "keeps files for 7 days" in media.cause


def test_what_was_damaged_on_the_way_is_not_kept(
    meta: Meta, attached: Attached, kept: Path
) -> None:
    meta.files["5001"] = PHOTO
    meta.told["sha256"] = hashlib.sha256(b"another").hexdigest()
    media = drained(attached())
    assert media.state == MediaState.WAITING
    assert "damaged on the way" in media.cause
    assert files_in(kept) == []
    meta.told = {}
    assert drained(media, NOW + timedelta(seconds=8)).state == MediaState.STORED


def test_without_a_hash_the_size_has_to_be_right(meta: Meta, attached: Attached) -> None:
    meta.files["5001"] = PHOTO
    meta.told = {"sha256": "", "file_size": str(len(PHOTO) + 1)}
    assert drained(attached()).state == MediaState.WAITING
    meta.told = {"sha256": None, "file_size": None}
    assert drained(attached(media_id="5001")).state == MediaState.STORED


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:{port}/file/5001",
        "https://127.0.0.1:{port}/file/5001",
        "http://127.0.0.1:{port}@example.com/file/5001",
        "https://lookaside.fbsbx.com.example.com/file",
        "http://lookaside.fbsbx.com/file",
        "https://lookaside.fbsbx.com:8443/file",
        "https://me@lookaside.fbsbx.com/file",
        "file:///etc/passwd",
        "//example.com/x",
        "https://[",
        "x",
    ],
)
def test_the_token_goes_to_no_other_host(meta: Meta, attached: Attached, url: str) -> None:
    meta.files["5001"] = PHOTO
    meta.told["url"] = url.format(port=meta.url.rpartition(":")[2])
    media = drained(attached())
    assert media.state == MediaState.FAILED
    assert [path for path, _ in meta.asked if path.startswith("/file/")] == []


def test_a_refused_token_breaks_the_connection_and_the_file_waits_for_a_login(
    world: World, meta: Meta, attached: Attached
) -> None:
    meta.files["5001"] = PHOTO
    meta.troubles = [("/v26.0/", 401, {"error": {"code": 190, "message": "expired"}})]
    media = drained(attached())
    assert (media.state, media.attempts) == ("waiting", 0)
    assert "log in with Facebook again" in media.cause
    with company_scope(world.company):
        assert Connection.objects.get().state == ConnectionState.BROKEN
    assert drained(media, NOW + timedelta(days=1)).state == MediaState.WAITING
    with company_scope(world.company):
        Connection.objects.update(state=ConnectionState.CONNECTED)
    assert drained(media, NOW + timedelta(days=1)).state == MediaState.STORED


def test_a_token_that_no_key_opens_is_a_broken_connection(
    world: World, meta: Meta, attached: Attached
) -> None:
    with company_scope(world.company):
        Connection.objects.update(token=b"sealed with a lost key")
    assert drained(attached()).state == MediaState.WAITING
    assert meta.asked == []
    with company_scope(world.company):
        assert Connection.objects.get().state == ConnectionState.BROKEN
        Connection.objects.update(token=vault.seal("EAAtoken"))


def test_a_number_that_is_not_permitted_is_asked_about(
    world: World, meta: Meta, attached: Attached
) -> None:
    meta.troubles = [("/v26.0/", 403, {"error": {"code": 10, "message": "no"}})]
    media = drained(attached())
    assert media.state == MediaState.WAITING
    assert "does not let us" in media.cause
    with company_scope(world.company):
        connection = Connection.objects.get()
    assert connection.state == ConnectionState.CONNECTED
    assert connection.sync_wanted_at == NOW


def test_a_storage_that_fails_is_tried_again(
    meta: Meta, attached: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    meta.files["5001"] = PHOTO

    def full(*args: Any) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(fetch, "put", full)
        media = drained(attached())
    assert media.state == MediaState.WAITING
    assert "went wrong while the file was stored" in media.cause
    assert drained(media, NOW + timedelta(seconds=8)).state == MediaState.STORED


class Killed(BaseException):
    """As SIGKILL: nothing that follows is done."""


@pytest.mark.parametrize("after", ["put", "stored"])
def test_a_worker_killed_between_storing_and_marking_leaves_one_copy(
    meta: Meta,
    attached: Attached,
    kept: Path,
    monkeypatch: pytest.MonkeyPatch,
    after: str,
) -> None:
    meta.files["5001"] = PHOTO
    media = attached()

    def dies(*args: Any, **kwargs: Any) -> str:
        if after == "put":
            default_storage.save(media.path, ContentFile(PHOTO[:1000]))
        raise Killed

    with monkeypatch.context() as killing:
        killing.setattr(*((fetch, "put") if after == "put" else (outcome, "stored")), dies)
        with pytest.raises(Killed):
            fetch.drain(lambda: NOW)
    assert files_in(kept)
    with company_scope(media.company_id):
        media.refresh_from_db()
    assert (media.state, media.file.name) == ("fetching", "")
    with all_companies():
        assert fetch.expire_claims(now=NOW + LEASE) == 0
        assert fetch.expire_claims(now=NOW + LEASE + timedelta(seconds=1)) == 1
    media = drained(media, NOW + LEASE + timedelta(seconds=1))
    assert media.state == MediaState.STORED
    assert media.file.read() == PHOTO
    assert [str(path.relative_to(kept)) for path in files_in(kept)] == [
        media.file.name,
        media.thumbnail.name,
    ]


def test_a_file_that_kills_its_worker_every_time_is_given_up(
    meta: Meta, attached: Attached
) -> None:
    media = attached()
    with all_companies():
        MediaFile.objects.update(attempts=outcome.MOST_TRIES - 1)
        assert MediaFile.objects.claim_next(now=NOW) == media
        fetch.expire_claims(now=NOW + LEASE * 2)
        media.refresh_from_db()
    assert media.state == MediaState.FAILED
    assert "tell whoever runs this system" in media.cause


def test_one_file_is_claimed_once_and_the_longest_waiting_first(
    meta: Meta, attached: Attached
) -> None:
    young, old = attached(now=NOW), attached(now=NOW - timedelta(minutes=1))
    with all_companies():
        assert MediaFile.objects.claim_next(now=NOW) == old
        assert MediaFile.objects.claim_next(now=NOW) == young
        assert MediaFile.objects.claim_next(now=NOW) is None


def test_a_deleted_messages_file_is_erased(
    world: World, meta: Meta, attached: Attached, kept: Path
) -> None:
    meta.files["5001"] = PHOTO
    media = drained(attached())
    assert len(files_in(kept)) == 2
    with company_scope(world.company):
        forget(media.message, now=NOW)
        forget(media.message, now=NOW)
        media.refresh_from_db()
    assert media.state == MediaState.GONE
    media = drained(media)
    assert files_in(kept) == []
    assert (media.file.name, media.thumbnail.name, media.next_try_at) == ("", "", None)


def test_a_message_deleted_while_its_file_is_on_the_way_leaves_nothing(
    world: World, meta: Meta, attached: Attached, kept: Path
) -> None:
    media = attached()
    meta.files["5001"] = PHOTO
    with all_companies():
        claimed = MediaFile.objects.claim_next(now=NOW)
    with company_scope(world.company):
        forget(media.message, now=NOW)
        # The worker stores all the same, and dies before it can look.
        default_storage.save(media.path, ContentFile(PHOTO))
        assert claimed is not None
        assert not outcome.stored(claimed, now=NOW, file=media.path, thumbnail="")
    drained(media)
    assert files_in(kept) == []
    with company_scope(world.company):
        default_storage.save(media.path, ContentFile(PHOTO))
    media = drained(media, NOW + LEASE)
    assert files_in(kept) == []
    assert (media.state, media.next_try_at) == ("gone", None)


def test_a_worker_that_finds_its_message_deleted_takes_back_what_it_stored(
    world: World, meta: Meta, attached: Attached, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meta.files["5001"] = PHOTO
    media = attached()
    put = fetch.put

    def put_and_delete(name: str, content: Any) -> str:
        forget(media.message, now=NOW + timedelta(hours=1))
        return put(name, content)

    monkeypatch.setattr(fetch, "put", put_and_delete)
    assert drained(media).state == MediaState.GONE
    assert files_in(kept) == []


def test_try_again_begins_from_the_start_and_is_written_down(
    world: World, meta: Meta, attached: Attached
) -> None:
    media = drained(attached())
    assert media.state == MediaState.FAILED
    meta.files["5001"] = PHOTO
    with company_scope(world.company):
        assert outcome.retry(media=media, by=world.alice, now=NOW)
        entry = AuditEntry.objects.get(verb="media_tried_again")
        assert (entry.actor, entry.object_id) == (world.alice, media.pk)
    media = drained(media)
    assert (media.state, media.attempts) == ("stored", 1)
    with company_scope(world.company):
        assert not outcome.retry(media=media, by=world.alice, now=NOW)
        assert AuditEntry.objects.filter(verb="media_tried_again").count() == 1


def test_the_sweeper_wakes_the_fetcher_for_files_only_where_there_are_some(
    world: World, attached: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    media = attached()
    monkeypatch.setattr(jobs, "wake", woken.append)
    tasks.sweep()
    assert woken == [jobs.FETCH_MEDIA]
    with company_scope(world.company):
        Connection.objects.update(state=ConnectionState.BROKEN)
        tasks.sweep()
        assert woken == [jobs.FETCH_MEDIA]
        # Erasing needs no login.
        forget(media.message, now=NOW)
    tasks.sweep()
    assert woken == [jobs.FETCH_MEDIA] * 3


def test_nothing_that_a_stranger_wrote_and_no_token_is_logged(
    meta: Meta, attached: Attached, caplog: pytest.LogCaptureFixture
) -> None:
    meta.files["5001"] = PHOTO
    meta.troubles = [("/file/", 503, b"")]
    media = drained(attached("document", filename="CV of Amina.pdf"))
    assert f"media_not_fetched media={media.pk}" in caplog.text
    for secret in ("EAAtoken", "Amina", "/file/", meta.url):
        assert secret not in caplog.text
