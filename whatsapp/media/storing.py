"""Bytes into Django's storage under the names that the rows fix, and out of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage

from whatsapp.models import MediaFile


def put(name: str, content: File[Any]) -> str:
    """Stores under exactly this name: what a dead worker left there is replaced."""
    if default_storage.exists(name):
        default_storage.delete(name)
    return default_storage.save(name, content)


def erase(media: MediaFile) -> None:
    """Also what was stored and not written down; what is not there is no error."""
    discard({media.path, media.thumbnail_path, media.file.name, media.thumbnail.name})


def discard(names: Iterable[str | None]) -> None:
    for name in filter(None, names):
        default_storage.delete(name)
