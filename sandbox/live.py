"""Tells open pages that something changed; costs nothing while none is open."""

import asyncio
from collections.abc import AsyncIterator

PING_AFTER = 15.0
SETTLE = 0.08


class Live:
    def __init__(self) -> None:
        self._listeners: set[asyncio.Event] = set()
        self.stopping = asyncio.Event()

    def changed(self) -> None:
        for listener in self._listeners:
            listener.set()

    def stop(self) -> None:
        self.stopping.set()
        self.changed()

    async def stream(self) -> AsyncIterator[str]:
        listener = asyncio.Event()
        self._listeners.add(listener)
        try:
            yield "retry: 500\nevent: changed\ndata: {}\n\n"
            while not self.stopping.is_set():
                try:
                    await asyncio.wait_for(listener.wait(), PING_AFTER)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                await asyncio.sleep(SETTLE)
                listener.clear()
                yield "event: changed\ndata: {}\n\n"
        finally:
            self._listeners.discard(listener)
