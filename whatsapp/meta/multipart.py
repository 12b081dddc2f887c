"""Bodies that are read while they are sent: a file of 100 MB never stands in memory."""

import secrets
import time
from collections.abc import Iterator, Mapping
from typing import IO

from urllib3.fields import RequestField

CHUNK = 64 * 1024


class Multipart:
    """The body of an upload (RFC 7578); the file is sent from its beginning to its end.

    Reading ends with TimeoutError once sending has taken `seconds`: a line so slow would hold its
    worker for ever.
    """

    def __init__(
        self,
        fields: Mapping[str, str],
        *,
        file: IO[bytes],
        mime_type: str,
        filename: str,
        seconds: float,
    ) -> None:
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._before = b"".join(
            [
                *(
                    _head(boundary, name) + value.encode() + b"\r\n"
                    for name, value in fields.items()
                ),
                _head(boundary, "file", filename=filename, mime_type=mime_type),
            ]
        )
        self._after = f"\r\n--{boundary}--\r\n".encode()
        self._file = file
        self._size = file.seek(0, 2)
        self._seconds = seconds
        self._parts = self._read()
        self._left = b""

    def __len__(self) -> int:
        return len(self._before) + self._size + len(self._after)

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(CHUNK):
            yield chunk

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, empty at the end; all that is left without a size."""
        if size < 0:
            return b"".join(self)
        if not self._left:
            self._left = next(self._parts, b"")
        given, self._left = self._left[:size], self._left[size:]
        return given

    def _read(self) -> Iterator[bytes]:
        deadline = time.monotonic() + self._seconds
        yield self._before
        self._file.seek(0)
        while chunk := self._file.read(CHUNK):
            if time.monotonic() > deadline:
                raise TimeoutError("the upload took too long")
            yield chunk
        yield self._after


class RestOfFile:
    """The bytes of a file from `offset` to its end, and nothing around them. Reading ends with
    TimeoutError as it does for `Multipart`."""

    def __init__(self, file: IO[bytes], *, offset: int, seconds: float) -> None:
        self.offset = offset
        self._file = file
        self._size = max(0, file.seek(0, 2) - offset)
        self._deadline = time.monotonic() + seconds
        file.seek(offset)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(CHUNK):
            yield chunk

    def read(self, size: int = -1) -> bytes:
        if time.monotonic() > self._deadline:
            raise TimeoutError("the upload took too long")
        return self._file.read(size)


def _head(boundary: str, name: str, *, filename: str = "", mime_type: str = "") -> bytes:
    field = RequestField(name, b"", filename=filename or None)
    field.make_multipart(content_type=mime_type or None)
    return f"--{boundary}\r\n{field.render_headers()}".encode()
