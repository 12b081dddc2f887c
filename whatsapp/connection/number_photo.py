"""The photo in a sender's business profile: checked, cut to a square, given to Meta, kept by us.

What people give us is decoded and drawn anew: what leaves is what they saw, without the place where
it was taken.
"""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageOps

from ats.public import User
from whatsapp import events, figures
from whatsapp.connection.number_refusals import NumberRefused, asking
from whatsapp.meta.errors import MetaError
from whatsapp.meta.numbers import NumberClient
from whatsapp.models import Sender
from whatsapp.policy.numbers import NumberProblem, Step

logger = logging.getLogger(__name__)

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
MIME = "image/jpeg"
# Decoded it takes four bytes a pixel; the cameras of phones make less.
MOST_PIXELS = 40_000_000
QUALITY = 90
# WhatsApp draws black where a photo is transparent.
BEHIND = (255, 255, 255)
FETCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Square:
    """A photo as it leaves: JPEG."""

    data: bytes
    was_cut: bool  # it was not square


def change_photo(*, sender: Sender, file: IO[bytes], by: User, now: datetime) -> Square:
    """Candidates see this photo from now on. Raises `NumberRefused`."""
    square = square_of(file, now=now)
    with asking(Step.PROFILE, sender.waba.connection, now=now) as client:
        handle = client.upload(
            io.BytesIO(square.data),
            name="photo.jpg",
            mime=MIME,
            app_id=settings.WHATSAPP["APP_ID"],
        )
        client.save_business_profile(sender.phone_number_id, {"profile_picture_handle": handle})
    _keep(sender, square.data, by=by, now=now)
    return square


def square_of(file: IO[bytes], *, now: datetime) -> Square:
    """The middle of an image, upright, at the size that WhatsApp keeps. Raises `NumberRefused`."""
    known = figures.at(now).numbers
    if file.seek(0, 2) > known.profile_photo_bytes:
        raise NumberRefused(NumberProblem.PHOTO_TOO_LARGE)
    file.seek(0)
    formats = [FORMATS[mime] for mime in sorted(known.profile_photo_types)]
    try:
        with warnings.catch_warnings():
            # The size is judged here, before a pixel is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=formats) as image:
                _demand_size(image.size, least=known.profile_photo_least_side)
                data = _drawn(image, known.profile_photo_side)
                return Square(data, was_cut=image.width != image.height)
    except NumberRefused:
        raise
    except Exception as error:
        # The list of what a broken file makes Pillow raise is open.
        logger.info("photo_not_read cause=%s", type(error).__name__)
        raise NumberRefused(NumberProblem.PHOTO_NO_IMAGE) from error


def _demand_size(size: tuple[int, int], *, least: int) -> None:
    if size[0] * size[1] > MOST_PIXELS:
        raise NumberRefused(NumberProblem.PHOTO_TOO_LARGE)
    if min(size) < least:
        raise NumberRefused(NumberProblem.PHOTO_TOO_SMALL)


def _drawn(image: Image.Image, most: int) -> bytes:
    side = min(most, *image.size)
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    square = ImageOps.fit(upright, (side, side), Image.Resampling.LANCZOS)
    ground = Image.new("RGB", square.size, BEHIND)
    ground.paste(square, mask=square.getchannel("A"))
    out = io.BytesIO()
    ground.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def follow_photo(sender: Sender, client: NumberClient, url: str, *, now: datetime) -> None:
    """Our copy becomes what Meta has, which somebody may have changed in WhatsApp Manager. Where
    that cannot be had, ours stays: a profile can be changed without its photo."""
    if not url:
        _keep(sender, b"", by=None, now=now)
        return
    file = io.BytesIO()
    try:
        client.picture(
            url,
            file,
            hosts=frozenset(settings.WHATSAPP["PHOTO_HOSTS"]),
            most=figures.at(now).numbers.profile_photo_bytes,
            seconds=FETCH_SECONDS,
        )
        # What Meta serves is drawn anew as well: a browser gets nothing but our own JPEG.
        data = file.getvalue()
        if sha256(data).hexdigest() != sender.photo:
            data = square_of(file, now=now).data
    except (MetaError, NumberRefused) as error:
        logger.warning("photo_not_fetched sender=%s cause=%s", sender.pk, type(error).__name__)
        return
    _keep(sender, data, by=None, now=now)


def _keep(sender: Sender, data: bytes, *, by: User | None, now: datetime) -> None:
    """Writes the bytes first, then the row, and erases what that showed before."""
    kept = Sender(pk=sender.pk, company_id=sender.company_id)
    kept.photo = sha256(data).hexdigest() if data else ""
    if kept.photo and not default_storage.exists(kept.photo_path):
        default_storage.save(kept.photo_path, ContentFile(data))
    with transaction.atomic():
        row = Sender.objects.select_for_update(no_key=True).get(pk=sender.pk)
        old, old_path = row.photo, row.photo_path
        row.photo = sender.photo = kept.photo
        if old != kept.photo:
            row.save(update_fields=["photo"])
            if old:
                transaction.on_commit(lambda: default_storage.delete(old_path))
        if by is not None:
            events.audit(actor=by, verb="number_photo_changed", about=row, now=now)
