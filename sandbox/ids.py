"""Identifiers shaped like Meta's: node ids, wamids, business-scoped user ids, tokens."""

import base64
import hashlib
import os
import secrets
from functools import lru_cache

import phonenumbers


def digits_of(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def node_id(*parts: str) -> str:
    """The same 15 digits for the same names, so that demo data keeps its ids after a reset."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return str(10**14 + int.from_bytes(digest[:8]) % (9 * 10**14))


def wamid(number: str) -> str:
    digits = number.lstrip("+").encode()
    tail = os.urandom(9).hex().upper().encode()
    raw = b"\x1d\x18" + bytes([len(digits)]) + digits + b"\x15\x02\x00\x11\x18\x12" + tail + b"\x00"
    return "wamid." + base64.b64encode(raw).decode()


def tail(identifier: str) -> str:
    """The last characters that tell two wamids apart (all of them end alike)."""
    try:
        raw = base64.b64decode(identifier.removeprefix("wamid."), validate=True)
        return raw[-5:-1].decode("ascii")
    except ValueError:
        return identifier[-4:]


@lru_cache(maxsize=200_000)
def user_id(number: str, business_id: str, turn: int = 0) -> str:
    """A BSUID: country code, dot, then an id unique to the pair of user and portfolio.

    `turn` says how many people left the number before: each of them is another user.
    """
    who = (number, str(turn)) if turn else (number,)
    return f"{region(number) or 'ZZ'}.{int.from_bytes(_hash(*who, business_id)[:8])}"


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


@lru_cache(maxsize=200_000)
def region(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def dial_code(number: str) -> str:
    try:
        return str(phonenumbers.parse(number).country_code or "")
    except phonenumbers.NumberParseException:
        return ""


@lru_cache(maxsize=20_000)
def spoken(number: str) -> str:
    """A number as people write it: +254 722 555 014."""
    try:
        return phonenumbers.format_number(
            phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
    except phonenumbers.NumberParseException:
        return number


def access_token() -> str:
    return "EAA" + secrets.token_urlsafe(96).replace("-", "A").replace("_", "B")


def code() -> str:
    return "AQ" + secrets.token_urlsafe(120)


def trace() -> str:
    return "A" + base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
