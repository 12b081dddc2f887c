"""What happens to a file in these tests: it arrives, a worker works, and something is kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, MessageFactory, World
from whatsapp.media import fetch
from whatsapp.models import MediaFile, Message


def message_with(world: World, content: dict[str, Any]) -> Message:
    with company_scope(world.company):
        return MessageFactory(
            conversation=world.conversation,
            direction="in",
            status="received",
            next_try_at=None,
            content=content,
        )


def drained(media: MediaFile, now: datetime = NOW) -> MediaFile:
    """The file after a worker has done all that is due."""
    assert fetch.drain(lambda: now)
    with company_scope(media.company_id):
        media.refresh_from_db()
    return media


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
