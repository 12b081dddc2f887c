"""A client whose calls are answered by the test, and which never really sleeps."""

from collections.abc import Iterator

import pytest
import responses

from whatsapp.meta.client import GraphClient


@pytest.fixture
def graph() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(slept: list[float]) -> GraphClient:
    return GraphClient(
        "EAAsecrettoken123", base_url="https://graph.example/", version="v26.0", sleep=slept.append
    )
