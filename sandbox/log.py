"""The last calls and webhook deliveries, for the log page and the control API."""

from collections import deque
from typing import Any, NamedTuple


class Told(NamedTuple):
    """One update of a webhook: which phone it is about, what it says, of which message."""

    number: str
    label: str
    tail: str


class Line(NamedTuple):
    seq: int
    at: float
    kind: str  # "call" or "webhook"
    what: str
    status: int
    code: int
    ms: float
    note: str
    told: tuple[Told, ...]


class Log:
    def __init__(self) -> None:
        self.lines: deque[Line] = deque(maxlen=2000)
        self._seq = 0

    def add(
        self,
        at: float,
        kind: str,
        what: str,
        status: int,
        code: int = 0,
        ms: float = 0.0,
        note: str = "",
        told: tuple[Told, ...] = (),
    ) -> None:
        self._seq += 1
        self.lines.append(Line(self._seq, at, kind, what, status, code, ms, note, told))

    def since(self, seq: int) -> list[dict[str, Any]]:
        return [
            {k: v for k, v in line._asdict().items() if k != "told"}
            for line in self.lines
            if line.seq > seq
        ]
