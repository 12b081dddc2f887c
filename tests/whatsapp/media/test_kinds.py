"""What a file is, is read from its bytes; names and declared types decide nothing."""

from __future__ import annotations

import io

import pytest

from tests.factories.whatsapp import NOW
from tests.whatsapp.media import files
from whatsapp import figures
from whatsapp.media.kinds import (
    Refusal,
    drawn_types,
    examine,
    most_bytes,
    named_types,
)

FIGURES = figures.at(NOW)
OOXML = "application/vnd.openxmlformats-officedocument"


def found(kind: str, data: bytes, declared: str = "") -> str:
    return examine(io.BytesIO(data), kind=kind, declared=declared, figures=FIGURES)


@pytest.mark.parametrize(
    ("kind", "data", "mime"),
    [
        ("image", files.picture("JPEG"), "image/jpeg"),
        ("image", files.picture("PNG"), "image/png"),
        ("sticker", files.picture("WEBP"), "image/webp"),
        ("video", files.MP4, "video/mp4"),
        ("video", files.THREE_GP, "video/3gpp"),
        ("audio", files.M4A, "audio/mp4"),
        ("audio", files.MP4, "audio/mp4"),
        ("audio", files.AAC, "audio/aac"),
        ("audio", files.AMR, "audio/amr"),
        ("audio", files.MP3, "audio/mpeg"),
        ("audio", files.MP3_SLOW, "audio/mpeg"),
        ("audio", files.MP3_TAGGED, "audio/mpeg"),
        ("audio", files.OPUS, "audio/ogg"),
        ("document", files.PDF, "application/pdf"),
        ("document", files.WORD, f"{OOXML}.wordprocessingml.document"),
        ("document", files.EXCEL, f"{OOXML}.spreadsheetml.sheet"),
        ("document", files.SLIDES, f"{OOXML}.presentationml.presentation"),
        ("document", files.TEXT, "text/plain"),
        ("document", files.picture("JPEG"), "image/jpeg"),
    ],
)
def test_every_type_of_metas_table_is_known(kind: str, data: bytes, mime: str) -> None:
    assert found(kind, data, declared="text/html") == mime


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("image", files.HTML, "is a web page"),
        ("image", files.SVG, "is an SVG drawing"),
        ("image", files.picture("GIF"), "is a GIF"),
        ("image", files.HEIC, "is a HEIC photo"),
        ("image", files.PDF, "is a PDF"),
        ("image", files.TEXT, "no photo of a kind that WhatsApp allows"),
        ("sticker", files.picture("PNG"), "came as a sticker"),
        ("video", files.QUICKTIME, "is a QuickTime video"),
        ("video", files.EXE, "came as a video"),
        ("audio", files.HTML, "came as an audio file but is a web page"),
        ("audio", files.PDF, "is a PDF"),
    ],
)
def test_what_is_not_what_it_came_as_is_refused_in_words(
    kind: str, data: bytes, words: str
) -> None:
    with pytest.raises(Refusal) as caught:
        found(kind, data, declared="image/jpeg")
    assert words in str(caught.value)
    assert "send it another way" in str(caught.value)


def test_an_empty_file_is_none() -> None:
    with pytest.raises(Refusal, match="empty"):
        found("document", b"")


@pytest.mark.parametrize(
    "data",
    [
        files.HTML,
        b"\xef\xbb\xbf  \n<html>",
        files.SVG,
        files.XML_SVG,
        files.EXE,
        files.SHELL,
        files.WORD_WITH_MACROS,
        files.archive("META-INF/MANIFEST.MF", "Main.class"),
        files.archive("a.html"),
        b"\x7fELF\2\1\1" + b"\0" * 100,
        b"text with a \0 byte",
        b"\xff\xfe<\0h\0t\0m\0l\0>\0",
    ],
)
def test_a_document_that_could_run_has_no_type_that_is_drawn_or_named(data: bytes) -> None:
    mime = found("document", data, declared="application/pdf")
    assert mime not in drawn_types(FIGURES)
    assert mime not in named_types(FIGURES)


def test_old_office_formats_share_a_container_and_are_told_apart_by_what_was_declared() -> None:
    assert found("document", files.OLD_WORD, "application/vnd.ms-excel") == (
        "application/vnd.ms-excel"
    )
    assert found("document", files.OLD_WORD, "image/jpeg") == "application/msword"


def test_a_letter_cut_in_two_at_the_end_of_what_is_read_is_text() -> None:
    assert found("document", b"a" * (64 * 1024 - 1) + "é".encode() * 9) == "text/plain"


def test_an_animated_sticker_may_be_larger() -> None:
    assert most_bytes("sticker", False, FIGURES) == 102_400
    assert most_bytes("sticker", True, FIGURES) == 512_000
    assert most_bytes("document", True, FIGURES) == 104_857_600
