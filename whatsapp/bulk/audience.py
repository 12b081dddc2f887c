"""Whom a run is for: candidates chosen one by one, or those whom a filter finds when it is planned.

An audience is kept as JSON: {"candidates": [ids]} or {"words": "…", "job": id, "stage": "…"}.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

from ats.public import Company, Filters, candidate_ids, count_candidates

# More ids than that are a filter's work; a filter has no bound.
MOST_CHOSEN = 200_000


def chosen(candidates: Iterable[int]) -> dict[str, Any]:
    return {"candidates": sorted(set(candidates))}


def filtered(*, words: str = "", job_id: int | None = None, stage: str = "") -> dict[str, Any]:
    given = {"words": " ".join(words.split()), "job": job_id, "stage": stage}
    return {key: value for key, value in given.items() if value}


class Audience:
    """The candidates of an audience, by their ids. Opens no scope: call it within the company's."""

    def __init__(self, given: Mapping[str, Any], company: Company) -> None:
        self.company = company
        self.chosen: list[int] | None = (
            sorted(given["candidates"]) if "candidates" in given else None
        )
        self.filters = Filters(
            words=given.get("words", ""), job_id=given.get("job"), stage=given.get("stage", "")
        )

    def after(self, candidate_id: int, *, most: int) -> list[int]:
        """The next ids, in their order; of those chosen also the ids of who is gone by now."""
        if self.chosen is not None:
            begin = bisect_right(self.chosen, candidate_id)
            return self.chosen[begin : begin + most]
        return candidate_ids(self.company, self.filters, after=candidate_id, most=most)

    def count(self, *, up_to: int) -> int:
        """How many there are; stops counting at `up_to`."""
        if self.chosen is not None:
            return min(len(self.chosen), up_to)
        return count_candidates(self.company, self.filters, up_to=up_to)
