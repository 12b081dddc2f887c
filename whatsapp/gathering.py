"""Many calls within a moment become one, made at its end by a thread of its own."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

K = TypeVar("K", bound=Hashable)


class Gathering(Generic[K]):
    """`call(key)` is made once for all `soon(key)` of the same `seconds`, at their end. A process
    that dies meanwhile makes no call: only for what somebody else looks for as well."""

    def __init__(self, seconds: float, call: Callable[[K], None]) -> None:
        self._seconds, self._call = seconds, call
        self._keys: set[K] = set()
        self._some = threading.Condition()
        # The process whose thread it is: a child that was forked begins its own.
        self._pid = 0

    def soon(self, key: K) -> None:
        with self._some:
            self._keys.add(key)
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._work, daemon=True).start()
            self._some.notify()

    def _work(self) -> None:
        while True:
            with self._some:
                self._some.wait_for(lambda: self._keys)
            time.sleep(self._seconds)
            # Taken before the calls: who comes during them is called for again.
            with self._some:
                keys, self._keys = self._keys, set()
            for key in keys:
                try:
                    self._call(key)
                except Exception:
                    # One call that fails must not be the last that this process makes.
                    logger.exception("gathered_call_failed")
