"""Reasons as rows keep them: [{"code": "…", "params": {…}}], and back into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from whatsapp.countries import country_name
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.sentences import Said, say


def to_store(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    return [{"code": one.code.value, "params": _plain(one.params)} for one in reasons]


def stored(entries: Iterable[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """The reasons of a row. Raises ValueError for a code that is none."""
    return tuple(
        Reason(ReasonCode(one["code"]), {key: _rich(value) for key, value in one["params"].items()})
        for one in entries
    )


def say_stored(entries: Iterable[Mapping[str, Any]], *, tz: tzinfo) -> list[Said]:
    """The reasons of a row in words, times in `tz`."""
    return [say(one, tz=tz, country_name=country_name) for one in stored(entries)]


def _plain(params: Mapping[str, object]) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in params.items()
    }


def _rich(value: Any) -> Any:
    """Takes back what JSON flattened."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
