"""Fetches the bytes of a file from the address that the Graph gave for it."""

import time
from http.client import HTTPException
from typing import IO
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from whatsapp.meta.errors import (
    AnswerLost,
    DownloadError,
    ForeignHost,
    TooLarge,
    UrlExpired,
    graph_error,
)
from whatsapp.meta.reading import as_int
from whatsapp.meta.transport import CHUNK, transport_error
from whatsapp.meta.usage import retry_after

HEADERS = {
    # Without a usual User-Agent the media host answers with an error page.
    "User-Agent": "Mozilla/5.0 (compatible; ats-whatsapp)",
    # Hash and size are those of the bytes as they are.
    "Accept-Encoding": "identity",
}
# 401 and 403 too: whether the token is good, the Graph says when it is asked for the address again.
EXPIRED = (401, 403, 404, 410)


def download(
    session: requests.Session,
    url: str,
    into: IO[bytes],
    *,
    auth: AuthBase,
    graph: str,
    hosts: frozenset[str],
    timeouts: tuple[float, float],
    most: int,
    seconds: float,
) -> int:
    """How many bytes were written. Raises DownloadError, NotSent, AnswerLost or GraphError."""
    if not _is_metas(url, graph=graph, hosts=hosts):
        raise ForeignHost("the address of a file does not lead to Meta")
    deadline = time.monotonic() + seconds
    try:
        response = session.get(
            url, headers=HEADERS, auth=auth, timeout=timeouts, stream=True, allow_redirects=False
        )
    except (OSError, ValueError, HTTPError, HTTPException) as error:
        raise transport_error(error) from None
    with response:
        _demand_file(response)
        if (as_int(response.headers.get("Content-Length")) or 0) > most:
            raise TooLarge(f"the file is announced as longer than {most} bytes")
        return _copy(response, into, most=most, deadline=deadline)


def _is_metas(url: str, *, graph: str, hosts: frozenset[str]) -> bool:
    try:
        given, own = urlsplit(url), urlsplit(graph)
        port = given.port
    except ValueError:
        return False
    if given.username is not None or given.password is not None:
        return False
    if (given.scheme, given.netloc.lower()) == (own.scheme, own.netloc.lower()):
        return True
    return given.scheme == "https" and given.hostname in hosts and port in (None, 443)


def _demand_file(response: requests.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status in EXPIRED:
        raise UrlExpired(f"the address of a file answered HTTP {status}")
    if status == 429 or status >= 500:
        raise graph_error(-1, http_status=status, retry_after=retry_after(response.headers))
    # Also a redirect: where it leads is nobody's word but its own.
    raise DownloadError(f"the address of a file answered HTTP {status}")


def _copy(response: requests.Response, into: IO[bytes], *, most: int, deadline: float) -> int:
    written = 0
    try:
        # read1 gives what has arrived; read would wait for a whole chunk past the deadline.
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            written += len(chunk)
            if written > most:
                raise TooLarge(f"the file is longer than {most} bytes")
            into.write(chunk)
            if time.monotonic() > deadline:
                raise AnswerLost("a file came too slowly", http_status=response.status_code)
    except HTTPError as error:
        raise AnswerLost(
            f"a file broke off ({type(error).__name__})", http_status=response.status_code
        ) from None
    return written
