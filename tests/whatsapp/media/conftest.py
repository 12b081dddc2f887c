"""A Meta of the test's own, and a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, World
from tests.whatsapp.media.acts import message_with
from tests.whatsapp.media.loopback import Meta, serving
from whatsapp.media.attach import attach
from whatsapp.models import MediaFile, Message


@pytest.fixture
def meta(settings: Any) -> Iterator[Meta]:
    with serving() as meta:
        settings.WHATSAPP = settings.WHATSAPP | {"GRAPH_URL": meta.url}
        yield meta


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, settings: Any) -> Path:
    """Where files are kept in this test."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def arrives(world: World) -> Callable[..., Message]:
    """A message of Amina's with a file, as Meta's webhook tells it."""

    def arrive(kind: str = "image", media_id: str = "5001", **about: Any) -> Message:
        content = {"type": kind, kind: {"id": media_id, "mime_type": "image/jpeg", **about}}
        return message_with(world, content)

    return arrive


@pytest.fixture
def attached(world: World, arrives: Callable[..., Message]) -> Callable[..., MediaFile]:
    """As above, with the file's row."""

    def arrive(*args: Any, now: datetime = NOW, **about: Any) -> MediaFile:
        message = arrives(*args, **about)
        with company_scope(world.company):
            media = attach(message, now=now)
        assert media is not None
        return media

    return arrive
