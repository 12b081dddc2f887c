"""Files leave through the gate only, with headers under which a stranger's bytes do no harm."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from ats.models import Company, Role
from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.factories.whatsapp import NOW, World
from tests.whatsapp.media import files
from tests.whatsapp.media.acts import drained, files_in
from tests.whatsapp.media.loopback import Meta
from whatsapp.media.attach import forget
from whatsapp.models import AuditEntry, MediaFile
from whatsapp.views.byte_ranges import Unsatisfiable, span_of

pytestmark = pytest.mark.django_db

PHOTO = files.picture("JPEG", (1200, 900))
Stored = Callable[..., MediaFile]


@pytest.fixture
def stored(meta: Meta, attached: Callable[..., MediaFile]) -> Stored:
    def store(data: bytes = PHOTO, kind: str = "image", **about: Any) -> MediaFile:
        meta.files["5001"] = data
        media = drained(attached(kind, **about))
        assert media.state == "stored", media.cause
        return media

    return store


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


def url(media: MediaFile, what: str = "media") -> str:
    return reverse(f"whatsapp:{what}", args=[media.pk])


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_a_colleague_sees_the_photo_and_its_thumbnail(alice: Client, stored: Stored) -> None:
    media = stored()
    whole, small = alice.get(url(media)), alice.get(url(media, "media_thumbnail"))
    assert (whole.status_code, body(whole)) == (200, PHOTO)
    assert whole["Content-Type"] == "image/jpeg"
    assert whole["Content-Disposition"] == f'inline; filename="image-{media.pk}.jpeg"'
    assert whole["Content-Length"] == str(len(PHOTO))
    assert (small.status_code, small["Content-Type"]) == (200, "image/webp")
    assert body(small)[8:12] == b"WEBP"
    for response in (whole, small):
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("kind", "data", "name", "mime"),
    [
        ("document", files.HTML, "cv.html", "application/octet-stream"),
        ("document", files.SVG, "logo.svg", "application/octet-stream"),
        ("document", files.XML_SVG, "logo.svg", "application/octet-stream"),
        ("document", files.EXE, "cv.pdf", "application/octet-stream"),
        ("document", files.SHELL, "run.sh", "application/octet-stream"),
        ("document", files.PDF, "CV.pdf", "application/pdf"),
        ("document", files.TEXT, "cv.txt", "text/plain"),
    ],
)
def test_a_document_is_only_ever_downloaded(
    alice: Client, stored: Stored, kind: str, data: bytes, name: str, mime: str
) -> None:
    media = stored(data, kind, filename=name, mime_type="text/html")
    response = alice.get(url(media))
    assert response["Content-Type"] == mime
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert body(response) == data
    assert alice.get(url(media, "media_thumbnail")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "data", "mime"),
    [
        ("audio", files.OPUS, "audio/ogg"),
        ("audio", files.AMR, "audio/amr"),
        ("video", files.MP4, "video/mp4"),
        ("video", files.THREE_GP, "video/3gpp"),
        ("sticker", files.picture("WEBP"), "image/webp"),
    ],
)
def test_what_is_played_goes_inline_under_the_type_that_was_found(
    alice: Client, stored: Stored, kind: str, data: bytes, mime: str
) -> None:
    response = alice.get(url(stored(data, kind, mime_type="text/html")))
    assert response["Content-Type"] == mime
    assert response["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", 'a"; filename="b.exe', "a\r\nSet-Cookie: x=1", "履歴書.pdf", "a\\b"],
)
def test_a_name_cannot_leave_its_header(alice: Client, stored: Stored, name: str) -> None:
    response = alice.get(url(stored(files.PDF, "document", filename=name)))
    header = response["Content-Disposition"]
    assert header.startswith("attachment; filename")
    assert not re.search(r"[\r\n/]|(?<!\\)\\(?!\")", header.replace("utf-8''", ""))
    assert "Set-Cookie" not in response.headers


def test_the_pages_of_the_product_may_show_and_play_them() -> None:
    policy = django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert "'self'" in policy["img-src"]
    assert "'self'" in policy["media-src"]


def test_another_company_finds_nothing(client: Client, stored: Stored) -> None:
    media = stored()
    charlie = UserFactory(company=CompanyFactory(modules=["whatsapp"]))
    client.force_login(charlie)
    for what in ("media", "media_thumbnail"):
        assert client.get(url(media, what)).status_code == 404
    assert client.post(url(media, "media_retry")).status_code == 404


def test_nobody_gets_it_without_signing_in_or_where_the_module_is_off(
    world: World, client: Client, stored: Stored
) -> None:
    media = stored()
    for what in ("media", "media_thumbnail"):
        assert client.get(url(media, what))["Location"].startswith(reverse("login"))
    Company.objects.update(modules=[])
    client.force_login(world.alice)
    for what in ("media", "media_thumbnail"):
        assert client.get(url(media, what)).status_code == 404


def test_a_file_that_is_not_stored_or_was_deleted_is_not_there(
    world: World, alice: Client, stored: Stored, attached: Callable[..., MediaFile]
) -> None:
    deleted = stored()
    waiting = attached()
    with company_scope(world.company):
        forget(deleted.message, now=NOW)
    for media in (waiting, deleted):
        assert alice.get(url(media)).status_code == 404


def test_bytes_that_the_storage_lost_are_not_an_error_page_of_ours(
    alice: Client, stored: Stored, kept: Path, caplog: pytest.LogCaptureFixture
) -> None:
    media = stored()
    for path in files_in(kept):
        path.unlink()
    assert alice.get(url(media)).status_code == 404
    assert f"media_bytes_missing media={media.pk}" in caplog.text


def test_files_are_nobody_elses_on_the_machine(stored: Stored, kept: Path) -> None:
    stored()
    assert {path.stat().st_mode & 0o777 for path in files_in(kept)} == {0o600}


def test_what_the_browser_has_is_not_sent_again(alice: Client, stored: Stored) -> None:
    media = stored()
    etag = alice.get(url(media))["ETag"]
    for header in (etag, f'W/{etag}, "x"', "*"):
        response = alice.get(url(media), headers={"If-None-Match": header})
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == etag
    assert alice.get(url(media), headers={"If-None-Match": '"x"'}).status_code == 200
    assert alice.get(url(media, "media_thumbnail"))["ETag"] != etag


@pytest.mark.parametrize(
    ("asked", "status", "said", "first", "last"),
    [
        ("bytes=0-9", 206, "bytes 0-9/{size}", 0, 10),
        ("bytes=5-", 206, "bytes 5-{end}/{size}", 5, None),
        ("bytes=-4", 206, "bytes {four}-{end}/{size}", -4, None),
        ("bytes=0-99999999", 206, "bytes 0-{end}/{size}", 0, None),
        ("bytes=0-1,5-6", 200, None, 0, None),
        ("bytes=9-5", 200, None, 0, None),
        ("lines=1-2", 200, None, 0, None),
        ("bytes=-", 200, None, 0, None),
    ],
)
def test_a_player_may_seek(
    alice: Client,
    stored: Stored,
    asked: str,
    status: int,
    said: str | None,
    first: int,
    last: int | None,
) -> None:
    response = alice.get(url(stored(files.MP4, "video")), headers={"Range": asked})
    size = len(files.MP4)
    assert response.status_code == status
    assert body(response) == files.MP4[first:last]
    assert response["Content-Length"] == str(len(files.MP4[first:last]))
    assert response["Accept-Ranges"] == "bytes"
    expected = said and said.format(size=size, end=size - 1, four=size - 4)
    assert response.headers.get("Content-Range") == expected


def test_a_range_beyond_the_end_is_refused_with_the_size(alice: Client, stored: Stored) -> None:
    media = stored(files.MP4, "video")
    for asked in ("bytes=999999-", "bytes=-0"):
        response = alice.get(url(media), headers={"Range": asked})
        assert response.status_code == 416
        assert response["Content-Range"] == f"bytes */{len(files.MP4)}"


def test_a_part_is_sent_only_of_the_file_that_the_browser_knows(
    alice: Client, stored: Stored
) -> None:
    media = stored(files.MP4, "video")
    etag = alice.get(url(media))["ETag"]
    same = alice.get(url(media), headers={"Range": "bytes=0-3", "If-Range": etag})
    other = alice.get(url(media), headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)


def test_asking_for_the_headers_sends_no_bytes(alice: Client, stored: Stored) -> None:
    response = alice.head(url(stored()))
    assert response["Content-Length"] == str(len(PHOTO))
    assert body(response) == b""


@given(header=st.text(alphabet="bytes=-, 0123456789", max_size=24), size=st.integers(0, 200))
def test_no_range_reaches_outside_the_file(header: str, size: int) -> None:
    try:
        span = span_of(header, size)
    except Unsatisfiable:
        return
    assert span is None or 0 <= span.first <= span.last < size


def test_try_again_is_for_those_who_may_write(
    world: World, client: Client, attached: Callable[..., MediaFile], meta: Meta
) -> None:
    media = drained(attached())
    assert media.state == "failed"
    client.force_login(UserFactory(company=world.company, role=Role.READ_ONLY))
    assert client.post(url(media, "media_retry")).status_code == 403
    client.force_login(world.bob)
    assert client.get(url(media, "media_retry")).status_code == 405
    assert client.post(url(media, "media_retry")).status_code == 204
    with company_scope(world.company):
        media.refresh_from_db()
        assert AuditEntry.objects.filter(actor=world.bob).count() == 1
    assert media.state == "waiting"
