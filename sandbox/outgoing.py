"""A small HTTP client on the event loop: kept-alive connections, a time limit, nothing else."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
KEPT = 16


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Unanswered(Exception):
    """No HTTP answer: refused, cut off, not HTTP, or too slow."""


class _Reading:
    def __init__(self) -> None:
        self.body = bytearray()
        self.done = False
        self.keep = False
        self.parser = httptools.HttpResponseParser(self)

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.done = True
        self.keep = self.parser.should_keep_alive()


class Client:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, bool], list[Connection]] = {}

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        timeout: float = 10.0,
    ) -> Answer:
        try:
            async with asyncio.timeout(timeout):
                return await self._request(method, url, headers or {}, body)
        except TimeoutError as error:
            raise Unanswered(f"no answer within {timeout:g} s") from error
        except (OSError, EOFError, ValueError, httptools.HttpParserError) as error:
            raise Unanswered(str(error) or type(error).__name__) from error

    async def _request(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        where = (parts.hostname or "", parts.port or (443 if secure else 80), secure)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body)}")
        raw = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
        kept = self._kept.setdefault(where, [])
        while kept:
            connection = kept.pop()
            try:
                return await self._talk(connection, raw, where)
            except (OSError, EOFError):
                continue  # the other side had closed it meanwhile; begin on a fresh one
        fresh = await asyncio.open_connection(where[0], where[1], ssl=secure or None)
        return await self._talk(fresh, raw, where)

    async def _talk(
        self, connection: Connection, raw: bytes, where: tuple[str, int, bool]
    ) -> Answer:
        reader, writer = connection
        reading = _Reading()
        try:
            writer.write(raw)
            await writer.drain()
            while not reading.done:
                data = await reader.read(65536)
                if not data:
                    raise EOFError("connection closed before the answer")
                reading.parser.feed_data(data)
        except BaseException:
            writer.close()
            raise
        if reading.keep and len(self._kept[where]) < KEPT:
            self._kept[where].append(connection)
        else:
            writer.close()
        return Answer(reading.parser.get_status_code(), bytes(reading.body))

    def close(self) -> None:
        for connections in self._kept.values():
            for _, writer in connections:
                writer.close()
        self._kept.clear()
