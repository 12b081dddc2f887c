"""How much of what Meta lets a WABA ask for is used up: the header X-Business-Use-Case-Usage.

    {"<waba id>": [{"type": …, "call_count": 12, "total_cputime": 3, "total_time": 5,
                    "estimated_time_to_regain_access": 0}]}     percent, percent, percent, minutes

Source: https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from whatsapp.meta.reading import as_int, as_mapping, as_mappings

HEADER = "X-Business-Use-Case-Usage"
SHARES = ("call_count", "total_cputime", "total_time")


@dataclass(frozen=True, slots=True)
class Usage:
    """The fullest of all shares in percent, and the seconds until Meta lets us in again, if it does
    not now."""

    percent: int
    regain_access_seconds: float | None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self | None:
        """None where Meta says nothing, or nothing that can be read."""
        written = headers.get(HEADER)
        if not written:
            return None
        try:
            said = as_mapping(json.loads(written))
        except (ValueError, RecursionError):
            return None
        rows = [row for one in said.values() for row in as_mappings(one)]
        if not rows:
            return None
        minutes = max(as_int(row.get("estimated_time_to_regain_access")) or 0 for row in rows)
        return cls(
            percent=max(as_int(row.get(share)) or 0 for row in rows for share in SHARES),
            regain_access_seconds=minutes * 60.0 if minutes > 0 else None,
        )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until Meta lets us in again: Retry-After, or the longest wait in its usage header."""
    seconds = as_int(headers.get("Retry-After"))
    if seconds is not None and seconds >= 0:
        return float(seconds)
    usage = Usage.of(headers)
    return usage.regain_access_seconds if usage else None
