"""The exact moments of sends, for tests and benchmarks; kept in memory and only while asked for."""

from sandbox.records import Json

MOST = 250_000
Accepted = tuple[float, str, str | None, str]  # when, wamid, callback data, to whom
Refused = tuple[float, int, str | None, str]  # when, Meta's code (0: none), callback data, to whom


class Sends:
    """A mark is how many sends were noted before; the oldest leave when there are too many."""

    def __init__(self) -> None:
        self.on = False
        self._lines: list[tuple[str, bool, Accepted | Refused]] = []
        self._left = 0

    @property
    def mark(self) -> int:
        return self._left + len(self._lines)

    def accepted(self, phone_id: str, at: float, wamid: str, callback: str | None, to: str) -> None:
        self._add(phone_id, True, (at, wamid, callback, to))

    def refused(self, phone_id: str, at: float, code: int, callback: str | None, to: str) -> None:
        self._add(phone_id, False, (at, code, callback, to))

    def _add(self, phone_id: str, accepted: bool, line: Accepted | Refused) -> None:
        self._lines.append((phone_id, accepted, line))
        if len(self._lines) >= 2 * MOST:
            del self._lines[:MOST]
            self._left += MOST

    def since(self, mark: int) -> Json:
        """By phone number id; `lost` are those since the mark that are no longer kept."""
        numbers: dict[str, dict[str, list[Accepted | Refused]]] = {}
        for phone_id, accepted, line in self._lines[max(0, mark - self._left) :]:
            there = numbers.setdefault(phone_id, {"accepted": [], "refused": []})
            there["accepted" if accepted else "refused"].append(line)
        return {"mark": self.mark, "lost": max(0, self._left - mark), "numbers": numbers}

    def clear(self) -> None:
        self.on = False
        self._lines.clear()
        self._left = 0
