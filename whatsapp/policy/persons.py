"""Which ids of WhatsApp are one person's: decided from everything known, whatever came first.

Meta delivers in any order, so nothing here depends on it: the same facts give the same people. A
business-scoped user id is one person's for good. A number may pass from one person to another, so
it is cut into tenures in time: each belongs to who wrote with it then, and a message that names
only the number belongs to the tenure that its moment falls into.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from whatsapp.policy.spellings import canonical

Node = tuple[str, str, int]
# A note of a changed number and the first message from the new one may be stamped in either order.
SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """A number and a user id named together for one person, first at `at`; either may be empty.
    Said by Meta, dialled by us, or joined by a recruiter."""

    wa_id: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NumberChanged:
    """The person who had `old` has `new` since (system message `user_changed_number`). Of somebody
    who hides their number Meta tells the user id instead of `old`."""

    old: str
    new: str
    at: datetime
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class UserIdChanged:
    """The person known as `old` is known as `new` (system message `user_changed_user_id`)."""

    old: str
    new: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SameNumber:
    """Meta answered with `answered` when `dialled` was written to."""

    dialled: str
    answered: str
    at: datetime


Fact = Seen | NumberChanged | UserIdChanged | SameNumber


@dataclass(slots=True)
class _Tenure:
    node: Node
    start: datetime | None
    user_id: str = ""
    # When its person was first known by a user id; else its start.
    known: datetime | None = None


class Persons:
    """The people behind some facts. `apart` are numbers whose spellings are different people, as a
    recruiter has said."""

    def __init__(self, facts: Iterable[Fact], *, apart: Collection[str] = ()) -> None:
        self._apart = frozenset(apart)
        self._parent: dict[Node, Node] = {}
        known = sorted(facts, key=_order)
        self._answered: dict[str, str] = {}
        for fact in known:
            if isinstance(fact, SameNumber):
                self._alias(fact)
        for fact in known:
            if isinstance(fact, UserIdChanged):
                self._join(_user(fact.old), _user(fact.new))
        self._claims: dict[str, list[tuple[datetime, int, str, Fact]]] = {}
        for fact in known:
            self._claim(fact)
        self._tenures = {number: self._cut(number) for number in sorted(self._claims)}
        for fact in known:
            if isinstance(fact, NumberChanged):
                arrived = self._arrived(fact).node
                if fact.old:
                    self._join(self._before(fact).node, arrived)
                if fact.user_id:
                    self._join(_user(fact.user_id), arrived)

    def person(self, *, wa_id: str, user_id: str, at: datetime) -> Node:
        """Who is meant by these ids at that moment: equal for two if they are one person."""
        if user_id:
            return self._root(_user(user_id))
        return self._root(self._at(self.number(wa_id), at).node)

    def person_of(self, fact: Fact) -> Node:
        if isinstance(fact, UserIdChanged):
            return self._root(_user(fact.new))
        if isinstance(fact, NumberChanged):
            return self._root(self._arrived(fact).node)
        if isinstance(fact, SameNumber):
            return self.person(wa_id=fact.answered, user_id="", at=fact.at)
        return self.person(wa_id=fact.wa_id, user_id=fact.user_id, at=fact.at)

    def number_since(self, person: Node) -> dict[str, datetime | None]:
        """The numbers that are this person's now, each since when (None: always)."""
        return {
            number: tenures[-1].start
            for number, tenures in self._tenures.items()
            if self._root(tenures[-1].node) == person
        }

    def number(self, wa_id: str) -> str:
        """The one that stands for all spellings of this number."""
        one = canonical(wa_id)
        one = wa_id if one in self._apart else one
        while (answered := self._answered.get(one)) is not None:
            one = answered
        return one

    def _alias(self, fact: SameNumber) -> None:
        one, other = sorted((self.number(fact.dialled), self.number(fact.answered)))
        if one != other:
            self._answered[one] = other

    def _claim(self, fact: Fact) -> None:
        if isinstance(fact, Seen) and fact.wa_id:
            claims = self._claims.setdefault(self.number(fact.wa_id), [])
            if fact.user_id:
                claims.append((fact.at, 2, fact.user_id, fact))
        elif isinstance(fact, NumberChanged):
            old, new = self.number(fact.old), self.number(fact.new)
            if old:
                self._claims.setdefault(old, []).append((fact.at, 0, new, fact))
            self._claims.setdefault(new, []).append((fact.at, 1, old, fact))

    def _cut(self, number: str) -> list[_Tenure]:
        """The tenures of a number: a new one begins when somebody leaves it, comes to it, or is
        seen with it who is not the one that was."""
        tenures = [_Tenure(("number", number, 0), None)]
        for at, kind, user_id, _ in sorted(self._claims[number], key=lambda claim: claim[:3]):
            now = tenures[-1]
            if kind == 2 and not now.user_id:
                now.user_id, now.known = user_id, at
                self._join(now.node, _user(user_id))
            elif (
                kind == 2
                and self._root(now.node) == self._root(_user(user_id))
                or kind == 1
                and now.known is not None
                and at - now.known < SKEW
            ):
                continue
            else:
                node = ("number", number, len(tenures))
                tenures.append(_Tenure(node, at, user_id if kind == 2 else "", at))
                if kind == 2:
                    self._join(node, _user(user_id))
        return tenures

    def _at(self, number: str, at: datetime | None) -> _Tenure:
        tenures = self._tenures.get(number)
        if tenures is None:
            return _Tenure(("number", number, 0), None)
        begun = [
            one for one in tenures if one.start is None or (at is not None and one.start <= at)
        ]
        return begun[-1]

    def _before(self, change: NumberChanged) -> _Tenure:
        """The tenure of the number that was left, which ends with the change."""
        tenures = self._tenures[self.number(change.old)]
        begun = [one for one in tenures if one.start is None or one.start < change.at]
        return begun[-1]

    def _arrived(self, change: NumberChanged) -> _Tenure:
        """The tenure of the new number that the change began."""
        return self._at(self.number(change.new), change.at)

    def _root(self, node: Node) -> Node:
        while (parent := self._parent.get(node)) is not None:
            node = parent
        return node

    def _join(self, one: Node, other: Node) -> None:
        a, b = sorted((self._root(one), self._root(other)))
        if a != b:
            self._parent[b] = a


def _user(user_id: str) -> Node:
    return ("user", user_id, 0)


def _order(fact: Fact) -> tuple[datetime, str, str, str]:
    if isinstance(fact, Seen):
        names = fact.wa_id, fact.user_id
    elif isinstance(fact, SameNumber):
        names = fact.dialled, fact.answered
    else:
        names = fact.old, fact.new
    return fact.at, type(fact).__name__, *names
