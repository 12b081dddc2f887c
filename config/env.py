"""Typed readers of the environment: the only place that touches `os.environ`.

Every reader raises `django.core.exceptions.ImproperlyConfigured` naming the variable, what is
wrong with it and an example of a right value.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

_env = environ.Env()


def text(name: str, default: str | None = None) -> str:
    """The variable's value; without a default it is obligatory."""
    value = _env.str(name, default=default if default is not None else "")
    if not value and default is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment; .env.example describes it."
        )
    return value


def integer(name: str, default: int) -> int:
    raw = _env.str(name, default=str(default))
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number.") from None


def flag(name: str, default: bool) -> bool:
    return _env.bool(name, default=default)


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in _env.list(name, default=list(default)) if word.strip()]


def mapping(name: str) -> dict[str, object]:
    """A JSON object; none is an empty one."""
    raw = _env.str(name, default="") or "{}"
    try:
        value = json.loads(raw)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ImproperlyConfigured(
            f'{name}={raw!r} is not a JSON object. Example: {{"failures_pause": 30}}'
        )
    return value


def url(name: str, default: str | None = None) -> str:
    """An http(s) address without a trailing slash."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a web address. Example: https://ats.example.com"
        )
    return value


def origin(address: str) -> str:
    """`https://host:port` of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def fernet_keys(name: str, default: str | None = None) -> list[str]:
    """Keys for encryption at rest, newest first. The first encrypts, all of them decrypt."""
    keys = [key.strip() for key in text(name, default).split(",") if key.strip()]
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} holds a key that is not 32 url-safe base64 bytes. "
                "Make one with: python manage.py whatsapp_make_key"
            ) from None
    return keys


def database(name: str) -> dict[str, object]:
    """A PostgreSQL `DATABASES` entry. There is no other engine."""
    address = text(name)
    if not address.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(
            f"{name} must be a PostgreSQL address such as postgresql://user:pass@host:5432/ats"
        )
    return dict(_env.db_url_config(address))


def mail(address: str) -> dict[str, object]:
    """Django's `EMAIL_*` settings from an address such as smtp+tls://user:pass@host:587"""
    return dict(_env.email_url_config(address))
