"""Free text."""

from sandbox.checks import keys, object_of
from sandbox.content.asked import Asked, Content
from sandbox.errors import GraphError, required, too_long

KEYS = frozenset({"body", "preview_url"})
MOST = 4096


def build(asked: Asked) -> Content:
    text = object_of(asked.payload, "text")
    keys(text, KEYS, "text")
    body = text.get("body")
    if body is None or body == "":
        raise required("text['body']")
    if not isinstance(body, str):
        raise GraphError(100, message="Param text['body'] must be a string.")
    if not body.strip():
        raise required("text['body']")
    if len(body) > MOST:
        raise too_long("text['body']", MOST)
    if not isinstance(text.get("preview_url", False), bool):
        raise GraphError(100, message="Param text['preview_url'] must be a boolean.")
    return Content({"body": body})
