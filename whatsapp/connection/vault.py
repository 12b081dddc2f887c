"""Tokens at rest: encrypted with MultiFernet, keys from the environment, newest first.

The first key encrypts and every key decrypts, so a key is replaced by putting a new one in front,
running `manage.py whatsapp_rotate_tokens`, and then taking the old one away.
"""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Locked(Exception):
    """No key of `WHATSAPP_TOKEN_KEYS` opens what is stored."""


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.WHATSAPP["TOKEN_KEYS"]])


def seal(secret: str) -> bytes:
    return _keys().encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    try:
        return _keys().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise Locked(
            "A stored token cannot be opened: the key it was sealed with is not among "
            "WHATSAPP_TOKEN_KEYS. Put that key back, or log in with Facebook again."
        ) from None


def reseal(sealed: bytes | memoryview) -> bytes:
    """The same secret under the newest key. Raises `Locked`."""
    try:
        return _keys().rotate(bytes(sealed))
    except InvalidToken:
        raise Locked("A stored token cannot be opened with any of WHATSAPP_TOKEN_KEYS.") from None
