"""Thumbnails are small, upright and clean, and no picture brings a worker down."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from tests.whatsapp.media.files import picture
from whatsapp.media.thumbnails import NO_PICTURE, picture_of


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_photo_is_turned_upright_and_loses_what_the_camera_wrote() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    exif[0x010F] = "a camera"
    data = picture("JPEG", (1600, 800), exif=exif, icc_profile=b"profile of a person")
    found = picture_of(io.BytesIO(data), "image/jpeg")
    assert (found.width, found.height) == (800, 1600)
    small = opened(found.thumbnail)
    assert (small.format, small.size) == ("WEBP", (320, 640))
    assert not small.getexif()
    assert "icc_profile" not in small.info
    red, _, blue = small.convert("RGB").getpixel((160, 20))  # type: ignore[misc]
    assert red > 200 > 60 > blue


def test_a_sticker_keeps_what_is_clear() -> None:
    image = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "WEBP")
    small = opened(picture_of(out, "image/webp").thumbnail)
    assert small.mode == "RGBA"
    assert small.getpixel((100, 100))[3] == 0  # type: ignore[index]


def test_an_animated_sticker_shows_its_first_picture() -> None:
    frames = [Image.new("RGB", (512, 512), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    small = opened(picture_of(out, "image/webp").thumbnail)
    assert getattr(small, "n_frames", 1) == 1
    assert small.getpixel((100, 100))[0] > 200  # type: ignore[index]


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1"])
def test_every_way_of_storing_colour_gives_a_picture(mode: str) -> None:
    kind = "JPEG" if mode in ("L", "CMYK") else "PNG"
    image = Image.new("RGB", (30, 20), "red").convert(mode)
    out = io.BytesIO()
    image.save(out, kind)
    assert picture_of(out, f"image/{kind.lower()}").thumbnail


def bomb(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)


@pytest.mark.parametrize("side", [7_000, 12_000, 100_000, 2**31 - 1])
def test_a_bomb_is_not_unpacked(side: int) -> None:
    assert picture_of(io.BytesIO(bomb(side, side)), "image/png").thumbnail == b""


@pytest.mark.parametrize(
    "data", [picture("JPEG", (400, 400))[:600], b"\xff\xd8\xff\xe0" + b"<html>" * 50, b""]
)
def test_a_broken_photo_has_no_thumbnail(data: bytes) -> None:
    assert picture_of(io.BytesIO(data), "image/jpeg").thumbnail == b""


def test_what_pillow_could_open_but_was_not_asked_to_stays_shut() -> None:
    assert picture_of(io.BytesIO(picture("GIF")), "image/gif") == NO_PICTURE
    assert picture_of(io.BytesIO(picture("GIF")), "image/png") == NO_PICTURE


def test_a_large_picture_is_judged_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow reads all of a PNG to say which way up it is."""
    data = io.BytesIO()
    Image.new("L", (7000, 7000)).save(data, "PNG")
    decoded: list[tuple[int, int]] = []
    load = PngImagePlugin.PngImageFile.load

    def noted(image: PngImagePlugin.PngImageFile) -> object:
        decoded.append(image.size)
        return load(image)

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", noted)
    assert picture_of(data, "image/png").thumbnail == b""
    assert decoded == []
