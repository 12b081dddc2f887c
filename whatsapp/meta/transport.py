"""One HTTP call to the Graph API: bearer token, limits on the answer, and what went wrong."""

import json
import socket
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import requests.adapters
from requests.auth import AuthBase
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from whatsapp.meta.errors import (
    AnswerLost,
    GraphError,
    NotSent,
    UnreadableAnswer,
    as_code,
    graph_error,
)
from whatsapp.meta.reading import as_int, as_mapping, as_text

MAX_ANSWER_BYTES = 10 * 1024 * 1024
CHUNK = 64 * 1024
# What proves, wherever it stands in the chain of causes, that nothing was written yet.
BEFORE_WRITING = (
    NewConnectionError,
    NameResolutionError,
    ConnectTimeoutError,
    ConnectionRefusedError,
    socket.gaierror,
    ssl.SSLCertVerificationError,
)


class Bearer(AuthBase):
    """Sets the token per request: sessions are shared between companies, and netrc must not win."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "Bearer(***)"


def new_session(*, connections: int = 10) -> requests.Session:
    """A session that keeps connections alive and never repeats a request by itself."""
    session = requests.Session()
    # All companies share it: nothing that Meta sets for one may go out with another's token.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = requests.adapters.HTTPAdapter(
        pool_connections=2, pool_maxsize=connections, max_retries=0
    )
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def call(
    session: requests.Session,
    method: str,
    url: str,
    *,
    auth: AuthBase,
    secrets: tuple[str, ...],
    timeouts: tuple[float, float],
    params: Mapping[str, str] | None = None,
    json_body: Mapping[str, Any] | None = None,
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The answer as an object. Raises GraphError, NotSent or AnswerLost, and nothing else."""
    # The exceptions of requests carry the address, which may hold secrets: "from None" drops them.
    try:
        response = session.request(
            method,
            url,
            params=params,
            json=json_body,
            data=form,
            auth=auth,
            timeout=timeouts,
            stream=True,
            allow_redirects=False,
        )
    except (OSError, ValueError, HTTPError, HTTPException) as error:
        raise transport_error(error) from None
    with response:
        raw = _read(response, deadline=time.monotonic() + timeouts[1])
    return _answer(response, raw, secrets)


def transport_error(error: BaseException) -> NotSent | AnswerLost:
    name = type(error).__name__
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return NotSent("Meta could not be reached: the connection timed out")
    if isinstance(error, ValueError | requests.exceptions.InvalidJSONError):
        # InvalidURL, InvalidHeader, UnicodeError …: refused before connecting, and always will be.
        impossible = NotSent(f"the request could not be made ({name})")
        impossible.transient = False
        return impossible
    cause = next((one for one in _chain(error) if isinstance(one, BEFORE_WRITING)), None)
    if cause is not None:
        return NotSent(f"Meta could not be reached ({type(cause).__name__})")
    return AnswerLost(f"Meta's answer did not arrive ({name})")


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and whatever it wraps; urllib3 and requests hide causes in three places.

    Not __context__: that may be an older exception, which the caller is just handling.
    """
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [one.__cause__, getattr(one, "reason", None), *one.args]
    return found


def _read(response: requests.Response, *, deadline: float) -> bytes:
    raw = bytearray()
    try:
        # read1 gives what has arrived; read would wait for a whole chunk past the deadline.
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            raw += chunk
            if len(raw) > MAX_ANSWER_BYTES:
                raise UnreadableAnswer(
                    -1,
                    details=f"the answer is longer than {MAX_ANSWER_BYTES} bytes",
                    http_status=response.status_code,
                )
            if time.monotonic() > deadline:
                raise AnswerLost("Meta's answer came too slowly", http_status=response.status_code)
    except (HTTPError, OSError) as error:
        raise AnswerLost(
            f"Meta's answer broke off ({type(error).__name__})", http_status=response.status_code
        ) from None
    return bytes(raw)


def _answer(response: requests.Response, raw: bytes, secrets: tuple[str, ...]) -> dict[str, Any]:
    status = response.status_code
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict) and data.get("error"):
        raise _graph_error(data["error"], response, secrets)
    if not 200 <= status < 300:
        raise _unreadable(response, "an error without Meta's error object")
    if not isinstance(data, dict):
        raise _unreadable(response, "something that is not a JSON object")
    return data


def _unreadable(response: requests.Response, what: str) -> GraphError:
    kind = response.headers.get("Content-Type", "no content type")[:80]
    details = f"Meta answered HTTP {response.status_code} with {what} ({kind})"
    if 200 <= response.status_code < 400:
        return UnreadableAnswer(-1, details=details, http_status=response.status_code)
    return graph_error(
        -1,
        details=details,
        http_status=response.status_code,
        fbtrace_id=_trace(response),
        retry_after=retry_after(response),
    )


def _graph_error(
    error: object, response: requests.Response, secrets: tuple[str, ...]
) -> GraphError:
    said = as_mapping(error)
    details = as_text(as_mapping(said.get("error_data")).get("details"))
    message = as_text(said.get("message")) or as_text(error)
    return graph_error(
        as_code(said.get("code")),
        subcode=as_int(said.get("error_subcode")),
        title=as_text(said.get("error_user_title")),
        message=_without(message, secrets),
        details=_without(details, secrets),
        fbtrace_id=as_text(said.get("fbtrace_id")) or _trace(response),
        http_status=response.status_code,
        retry_after=retry_after(response),
    )


def _without(text: str, secrets: tuple[str, ...]) -> str:
    # "Malformed access token EAA…" is one of Meta's own sentences.
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text


def _trace(response: requests.Response) -> str:
    return response.headers.get("x-fb-trace-id", "")[:64]


def retry_after(response: requests.Response) -> float | None:
    """Seconds until Meta lets us in again: Retry-After, or the longest wait in its usage header."""
    seconds = as_int(response.headers.get("Retry-After"))
    if seconds is not None and seconds >= 0:
        return float(seconds)
    try:
        usage = json.loads(response.headers.get("X-Business-Use-Case-Usage", "{}"))
    except (ValueError, RecursionError):
        return None
    minutes = [
        as_int(one.get("estimated_time_to_regain_access")) or 0
        for rows in as_mapping(usage).values()
        if isinstance(rows, list)
        for one in rows
        if isinstance(one, dict)
    ]
    longest = max(minutes, default=0)
    return longest * 60.0 if longest > 0 else None
