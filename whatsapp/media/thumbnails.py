"""A small, clean picture of an image: upright, without metadata, and safe against bombs."""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass
from typing import IO

from PIL import Image, ImageOps

logger = logging.getLogger(__name__)

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
LONGEST_SIDE = 640
# Decoded it takes four bytes a pixel. The largest cameras of phones whose photos WhatsApp passes
# on below its cap of 5 MB have less.
MOST_PIXELS = 40_000_000
ORIENTATION = 0x0112
TURNED = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Picture:
    """`thumbnail` is WebP; empty where the image is too large to be opened or is broken."""

    width: int | None
    height: int | None
    thumbnail: bytes


NO_PICTURE = Picture(None, None, b"")


def picture_of(file: IO[bytes], mime: str) -> Picture:
    if mime not in FORMATS:
        return NO_PICTURE
    file.seek(0)
    try:
        with warnings.catch_warnings():
            # The size is judged here, before a pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=[FORMATS[mime]]) as image:
                return _picture(image)
    except Exception as error:
        # The list of what a broken file makes Pillow raise is open.
        logger.info("thumbnail_not_made cause=%s", type(error).__name__)
        return NO_PICTURE


def is_broken(width: int | None, height: int | None, thumbnail: bytes) -> bool:
    """Whether nobody can see it; a picture that is too large to be opened here may be fine."""
    if not width or not height:
        return True
    return not thumbnail and width * height <= MOST_PIXELS


def _picture(image: Image.Image) -> Picture:
    width, height = image.size
    # Before anything else: reading which way up a PNG is decodes all of it.
    if width * height > MOST_PIXELS:
        return Picture(width, height, b"")
    if image.getexif().get(ORIENTATION) in TURNED:
        width, height = height, width
    try:
        return Picture(width, height, _thumbnail(image))
    except Exception as error:
        logger.info("thumbnail_not_made cause=%s", type(error).__name__)
        return Picture(width, height, b"")


def _thumbnail(image: Image.Image) -> bytes:
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(image)
    clear = upright.has_transparency_data
    small = upright.convert("RGBA" if clear else "RGB")
    # Else Pillow would write the colour profile, and with it whatever stands in it.
    small.info = {}
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=4)
    return out.getvalue()
