"""The sandbox's own clock: real time plus an offset that the control API moves."""

import time
from datetime import UTC, datetime


class Clock:
    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def set(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        self.offset = moment.timestamp() - time.time()

    def day(self) -> str:
        """As Meta writes a date in `waba_ban_date`."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%-d %B %Y")

    def iso(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="seconds")
