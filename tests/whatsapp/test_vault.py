"""Tokens at rest: unreadable in the table, and moved to a new key without a new login."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from ats.tenancy import all_companies, company_scope
from tests.factories.whatsapp import ConnectionFactory
from whatsapp.connection import vault
from whatsapp.connection.clients import client_for
from whatsapp.models import Connection

pytestmark = pytest.mark.django_db


def with_keys(settings: Any, *keys: str) -> None:
    settings.WHATSAPP = {**settings.WHATSAPP, "TOKEN_KEYS": list(keys)}


def test_keys_are_rotated_and_the_old_one_is_needed_no_more(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with_keys(settings, old)
    connection = ConnectionFactory(token=vault.seal("EAAsecret"))
    assert b"EAAsecret" not in bytes(connection.token)
    with_keys(settings, new, old)
    call_command("whatsapp_rotate_tokens")
    with_keys(settings, new)
    with company_scope(connection.company_id):
        assert vault.unseal(Connection.objects.get().token) == "EAAsecret"


def test_a_token_that_no_key_opens_says_so_and_the_others_are_rotated(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lost, old, new = (Fernet.generate_key().decode() for _ in range(3))
    with_keys(settings, lost)
    closed = ConnectionFactory(token=vault.seal("EAAlost"))
    with_keys(settings, old)
    ConnectionFactory(token=vault.seal("EAAkept"))
    with_keys(settings, new, old)
    with pytest.raises(CommandError, match="could not be opened with any key"):
        call_command("whatsapp_rotate_tokens")
    assert "1 tokens sealed" in capsys.readouterr().out
    with pytest.raises(vault.Locked, match="log in with Facebook again"), all_companies():
        client_for(closed)
