"""Faults on request: slow answers, failing calls, answers lost or held back, or any by chance."""

import asyncio
import json
import random
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sandbox import ids
from sandbox.errors import GraphError
from sandbox.records import Json


class Kind(NamedTuple):
    """What a fault does to a call, in this order: accept it or not, wait, hang up or answer."""

    says: str
    accepts: bool
    waits: bool = False
    hangs_up: bool = False


KINDS = {
    "fail": Kind("fail", False),
    "fail500": Kind("answer 500 without an error object", False),
    "late": Kind("accept, then tell a failure by webhook", True),
    "hang": Kind("accept, then hold the answer back", True, waits=True),
    "drop_before": Kind("hang up without accepting", False, hangs_up=True),
    "drop_after": Kind("accept, then lose the answer", True, hangs_up=True),
    "timeout_before": Kind("wait, then hang up without accepting", False, True, True),
    "timeout_after": Kind("accept, wait, then hang up", True, True, True),
}
# What chaos can do; "limited" is the one refusal that asks for patience only.
CHANCES = ("fail500", "limited", "drop_before", "drop_after", "timeout_before", "timeout_after")
LIMITED = 130429


@dataclass(slots=True)
class Fault:
    """What happens to one call."""

    kind: str
    error: GraphError | None = None
    seconds: float | None = None

    @property
    def what(self) -> Kind:
        return KINDS[self.kind]


@dataclass(slots=True)
class Aim:
    """Which calls: by path, and by what a message's body says."""

    match: re.Pattern[str] | None = None
    people: frozenset[str] = frozenset()  # digits of `to`, or user ids of `recipient`
    templates: frozenset[str] = frozenset()
    phone_ids: frozenset[str] = frozenset()

    def hits(self, path: str, body: bytes) -> bool:
        if self.match is not None and not self.match.search(path):
            return False
        if self.phone_ids and self.phone_ids.isdisjoint(path.split("/")):
            return False
        if not self.people and not self.templates:
            return True
        given = _message(body)
        if self.templates:
            template = given.get("template")
            if not isinstance(template, dict) or template.get("name") not in self.templates:
                return False
        whom = (ids.digits_of(str(given.get("to") or "")), str(given.get("recipient") or ""))
        return not self.people or not self.people.isdisjoint(whom)

    def says(self) -> str:
        parts = [self.match.pattern if self.match else ""]
        parts += sorted(self.people | self.templates | self.phone_ids)
        return " ".join(part for part in parts if part) or "every call"


def _message(body: bytes) -> Json:
    try:
        given: Any = json.loads(body)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


@dataclass(slots=True)
class Rule:
    """The next `left` calls that the aim hits; without a number all of them until cleared."""

    aim: Aim
    fault: Fault
    left: int | None = 1


@dataclass(slots=True)
class Chaos:
    """Each call draws one number; the same seed draws the same numbers."""

    aim: Aim
    rates: dict[str, float]
    seconds: float
    seed: int
    done: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    _random: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._random.seed(self.seed)

    def draw(self) -> Fault | None:
        self.calls += 1
        at = self._random.random()
        for name, rate in self.rates.items():
            at -= rate
            if at < 0:
                self.done[name] = self.done.get(name, 0) + 1
                if name == "limited":
                    return Fault("fail", GraphError(LIMITED, "Too many messages at once"))
                return Fault(name, seconds=self.seconds)
        return None


class Faults:
    def __init__(self) -> None:
        self.latency = 0.0
        self.rules: list[Rule] = []
        self.chaos: Chaos | None = None
        self.held = 0
        self._release = asyncio.Event()

    @property
    def active(self) -> bool:
        return bool(self.rules) or self.latency > 0 or self.chaos is not None

    def take(self, path: str, body: bytes) -> Fault | None:
        """What happens to this call: a rule that was set for it, else what chance wants."""
        for rule in self.rules:
            if rule.aim.hits(path, body):
                if rule.left is not None:
                    rule.left -= 1
                    if rule.left <= 0:
                        self.rules.remove(rule)
                return rule.fault
        if self.chaos is not None and self.chaos.aim.hits(path, body):
            return self.chaos.draw()
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
        self.rules = [rule for rule in self.rules if not rule.fault.what.waits]
        self._release.set()
        self._release = asyncio.Event()
        return held

    def clear(self) -> None:
        self.latency = 0.0
        self.rules.clear()
        self.chaos = None
        self.unhang()
