"""The `fields` of a GET: which of a node's fields an answer has."""

from collections.abc import Callable
from typing import Any

from sandbox.errors import GraphError
from sandbox.records import Json

Fields = dict[str, Callable[[], Any]]


def pick(kind: str, node_id: str, fields: Fields, default: str, given: Json) -> Json:
    """The asked-for fields; `id` always comes with them."""
    wanted = names(str(given.get("fields") or default))
    picked: Json = {}
    for name in wanted:
        if name == "id":
            continue
        if name not in fields:
            raise GraphError(
                100, message=f"Tried accessing nonexisting field ({name}) on node type ({kind})"
            )
        value = fields[name]()
        if value is not None:
            picked[name] = value
    picked["id"] = node_id
    return picked


def names(text: str) -> list[str]:
    """Top-level names of a field list; what stands in {braces} or (brackets) goes with its name."""
    names, depth, name = [], 0, ""
    for c in text + ",":
        if c in "{(":
            depth += 1
        elif c in "})":
            depth -= 1
        elif depth == 0 and c == ",":
            if name.strip():
                names.append(name.strip().split(".")[0])
            name = ""
        elif depth == 0:
            name += c
    return names
