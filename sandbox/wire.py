"""The few lines of raw ASGI that every Graph call goes through."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from sandbox.records import Json


class Raw(NamedTuple):
    """An answer that is not JSON."""

    status: int
    content_type: str
    body: bytes


async def read_body(receive: Receive) -> bytes:
    event = await receive()
    body: bytes = event.get("body", b"")
    if not event.get("more_body"):
        return body
    parts = [body]
    while event.get("more_body"):
        event = await receive()
        parts.append(event.get("body", b""))
    return b"".join(parts)


def header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def parameters(scope: Scope, body: bytes) -> Json:
    """Query string and body together, as the Graph API takes them: JSON or a form."""
    given: Json = {}
    if scope["query_string"]:
        given.update(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    if not body:
        return given
    if header(scope, b"content-type").startswith("application/x-www-form-urlencoded"):
        for key, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
            given[key] = _json_or(value)
        return given
    try:
        parsed: Any = json.loads(body)
    except ValueError:
        return given
    if isinstance(parsed, dict):
        given.update(parsed)
    return given


def _json_or(value: str) -> Any:
    if value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


async def answer(
    send: Send,
    status: int,
    payload: Json | Raw,
    trace: str,
    more: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    if isinstance(payload, Raw):
        content_type, body = payload.content_type, payload.body
    else:
        content_type = "application/json; charset=UTF-8"
        body = json.dumps(payload, separators=(",", ":")).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", content_type.encode("latin-1")),
                (b"content-length", str(len(body)).encode()),
                (b"facebook-api-version", b"v26.0"),
                (b"x-fb-request-id", trace.encode()),
                (b"x-fb-trace-id", trace.encode()),
                *more,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def hang_up(scope: Scope, receive: Receive, send: Send) -> None:
    """Closes the connection without a byte of answer."""
    transport = scope.get("extensions", {}).get("sandbox.transport")
    if transport is not None:
        transport.close()
        await receive()  # returns once the server has noticed; then it sends no 500 either
