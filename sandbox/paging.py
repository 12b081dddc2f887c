"""One page of a list, by cursor."""

import base64
import json
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

from sandbox.errors import GraphError
from sandbox.records import Json

Row = TypeVar("Row")


def _cursor(identity: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(["c", identity]).encode()).decode().rstrip("=")


def page(
    rows: list[Row], identity: Callable[[Row], str], given: Json, here: str
) -> tuple[list[Row], Json]:
    """One page by cursor; a cursor whose row is gone is stale, as at Meta."""
    try:
        limit = int(given.get("limit", 25))
    except (TypeError, ValueError):
        raise GraphError(100, message="Param limit must be an integer") from None
    if limit < 1:
        raise GraphError(100, message="Param limit must be greater than 0")
    cursors = [_cursor(identity(row)) for row in rows]
    start, end = 0, min(limit, 1000)
    if given.get("after"):
        start = _place(cursors, str(given["after"])) + 1
        end = start + min(limit, 1000)
    elif given.get("before"):
        end = _place(cursors, str(given["before"]))
        start = max(0, end - min(limit, 1000))
    shown = rows[start:end]
    if not shown:
        return [], {}
    paging: Json = {"cursors": {"before": cursors[start], "after": cursors[start + len(shown) - 1]}}
    kept = {k: v for k, v in given.items() if k not in ("after", "before")}
    if start + len(shown) < len(rows):
        paging["next"] = f"{here}?{urlencode(kept | {'after': paging['cursors']['after']})}"
    if start > 0:
        paging["previous"] = f"{here}?{urlencode(kept | {'before': paging['cursors']['before']})}"
    return shown, {"paging": paging}


def _place(cursors: list[str], cursor: str) -> int:
    try:
        return cursors.index(cursor)
    except ValueError:
        raise GraphError(131059, "The cursor does not belong to this list any more") from None
