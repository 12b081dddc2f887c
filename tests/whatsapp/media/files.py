"""Small files of every kind that a candidate may send, real as far as a reader looks."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from PIL import Image

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0" * 60
THREE_GP = b"\0\0\0\x1cftyp3gp4\0\0\2\0isom3gp4" + b"\0" * 60
M4A = b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom" + b"\0" * 60
QUICKTIME = b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + b"\0" * 60
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 60
AAC = b"\xff\xf1\x50\x80\x2e\x7f\xfc" + b"\0" * 200
AMR = b"#!AMR\n" + b"\x3c" * 100
MP3_TAGGED = b"ID3\x03\0\0\0\0\0\x0a" + b"\0" * 100
MP3 = b"\xff\xfb\x90\x64" + b"\0" * 500
MP3_SLOW = b"\xff\xf3\x40\xc4" + b"\0" * 500
OPUS = b"OggS\0\2" + b"\0" * 20 + b"\x01\x13OpusHead\x01\x01" + b"\0" * 50
OLD_WORD = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
TEXT = "Zürich, 20 November\nDear team, this is my CV.\n".encode()
HTML = b"<!DOCTYPE html><html><script>alert(document.cookie)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML_SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EXE = b"MZ\x90\0" + b"\0" * 200
SHELL = b"#!/bin/sh\nrm -rf /\n"


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (80, 40), mode: str = "RGB", **options: Any
) -> bytes:
    """The left half red and the right half blue, so that it shows which way is up."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            # Of 1980, not of now: bytes are in the names of tests, which all workers have to share.
            file.writestr(zipfile.ZipInfo(name), "<x/>")
    return out.getvalue()


WORD = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")
EXCEL = archive("[Content_Types].xml", "xl/workbook.xml")
SLIDES = archive("[Content_Types].xml", "ppt/presentation.xml")
WORD_WITH_MACROS = archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")
