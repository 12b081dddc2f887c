"""The origin of an address, as browsers compare it."""

from __future__ import annotations

from urllib.parse import urlsplit


def origin_of(address: str) -> str:
    """`https://host:port`, without the path that an address may have behind it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
