"""One HTTP call to the Graph API: bearer token, limits on the answer, and what went wrong."""

import json
import socket
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import requests.adapters
from requests.auth import AuthBase
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import (
    ClosedPoolError,
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
from whatsapp.meta.multipart import Multipart, RestOfFile
from whatsapp.meta.reading import as_int, as_mapping, as_text
from whatsapp.meta.usage import Usage, retry_after

MAX_ANSWER_BYTES = 10 * 1024 * 1024
CHUNK = 64 * 1024
# What proves, wherever it stands in the chain of causes, that nothing was written yet.
BEFORE_WRITING = (
    ClosedPoolError,
    NewConnectionError,
    NameResolutionError,
    ConnectTimeoutError,
    ConnectionRefusedError,
    socket.gaierror,
    ssl.SSLCertVerificationError,
)


class Bearer(AuthBase):
    """Sets the token per request: sessions are shared between companies, and netrc must not win."""

    scheme = "Bearer"

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"{self.scheme} {self._token}"
        return request

    def __repr__(self) -> str:
        return f"{self.scheme}(***)"


class OAuth(Bearer):
    """As `Bearer`, for the edges of resumable uploads, which know the older word only."""

    scheme = "OAuth"


class Nobody(AuthBase):
    """Sends no token, nor anything from netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.pop("Authorization", None)
        return request


class KeptPools(requests.adapters.HTTPAdapter):
    """Looks up the connections of an address once instead of at every request.

    Nothing is looser for it: a pool is kept by all that `requests` distinguishes pools by, and its
    certificates are set when it is found first.
    """

    def __init__(self, **options: Any) -> None:
        self._found: dict[tuple[Any, ...], ConnectionPool] = {}
        super().__init__(**options)

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: Any = None,
    ) -> ConnectionPool:
        url = request.url or ""
        key = (*urlsplit(url)[:2], verify, cert, *(proxies or {}).items())
        pool = self._found.get(key)
        # The pool manager closes the pool that was used least when there are too many.
        if pool is None or getattr(pool, "pool", None) is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies, cert)
            super().cert_verify(pool, url, verify, cert)
            self._found[key] = pool
        return pool

    def cert_verify(self, *_: Any) -> None:
        """Done where the pool is found."""


def new_session(*, connections: int = 10) -> requests.Session:
    """A session that keeps connections alive and never repeats a request by itself."""
    session = requests.Session()
    # All companies share it: nothing that Meta sets for one may go out with another's token.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = KeptPools(pool_connections=2, pool_maxsize=connections, max_retries=0)
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
    form: Mapping[str, str] | Multipart | None = None,
    rest: RestOfFile | None = None,
) -> dict[str, Any]:
    """The answer as an object. Raises GraphError, NotSent or AnswerLost, and nothing else.

    `rest` is a body of bare bytes, `form` one of fields.
    """
    # The exceptions of requests carry the address, which may hold secrets: "from None" drops them.
    try:
        response = session.request(
            method,
            url,
            params=params,
            json=json_body,
            # A Multipart, and a RestOfFile, is a file as far as requests looks.
            data=form if rest is None else rest,  # type: ignore[arg-type]
            headers=_headers(form if rest is None else rest),
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


def _headers(body: object) -> dict[str, str] | None:
    if isinstance(body, Multipart):
        return {"Content-Type": body.content_type}
    if isinstance(body, RestOfFile):
        return {"Content-Type": "application/octet-stream", "file_offset": str(body.offset)}
    return None


class JsonPost:
    """One address that is posted JSON to again and again: all but the body is worked out once.

    Of an ordinary call of `requests` half is spent on the address, the headers, and the proxies
    and the CA bundle of the environment, which are the same every time. Threads may share it. It
    sends no cookies and follows no redirects. Raises NotSent where the address is impossible.
    """

    def __init__(
        self,
        session: requests.Session,
        url: str,
        *,
        auth: AuthBase,
        secrets: tuple[str, ...],
        timeouts: tuple[float, float],
        params: Mapping[str, str],
    ) -> None:
        request = requests.Request("POST", url, params=params, json={}, auth=auth)
        try:
            self._prepared = session.prepare_request(request)
            self._url = self._prepared.url or url
            self._adapter = session.get_adapter(self._url)
            # Proxies, the CA bundle, and that the body of the answer is read by `_read`.
            self._settings: dict[str, Any] = {
                **session.merge_environment_settings(self._url, {}, True, None, None)
            }
        except (OSError, ValueError) as error:
            raise transport_error(error) from None
        self._prepared.headers.pop("Cookie", None)
        self._secrets = secrets
        self._timeouts = timeouts

    def __call__(self, body: Mapping[str, Any]) -> tuple[dict[str, Any], Usage | None]:
        """The answer as an object, and what it tells about limits. Raises as `call` does."""
        try:
            response = self._adapter.send(
                self._request(body), timeout=self._timeouts, **self._settings
            )
        except (OSError, ValueError, HTTPError, HTTPException) as error:
            raise transport_error(error) from None
        with response:
            raw = _read(response, deadline=time.monotonic() + self._timeouts[1])
        return _answer(response, raw, self._secrets), Usage.of(response.headers)

    def _request(self, body: Mapping[str, Any]) -> requests.PreparedRequest:
        # Not PreparedRequest.copy(), which copies cookies as well.
        request = requests.PreparedRequest()
        request.method, request.url = "POST", self._url
        request.hooks = self._prepared.hooks
        request.body = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        request.headers = self._prepared.headers.copy()
        request.headers["Content-Length"] = str(len(request.body))
        return request


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
        retry_after=retry_after(response.headers),
    )


def _graph_error(
    error: object, response: requests.Response, secrets: tuple[str, ...]
) -> GraphError:
    said = as_mapping(error)
    # Edges of the Graph API outside messaging say it in a text for people instead.
    details = as_text(as_mapping(said.get("error_data")).get("details"))
    details = details or as_text(said.get("error_user_msg"))
    message = as_text(said.get("message")) or as_text(error)
    return graph_error(
        as_code(said.get("code")),
        subcode=as_int(said.get("error_subcode")),
        title=as_text(said.get("error_user_title")),
        message=_without(message, secrets),
        details=_without(details, secrets),
        fbtrace_id=as_text(said.get("fbtrace_id")) or _trace(response),
        http_status=response.status_code,
        retry_after=retry_after(response.headers),
    )


def _without(text: str, secrets: tuple[str, ...]) -> str:
    # "Malformed access token EAA…" is one of Meta's own sentences.
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return text


def _trace(response: requests.Response) -> str:
    return response.headers.get("x-fb-trace-id", "")[:64]
