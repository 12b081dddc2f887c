"""Faults on request: slow answers, failing calls, answers lost or held back."""

import asyncio
import re
from dataclasses import dataclass

from sandbox.errors import GraphError


@dataclass(slots=True)
class Fault:
    kind: str  # "fail", "lose" (accepted, answer lost) or "hang" (accepted, answer held back)
    left: int
    match: re.Pattern[str] | None
    error: GraphError | None = None
    seconds: float | None = None


class Faults:
    def __init__(self) -> None:
        self.latency = 0.0
        self.rules: list[Fault] = []
        self.held = 0
        self._release = asyncio.Event()

    @property
    def active(self) -> bool:
        return bool(self.rules) or self.latency > 0

    def take(self, path: str) -> Fault | None:
        for rule in self.rules:
            if rule.match is None or rule.match.search(path):
                rule.left -= 1
                if rule.left <= 0:
                    self.rules.remove(rule)
                return rule
        return None

    async def hang(self, seconds: float | None, gone: asyncio.Task[None]) -> None:
        """Holds an answer back until released, until `seconds` are over, or the caller is gone."""
        self.held += 1
        released = asyncio.ensure_future(self._release.wait())
        try:
            await asyncio.wait(
                {released, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            released.cancel()
            self.held -= 1

    def unhang(self) -> int:
        held = self.held
        self.rules = [rule for rule in self.rules if rule.kind != "hang"]
        self._release.set()
        self._release = asyncio.Event()
        return held

    def clear(self) -> None:
        self.latency = 0.0
        self.rules.clear()
        self.unhang()
