"""Files from Meta: where they are, and how their bytes come, or why they do not."""

from __future__ import annotations

import io
from typing import Any

import pytest
import responses

from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import (
    AnswerLost,
    DownloadError,
    ForeignHost,
    MetaError,
    ParameterError,
    RateLimited,
    TooLarge,
    Unavailable,
    UnreadableAnswer,
    UrlExpired,
)

BASE = "https://graph.example/v26.0"
HOSTS = frozenset({"lookaside.fbsbx.com"})
URL = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=5001"


def fetched(client: GraphClient, url: str = URL, most: int = 100, seconds: float = 30) -> bytes:
    into = io.BytesIO()
    written = client.download(url, into, hosts=HOSTS, most=most, seconds=seconds)
    assert written == len(into.getvalue())
    return into.getvalue()


def test_a_file_is_asked_for_in_the_name_of_its_number(
    graph: responses.RequestsMock, client: GraphClient
) -> None:
    matcher = responses.matchers.query_param_matcher({"phone_number_id": "106"})
    said = {"id": "5001", "url": URL, "mime_type": "image/jpeg", "file_size": "303833"}
    graph.get(f"{BASE}/5001", json=said, match=[matcher])
    media = client.media("5001", "106")
    assert (media.url, media.file_size, media.sha256) == (URL, 303833, "")
    assert URL not in repr(media)


def test_a_file_without_an_address_is_an_unreadable_answer(
    graph: responses.RequestsMock, client: GraphClient
) -> None:
    graph.get(f"{BASE}/5001", json={"id": "5001"})
    with pytest.raises(UnreadableAnswer):
        client.media("5001", "106")


def test_a_file_that_is_gone_is_a_wrong_parameter(
    graph: responses.RequestsMock, client: GraphClient
) -> None:
    error = {"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get request"}}
    graph.get(f"{BASE}/5001", json=error, status=400)
    with pytest.raises(ParameterError):
        client.media("5001", "106")


def test_the_bytes_come_for_the_token_as_they_are(
    graph: responses.RequestsMock, client: GraphClient
) -> None:
    graph.get(URL, body=b"bytes")
    assert fetched(client) == b"bytes"
    request: Any = graph.calls[0].request
    assert request.headers["Authorization"] == "Bearer EAAsecrettoken123"
    assert request.headers["Accept-Encoding"] == "identity"
    assert "Mozilla" in request.headers["User-Agent"]


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/x",
        "https://evil.example/x",
        "https://lookaside.fbsbx.com.evil.example/x",
        "https://evil.example\\@lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com\\@evil.example/x",
        "https://lookaside.fbsbx.com@evil.example/x",
        "https://lookaside.fbsbx.com:444/x",
        "http://graph.example/x",
        "https://graph.example:444/x",
        "",
        "https://[::1",
        "https://lookaside.fbsbx.com:port/x",
    ],
)
def test_the_token_is_sent_to_meta_only(
    graph: responses.RequestsMock, client: GraphClient, url: str
) -> None:
    with pytest.raises(ForeignHost) as caught:
        fetched(client, url)
    assert len(graph.calls) == 0
    assert "EAA" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://LOOKASIDE.fbsbx.com/x", "https://graph.example/file"])
def test_metas_own_hosts_get_it(
    graph: responses.RequestsMock, client: GraphClient, url: str
) -> None:
    graph.get(url, body=b"ok")
    assert fetched(client, url) == b"ok"


@pytest.mark.parametrize(
    ("status", "error", "transient"),
    [
        (401, UrlExpired, True),
        (403, UrlExpired, True),
        (404, UrlExpired, True),
        (410, UrlExpired, True),
        (429, RateLimited, True),
        (500, Unavailable, True),
        (503, Unavailable, True),
        (302, DownloadError, False),
        (206, DownloadError, False),
        (400, DownloadError, False),
    ],
)
def test_what_is_not_the_file_is_an_error_of_its_kind(
    graph: responses.RequestsMock,
    client: GraphClient,
    status: int,
    error: type[MetaError],
    transient: bool,
) -> None:
    graph.get(URL, body=b"<html>", status=status, headers={"Location": "https://evil.example/"})
    with pytest.raises(error) as caught:
        fetched(client)
    assert caught.value.transient == transient
    assert len(graph.calls) == 1


def test_no_more_is_taken_than_allowed(graph: responses.RequestsMock, client: GraphClient) -> None:
    graph.get(URL, body=b"x" * 101, headers={"Content-Length": "101"})
    with pytest.raises(TooLarge):
        fetched(client)
    graph.replace("GET", URL, body=b"x" * 101, auto_calculate_content_length=False)
    with pytest.raises(TooLarge):
        fetched(client)
    graph.replace("GET", URL, body=b"x" * 100)
    assert len(fetched(client)) == 100


def test_what_comes_too_slowly_is_given_up(
    graph: responses.RequestsMock, client: GraphClient
) -> None:
    graph.get(URL, body=b"x")
    with pytest.raises(AnswerLost):
        fetched(client, seconds=-1)


def test_a_connection_that_breaks_is_no_answer(
    graph: responses.RequestsMock, client: GraphClient
) -> None:
    graph.get(URL, body=ConnectionResetError())
    with pytest.raises(AnswerLost):
        fetched(client)
