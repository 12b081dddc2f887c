"""Sending is tested against the running sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack


@pytest.fixture
def meta(sandbox_alone: Stack, transactional_db: None, settings: Any) -> Sandboxed:
    """A connected company whose Meta is the sandbox; its webhooks go nowhere."""
    settings.WHATSAPP = {
        **settings.WHATSAPP,
        "GRAPH_URL": sandbox_alone.sandbox,
        "READ_TIMEOUT": 2,
    }
    return connect(sandbox_alone, now=timezone.now(), webhooks=False)
