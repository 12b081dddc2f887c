"""Whoever was handed over leaves at its moment, and how late it arrived is told once."""

from __future__ import annotations

import queue
import time
import uuid
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.factories.whatsapp import NOW
from whatsapp.sending.door import Door, Lateness
from whatsapp.sending.outgoing import Outgoing
from whatsapp.sending.pace import Late


def outgoing(key: int, **given: Any) -> Outgoing:
    sender = SimpleNamespace(pk=7)
    values: dict[str, Any] = dict.fromkeys(
        ("company_id", "conversation_id", "contact_id", "attempt"), 1
    )
    values |= {"sender": sender, "connection": None, "dialled": "", "claim": NOW, "payload": {}}
    return Outgoing(**cast(Any, values | {"message_id": key, "callback_id": uuid.uuid4()} | given))


def test_each_leaves_at_its_moment_and_the_sooner_one_first() -> None:
    left: queue.SimpleQueue[tuple[int, float]] = queue.SimpleQueue()
    door = Door(lambda one: left.put((one.message_id, time.monotonic() - one.due)))
    now = time.monotonic()
    for key, wait in ((1, 0.08), (2, 0.04), (3, 0.0), (4, 0.06)):
        door.let_go(outgoing(key, due=now + wait))
    door.close()
    went = [left.get(timeout=1) for _ in range(4)]
    assert [key for key, _ in went] == [3, 2, 4, 1]
    assert all(late >= -0.002 for _, late in went)


def test_what_took_longer_than_the_quickest_answer_was_late() -> None:
    lateness = Lateness()
    lateness.answered(outgoing(1, meant=10.0, moment="a"), left=10.0, at=10.1)
    lateness.answered(outgoing(2, meant=10.0, moment="b"), left=10.05, at=10.35)
    (late,) = lateness.tell()
    assert late == Late(7, "b", pytest.approx(0.249))
    assert lateness.tell() == []
