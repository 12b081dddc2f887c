"""Lets every message that was handed over go at its moment, and notes when it arrived."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable

from whatsapp.sending.outgoing import Outgoing
from whatsapp.sending.pace import Late

# A moment that is nearer than this has come.
NEAR = 0.001
# How fast the quickest answer seen is forgotten: 1 % with each later one.
FORGETTING = 1.01


class Door:
    """One thread waits for all of them, so that no connection is held by one whose moment is yet to
    come. `leave` must not block."""

    def __init__(self, leave: Callable[[Outgoing], object]) -> None:
        self._leave = leave
        self._waiting: list[Outgoing] = []
        self._changed = threading.Condition()
        self._open = True
        self._thread: threading.Thread | None = None

    def let_go(self, one: Outgoing) -> None:
        if one.due <= time.monotonic() + NEAR:
            self._leave(one)
            return
        with self._changed:
            heapq.heappush(self._waiting, one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="send-door", daemon=True)
                self._thread.start()
            if self._waiting[0] is one:
                self._changed.notify()

    def close(self) -> None:
        """Nobody waits here any more."""
        with self._changed:
            self._open = False
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with self._changed:
            while self._open or self._waiting:
                rest = self._waiting[0].due - time.monotonic() if self._waiting else None
                if rest is None or rest > NEAR:
                    self._changed.wait(rest)
                else:
                    self._leave(heapq.heappop(self._waiting))


class Lateness:
    """How much later than its moment a message may have arrived.

    Nobody tells when a request arrives, but it was before its answer, and what the quickest answer
    lately took is the same for all. So delays of ours, of the network and of Meta's door all count.
    """

    def __init__(self) -> None:
        self._quickest = float("inf")
        self._late: list[Late] = []

    def answered(self, one: Outgoing, *, left: float, at: float) -> None:
        """It left and was answered at these moments, by `time.monotonic`."""
        self._quickest = min(self._quickest * FORGETTING, at - left)
        late = at - self._quickest - one.meant
        if one.moment and late > 0:
            self._late.append(Late(one.sender.pk, one.moment, late))

    def tell(self) -> list[Late]:
        told, self._late = self._late, []
        return told
