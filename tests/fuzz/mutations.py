"""Spoils a delivery: keys, types, values, structure, size, bytes; each choice is the `Random`'s."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
# Where a part stands: the object or list around it, and its key or place there.
Spot = tuple[Any, Any]

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    float("nan"),
    float("inf"),
    2**31,
    2**63,
    -(2**63),
    10**400,
    "",
    " ",
    "0",
    "-62135596800",
    "99999999999",
    "9999999999",
    "253402300799",
    "1e9",
    "١٢٣",
    "nul \x00",
    "half \ud83d",
    "\u202egpj.exe",
    "👩🏽‍🚀" * 40,
    "<script>alert(1)</script>",
    "'; DROP TABLE whatsapp_message; --",
    "%s %(x)s {} {0} {{ x }} {% x %}",
    "x" * 300,
    "é" * 5_000,
    "A" * 200_000,
    [],
    {},
    [None],
    [[]],
    [{}],
    {"id": {}},
    {"": ""},
    {"type": "type"},
]
NAMES = ["id", "type", "from", "text", "before", "item", "errors", "system", "rendered", "", "\x00"]


def spoiled(samples: list[Json], rng: random.Random) -> bytes:
    """One delivery with a few things wrong, as the bytes of a POST."""
    body = _copy(rng.choice(samples))
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        rng.choice(_CHANGES)(body, samples, rng)
    raw = json.dumps(body, ensure_ascii=rng.random() < 0.8).encode("utf-8", "surrogatepass")
    return rng.choice(_BYTES)(raw, rng) if rng.random() < 0.1 else raw


def spots(body: Any) -> list[Spot]:
    """Every place in it."""
    found: list[Spot] = []
    todo = [body]
    while todo:
        one = todo.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one))
        for key in keys:
            found.append((one, key))
            if isinstance(one[key], dict | list):
                todo.append(one[key])
        if len(found) > 2_000:
            break
    return found


def _anywhere(body: Json, rng: random.Random) -> Spot:
    if not body:
        body["entry"] = []
    return rng.choice(spots(body))


def _copy(what: Any) -> Any:
    return json.loads(json.dumps(what))


def _drop(body: Json, samples: list[Json], rng: random.Random) -> None:
    around, key = _anywhere(body, rng)
    del around[key]


def _replace(body: Json, samples: list[Json], rng: random.Random) -> None:
    around, key = _anywhere(body, rng)
    around[key] = _copy(rng.choice(ODD))


def _retype(body: Json, samples: list[Json], rng: random.Random) -> None:
    """The same value in another dress."""
    around, key = _anywhere(body, rng)
    dresses: list[Callable[[Any], Any]] = [
        lambda one: [one],
        lambda one: {"value": one},
        lambda one: str(one),
        lambda one: int(one) if str(one).isdecimal() else 7,
        lambda one: json.dumps(one),
        lambda one: list(one.values()) if isinstance(one, dict) else [one, one],
        lambda one: dict(enumerate(map(str, one))) if isinstance(one, list) else {},
    ]
    around[key] = rng.choice(dresses)(_copy(around[key]))


def _rename(body: Json, samples: list[Json], rng: random.Random) -> None:
    around, key = _anywhere(body, rng)
    if isinstance(around, dict):
        others = [*NAMES, str(key).upper(), f"{key} "]
        around[rng.choice(others)] = around.pop(key)


def _repeat(body: Json, samples: list[Json], rng: random.Random) -> None:
    lists = [one[key] for one, key in spots(body) if isinstance(one[key], list) and one[key]]
    if lists:
        chosen = rng.choice(lists)
        chosen += [_copy(rng.choice(chosen)) for _ in range(rng.choice((1, 3, 40)))]


def _many(body: Json, samples: list[Json], rng: random.Random) -> None:
    """Thousands of items; sometimes each with an id of its own."""
    chosen = [one for one in spots(body) if one[1] in ("messages", "statuses", "changes", "entry")]
    if not chosen or rng.random() < 0.9:
        return
    around, key = rng.choice(chosen)
    around[key] = [rng.choice(ODD[:18])] * 3_000


def _swap(body: Json, samples: list[Json], rng: random.Random) -> None:
    """A part of another delivery in place of one of this."""
    there, name = _anywhere(_copy(rng.choice(samples)), rng)
    here, key = _anywhere(body, rng)
    here[key] = there[name]


def _swap_alike(body: Json, samples: list[Json], rng: random.Random) -> None:
    """The value that another delivery has under the same name."""
    other = _copy(rng.choice(samples))
    known = {key: one[key] for one, key in spots(other) if isinstance(key, str)}
    same = [(one, key) for one, key in spots(body) if key in known]
    if same:
        here, key = rng.choice(same)
        here[key] = known[key]


def _nest(body: Json, samples: list[Json], rng: random.Random) -> None:
    around, key = _anywhere(body, rng)
    for _ in range(rng.choice((3, 30, 66))):
        around[key] = [around[key]] if rng.random() < 0.5 else {"message": around[key]}


def _add(body: Json, samples: list[Json], rng: random.Random) -> None:
    around, _ = _anywhere(body, rng)
    if isinstance(around, dict):
        around[rng.choice(NAMES)] = _copy(rng.choice(ODD))
    else:
        around.insert(rng.randint(0, len(around)), _copy(rng.choice(ODD)))


def _cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randint(0, len(raw))]


def _flip(raw: bytes, rng: random.Random) -> bytes:
    place = rng.randint(0, max(0, len(raw) - 1))
    return (
        raw[:place] + rng.choice((b"\xff", b"\xc3", b"\x00", b'"', b"}", b"\\")) + raw[place + 1 :]
    )


def _otherwise(raw: bytes, rng: random.Random) -> bytes:
    return rng.choice(
        (
            b"",
            b"null",
            b"[]",
            b"0",
            b'"x"',
            b"\xef\xbb\xbf" + raw,
            raw.decode("utf-8", "replace").encode("utf-16"),
            raw + raw,
            b"[" * 100_000,
            raw.replace(b"whatsapp_business_account", b"page"),
            b"1" * 10_000,
        )
    )


_CHANGES = (
    *(_drop, _replace, _replace, _replace, _retype, _retype, _rename, _repeat, _many),
    *(_swap, _swap_alike, _swap_alike, _nest, _add),
)
_BYTES = (_cut, _flip, _flip, _otherwise)
