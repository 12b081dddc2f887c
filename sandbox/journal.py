"""State on disk: a journal of last-known records, written behind in batches.

Nothing is flushed per message. `flush` runs every 50 ms and hands all that changed to the kernel in
one write, which survives the process being killed (though not the machine losing power).
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any, Protocol

# These come and go within moments: one that is gone before it was written is never written.
PASSING = frozenset({"update", "delivery"})


class Record(Protocol):
    def record(self) -> Any: ...


class InUse(RuntimeError):
    """Another sandbox writes to the same directory."""


class Journal:
    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = open(directory / "lock", "w")  # noqa: SIM115 - held while the process lives
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InUse(str(directory)) from error
        self._path = directory / "journal.jsonl"
        self._dirty: dict[tuple[str, str | int], Record | None] = {}
        self._written: set[tuple[str, str | int]] = set()
        self._file: int = -1

    def load(self) -> dict[tuple[str, str | int], Any]:
        """Every record as it last stood, in the order of first appearance; compacts the file."""
        records: dict[tuple[str, str | int], Any] = {}
        if self._path.exists():
            with open(self._path, encoding="ascii") as lines:
                for line in lines:
                    try:
                        kind, key, data = json.loads(line)
                    except ValueError:
                        continue  # the torn end of a write that was cut off
                    if data is None:
                        records.pop((kind, key), None)
                    else:
                        records[kind, key] = data
        fresh = self._path.with_suffix(".new")
        with open(fresh, "w", encoding="ascii") as out:
            for (kind, key), data in records.items():
                out.write(json.dumps([kind, key, data], separators=(",", ":")) + "\n")
        os.replace(fresh, self._path)
        self._written = {at for at in records if at[0] in PASSING}
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        return records

    def put(self, kind: str, key: str | int, record: Record) -> None:
        self._dirty[kind, key] = record

    def drop(self, kind: str, key: str | int) -> None:
        at = (kind, key)
        if kind in PASSING and at not in self._written:
            self._dirty.pop(at, None)
        else:
            self._dirty[at] = None

    def flush(self) -> None:
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        lines = []
        for (kind, key), record in dirty.items():
            data = None if record is None else record.record()
            lines.append(json.dumps([kind, key, data], separators=(",", ":")))
            if kind in PASSING:
                (self._written.discard if record is None else self._written.add)((kind, key))
        left = memoryview(("\n".join(lines) + "\n").encode("ascii"))
        while left:
            left = left[os.write(self._file, left) :]

    def clear(self) -> None:
        self._dirty.clear()
        self._written.clear()
        os.ftruncate(self._file, 0)

    def close(self) -> None:
        self.flush()
        os.close(self._file)
        self._lock.close()
