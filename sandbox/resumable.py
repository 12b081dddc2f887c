"""The Resumable Upload API: a session, then bytes, then a handle, as a profile picture needs one.

POST /{app-id}/uploads, then POST and GET /upload:… ("Resumable Upload API" of the Graph API). A
handle is not a media id: nothing can be sent by it.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from sandbox import wire
from sandbox.errors import GraphError, no_such_object, required
from sandbox.records import Json, Media, Token

if TYPE_CHECKING:
    from starlette.types import Scope

    from sandbox.core import Sandbox

MB = 1024 * 1024
TYPES = {
    "image/jpeg": 5 * MB,
    "image/jpg": 5 * MB,
    "image/png": 5 * MB,
    "video/mp4": 16 * MB,
    "application/pdf": 100 * MB,
}
NODE = "upload:"
PREFIX = "4::"


@dataclass(slots=True)
class Session:
    """A file on its way; a restart forgets it, and Meta too keeps it for a while only."""

    sig: str
    business_id: str
    mime_type: str
    length: int
    filename: str
    data: bytes = b""


class Uploads:
    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}

    def clear(self) -> None:
        self.sessions.clear()


def begin(sb: "Sandbox", token: Token, given: Json) -> Json:
    if not given.get("file_length"):
        raise required("file_length")
    mime_type = str(given.get("file_type") or "")
    if mime_type not in TYPES:
        allowed = ", ".join(sorted(TYPES))
        raise GraphError(100, message=f"Param file_type must be one of {allowed}.")
    length = str(given["file_length"])
    if not length.isdecimal() or not 1 <= int(length) <= TYPES[mime_type]:
        raise GraphError(100, message=f"Param file_length must be 1 to {TYPES[mime_type]}.")
    name = base64.urlsafe_b64encode(f"1:attachment:{secrets.token_hex(12)}".encode()).decode()
    node, sig = NODE + name.rstrip("="), secrets.token_urlsafe(24)
    filename = str(given.get("file_name") or "")
    sb.uploads.sessions[node] = Session(sig, token.business_id, mime_type, int(length), filename)
    return {"id": f"{node}?sig={sig}"}


def answer(
    sb: "Sandbox", scope: "Scope", token: Token, node: str, given: Json, body: bytes
) -> Json:
    """GET tells how far the file is; POST adds to it, and answers the handle once it is whole."""
    session = sb.uploads.sessions.get(node)
    known = session is not None and hmac.compare_digest(
        session.sig.encode(), str(given.get("sig") or "").encode()
    )
    if session is None or not known or session.business_id != token.business_id:
        raise no_such_object(node, scope["method"])
    place = {"id": f"{node}?sig={session.sig}", "file_offset": len(session.data)}
    if scope["method"] == "GET":
        return place
    if scope["method"] != "POST":
        raise no_such_object(node, scope["method"])
    offset = wire.header(scope, b"file_offset")
    if offset != str(len(session.data)):
        raise GraphError(
            100, message=f"The header file_offset must be {len(session.data)}, it is “{offset}”."
        )
    if len(session.data) + len(body) > session.length:
        raise GraphError(100, message="More bytes than file_length promised.")
    session.data += body
    if len(session.data) < session.length:
        return place | {"file_offset": len(session.data)}
    del sb.uploads.sessions[node]
    kept = sb.media.add("", "", session.data, session.mime_type, session.filename, inbound=False)
    return {"h": _handle(sb, kept.id)}


def _handle(sb: "Sandbox", media_id: str) -> str:
    seal = hmac.new(sb.options.app_secret.encode(), media_id.encode(), sha256).hexdigest()
    return PREFIX + base64.urlsafe_b64encode(f"{media_id}:{seal}".encode()).decode()


def found(sb: "Sandbox", handle: object) -> Media | None:
    """The file behind a handle; None for what is none, or is too old."""
    try:
        plain = base64.urlsafe_b64decode(str(handle).removeprefix(PREFIX)).decode()
    except ValueError:
        return None
    media_id = plain.partition(":")[0]
    return (
        sb.media.find(media_id) if hmac.compare_digest(_handle(sb, media_id), str(handle)) else None
    )
