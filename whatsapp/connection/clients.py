"""Clients of the Graph API as this installation is set up."""

from __future__ import annotations

from threading import local
from typing import TypeVar

import requests
from django.conf import settings

from whatsapp.connection.vault import unseal
from whatsapp.meta.client import GraphClient
from whatsapp.meta.numbers import NumberClient
from whatsapp.meta.oauth import AppClient
from whatsapp.meta.templates import TemplateClient
from whatsapp.meta.transport import new_session
from whatsapp.models import Connection

Kind = TypeVar("Kind", bound=GraphClient)

# How often a call that is safe to repeat is tried again, and how long Meta has (connecting,
# answering; seconds) where a person waits for what only refreshes their page.
RETRIES = 2
SHORT_TIMEOUTS = (2.0, 4.0)
_thread = local()


def _session() -> requests.Session:
    """One for each thread: a kept-alive connection saves most of a send's time."""
    if not hasattr(_thread, "session"):
        _thread.session = new_session()
    session: requests.Session = _thread.session
    return session


def _timeouts() -> tuple[float, float]:
    return settings.WHATSAPP["CONNECT_TIMEOUT"], settings.WHATSAPP["READ_TIMEOUT"]


def app_client() -> AppClient:
    """In our own application's name."""
    return AppClient(
        settings.WHATSAPP["APP_ID"],
        settings.WHATSAPP["APP_SECRET"],
        base_url=settings.WHATSAPP["GRAPH_URL"],
        version=settings.WHATSAPP["GRAPH_VERSION"],
        session=_session(),
        timeouts=_timeouts(),
    )


def client_with(token: str) -> GraphClient:
    return _client(GraphClient, token)


def _client(kind: type[Kind], token: str, *, is_waited_for: bool = False) -> Kind:
    return kind(
        token,
        retries=0 if is_waited_for else RETRIES,
        base_url=settings.WHATSAPP["GRAPH_URL"],
        version=settings.WHATSAPP["GRAPH_VERSION"],
        app_secret=settings.WHATSAPP["APP_SECRET"],
        session=_session(),
        timeouts=SHORT_TIMEOUTS if is_waited_for else _timeouts(),
    )


def sending_client(connection: Connection) -> GraphClient:
    """`client_for`, kept by this thread until the company logs in anew: opening the token costs as
    much as a send. Raises `vault.Locked`."""
    kept: dict[int, tuple[bytes, GraphClient]] = vars(_thread).setdefault("clients", {})
    sealed = bytes(connection.token)
    found = kept.get(connection.pk)
    if found is None or found[0] != sealed:
        found = kept[connection.pk] = (sealed, client_for(connection))
    return found[1]


def number_client_for(connection: Connection, *, is_waited_for: bool = False) -> NumberClient:
    """As `client_for`, for what a person does to the company's numbers. `is_waited_for` asks once
    and not for long: somebody looks at what is stored meanwhile."""
    return _client(NumberClient, unseal(connection.token), is_waited_for=is_waited_for)


def template_client_for(connection: Connection) -> TemplateClient:
    """As `client_for`, for what a person does to the company's templates."""
    return _client(TemplateClient, unseal(connection.token))


def client_for(connection: Connection) -> GraphClient:
    """In the company's name. Raises `vault.Locked`."""
    return client_with(unseal(connection.token))
