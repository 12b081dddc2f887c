"""Registries through which another application takes its place in the host's pages.

An application registers in its `AppConfig.ready()`:

    from ats import extensions
    extensions.sidebar.add(extensions.SidebarEntry(key="inbox", label="Inbox", ...))

Keys are unique within a registry. Everything that is shown asks `visible` first, so that a module
which is off for a company leaves no trace in its pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from ats.models import Candidate, Team, User


class Keyed(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def order(self) -> int: ...


_E = TypeVar("_E", bound=Keyed)


class Registry(Generic[_E]):
    def __init__(self, name: str) -> None:
        self.name = name
        self._entries: dict[str, _E] = {}

    def add(self, entry: _E) -> None:
        if entry.key in self._entries:
            raise ValueError(f"{self.name}: the key “{entry.key}” is registered twice.")
        self._entries[entry.key] = entry

    def remove(self, key: str) -> None:
        self._entries.pop(key, None)

    def get(self, key: str) -> _E | None:
        return self._entries.get(key)

    def __iter__(self) -> Iterator[_E]:
        return iter(sorted(self._entries.values(), key=lambda entry: (entry.order, entry.key)))

    def __contains__(self, key: object) -> bool:
        return key in self._entries


def everyone(user: User) -> bool:
    return True


def everyone_for(user: User, candidate: Candidate) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class SidebarEntry:
    """A place in the navigation. Without `group` it stands above all groups."""

    key: str
    label: str
    icon: str
    url_name: str
    order: int = 100
    group: str = ""
    visible: Callable[[User], bool] = everyone
    count: Callable[[User], int | None] | None = None
    count_words: str = ""  # read out after the figure: "7 waiting for an answer"
    is_key: bool = False  # one of the four places in the bar of a phone


@dataclass(frozen=True, kw_only=True)
class ProfileTab:
    """A tab of the candidate profile: a page of its own, whose URL takes `candidate_id`."""

    key: str
    label: str
    url_name: str
    order: int = 100
    visible: Callable[[User, Candidate], bool] = everyone_for
    count: Callable[[User, Candidate], int | None] | None = None


@dataclass(frozen=True, kw_only=True)
class ProfileAction:
    """A button in the head of the candidate profile."""

    key: str
    label: str
    icon: str
    url: Callable[[User, Candidate], str]
    order: int = 100
    visible: Callable[[User, Candidate], bool] = everyone_for
    is_main: bool = False


@dataclass(frozen=True, kw_only=True)
class ListAction:
    """A button above the list of candidates, for those whom its filters show. `url` takes the
    list's own query: q, job and stage, encoded."""

    key: str
    label: str
    icon: str
    url: Callable[[str], str]
    order: int = 100
    visible: Callable[[User], bool] = everyone


@dataclass(frozen=True, kw_only=True)
class SettingsPage:
    """A page that System settings lists, under the headings of `section`."""

    key: str
    label: str
    description: str
    url_name: str
    icon: str
    section: tuple[str, ...]
    order: int = 100
    visible: Callable[[User], bool] = everyone


@dataclass(frozen=True, kw_only=True)
class TeamUse:
    """Things that are given to teams. The page that deletes a team names those that no other team
    has, each with its address, and says `without`: what becomes of them."""

    key: str
    label: str
    without: str
    of_team_alone: Callable[[Team], Sequence[tuple[str, str]]]
    order: int = 100
    visible: Callable[[User], bool] = everyone


@dataclass(frozen=True, kw_only=True)
class TimelineKind:
    """A kind of event in a candidate's history: its word and its icon."""

    key: str
    label: str
    icon: str
    order: int = 100


@dataclass(frozen=True, kw_only=True)
class Module:
    """An optional module that ops switch on for each company."""

    key: str
    label: str
    order: int = 100


sidebar: Registry[SidebarEntry] = Registry("sidebar")
profile_tabs: Registry[ProfileTab] = Registry("profile_tabs")
profile_actions: Registry[ProfileAction] = Registry("profile_actions")
list_actions: Registry[ListAction] = Registry("list_actions")
settings_pages: Registry[SettingsPage] = Registry("settings_pages")
team_uses: Registry[TeamUse] = Registry("team_uses")
timeline_kinds: Registry[TimelineKind] = Registry("timeline_kinds")
modules: Registry[Module] = Registry("modules")
