"""Resumable uploads: what leaves, and what a lost answer means."""

import io
from typing import Any

import pytest
import requests
import responses

from whatsapp.meta.errors import GraphError, NotSent
from whatsapp.meta.uploads import UploadClient

BASE = "https://graph.example/v26.0"
SESSION = "upload:MTphdHRhY2g?sig=ARZq_secret"
PLACE = f"{BASE}/upload:MTphdHRhY2g"
BYTES = bytes(range(256)) * 1000


@pytest.fixture
def uploads(slept: list[float]) -> UploadClient:
    return UploadClient(
        "EAAsecrettoken123", base_url="https://graph.example/", version="v26.0", sleep=slept.append
    )


@pytest.fixture
def opened(graph: responses.RequestsMock) -> responses.RequestsMock:
    graph.post(f"{BASE}/999/uploads", json={"id": SESSION})
    return graph


def upload(client: UploadClient) -> str:
    return client.upload(io.BytesIO(BYTES), name="photo.jpg", mime="image/jpeg", app_id="999")


def bodies(graph: responses.RequestsMock) -> list[tuple[str, Any]]:
    calls = [call.request for call in graph.calls if call.request.url.startswith(PLACE)]
    posts = [request for request in calls if request.method == "POST"]
    return [(request.headers["file_offset"], request.body) for request in posts]


def test_a_file_goes_whole_under_the_older_word_for_tokens(
    uploads: UploadClient, opened: responses.RequestsMock
) -> None:
    opened.post(PLACE, json={"h": "4::aW"})
    assert upload(uploads) == "4::aW"
    begun, sent = (call.request for call in opened.calls)
    assert "file_length=256000" in begun.url and "file_type=image%2Fjpeg" in begun.url
    assert sent.headers["Authorization"] == "OAuth EAAsecrettoken123"
    assert sent.headers["Content-Length"] == "256000" and "sig=ARZq_secret" in sent.url
    assert bodies(opened) == [("0", BYTES)]


def test_after_a_lost_answer_only_the_rest_goes(
    uploads: UploadClient, opened: responses.RequestsMock
) -> None:
    opened.post(PLACE, body=requests.exceptions.ReadTimeout())
    opened.get(PLACE, json={"id": SESSION, "file_offset": 100_000})
    opened.post(PLACE, json={"h": "4::aW"})
    assert upload(uploads) == "4::aW"
    assert bodies(opened) == [("0", BYTES), ("100000", BYTES[100_000:])]


def test_where_meta_has_forgotten_the_upload_the_file_goes_again(
    uploads: UploadClient, opened: responses.RequestsMock
) -> None:
    opened.post(PLACE, body=requests.exceptions.ReadTimeout())
    opened.get(PLACE, status=400, json={"error": {"code": 100, "message": "no such object"}})
    opened.post(PLACE, json={"h": "4::aW"})
    assert upload(uploads) == "4::aW"
    assert bodies(opened) == [("0", BYTES), ("0", BYTES)]


def test_what_is_twice_uncertain_may_be_tried_again(
    uploads: UploadClient, opened: responses.RequestsMock
) -> None:
    opened.post(PLACE, body=requests.exceptions.ReadTimeout())
    opened.get(PLACE, json={"id": SESSION, "file_offset": 0})
    with pytest.raises(NotSent) as caught:
        upload(uploads)
    assert caught.value.transient and "ARZq" not in str(caught.value)


def test_a_refusal_says_why_and_is_not_repeated(
    uploads: UploadClient, opened: responses.RequestsMock
) -> None:
    said = "The signature ARZq_secret of EAAsecrettoken123 does not fit"
    opened.post(PLACE, status=400, json={"error": {"code": 100, "message": said}})
    with pytest.raises(GraphError) as caught:
        upload(uploads)
    assert caught.value.code == 100 and len(opened.calls) == 2
    assert "ARZq" not in str(caught.value) and "EAA" not in str(caught.value)
