"""Whom a portfolio reached outside the customer service window in the last 24 hours."""

from collections import Counter, deque

from sandbox.records import Message

DAY = 24 * 3600


class Reached:
    """Unique numbers; one that got several messages counts until the last of them is a day old."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._counts: Counter[str] = Counter()
        self._counted: set[str] = set()
        self._last: dict[str, float] = {}  # longer than a day: the rise of the limit looks back

    def add(self, message: Message) -> None:
        self._messages.append(message)
        self._counted.add(message.wamid)
        self._counts[message.number] += 1
        self._last[message.number] = max(message.at, self._last.get(message.number, 0.0))

    def people_since(self, moment: float) -> int:
        """How many people were reached since then, for whatever stretch up to 30 days."""
        return sum(at > moment for at in self._last.values())

    def drop(self, message: Message) -> None:
        """Meta did not deliver it after all."""
        message.initiated = False
        if self._last.get(message.number) == message.at:
            del self._last[message.number]
        self._forget(message)

    def move(self, old: str, new: str) -> None:
        """The person has another number; their messages carry it from now on."""
        if old in self._counts:
            self._counts[new] += self._counts.pop(old)
        if old in self._last:
            self._last[new] = max(self._last.pop(old), self._last.get(new, 0.0))

    def count(self, now: float) -> int:
        """How many people were reached in the last 24 hours."""
        self._pass(now)
        return len(self._counts)

    def full(self, number: str, most: int, now: float) -> bool:
        """Whether this person would be one too many."""
        self._pass(now)
        return number not in self._counts and len(self._counts) >= most

    def _pass(self, now: float) -> None:
        while self._messages and self._messages[0].at + DAY <= now:
            self._forget(self._messages.popleft())

    def _forget(self, message: Message) -> None:
        if message.wamid in self._counted:
            self._counted.remove(message.wamid)
            self._counts[message.number] -= 1
            if not self._counts[message.number]:
                del self._counts[message.number]
