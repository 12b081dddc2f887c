"""Ops, who belong to no company, signed in."""

from __future__ import annotations

import pytest
from django.test import Client

from ats.models import User
from tests.factories.ats import UserFactory


@pytest.fixture
def operator(db: None) -> User:
    user: User = UserFactory(company=None, is_staff=True, full_name="Olga Ops")
    return user


@pytest.fixture
def ops(operator: User) -> Client:
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def charlie(db: None) -> Client:
    """A user of another company."""
    client = Client()
    client.force_login(UserFactory())
    return client
