"""One failing call does not silence a process."""

from __future__ import annotations

import threading

from whatsapp.gathering import Gathering


def test_a_failing_call_does_not_end_the_gathering() -> None:
    failed, second = threading.Event(), threading.Event()

    def call(key: str) -> None:
        if key == "first":
            failed.set()
            raise RuntimeError("unforeseen")
        second.set()

    gathering = Gathering(0.001, call)
    gathering.soon("first")
    assert failed.wait(10)
    gathering.soon("second")
    assert second.wait(10)


def test_calls_of_one_moment_become_one() -> None:
    called: list[str] = []
    done = threading.Event()

    def call(key: str) -> None:
        called.append(key)
        if key == "end":
            done.set()

    gathering = Gathering(0.05, call)
    for _ in range(100):
        gathering.soon("many")
    gathering.soon("end")
    assert done.wait(10)
    assert sorted(called) == ["end", "many"]
