"""Lists of several pages: all of them, from our own host only, and never in a circle."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from requests import PreparedRequest

from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import GraphError, UnreadableAnswer

HOST = "https://graph.example"
BASE = f"{HOST}/v26.0"
TOKEN = "EAAsecrettoken123"
WABA = "102290129340398"
STALE = {"error": {"message": "(#131059) no", "type": "OAuthException", "code": 131059}}


def query(request: PreparedRequest) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.url or "").query)


def page(*ids: str, after: str | None = None, host: str = HOST) -> dict[str, Any]:
    data: dict[str, Any] = {"data": [{"id": one, "name": f"t{one}"} for one in ids]}
    if after:
        data["paging"] = {
            "cursors": {"before": "b", "after": after},
            "next": f"{host}/v26.0/{WABA}/x?access_token={TOKEN}&limit=100&after={after}",
        }
    else:
        data["paging"] = {"cursors": {"before": "b", "after": "end"}}
    return data


def test_every_page_is_read_and_the_token_is_not_put_into_addresses(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    url = f"{BASE}/{WABA}/phone_numbers"
    for one in (page("1", "2", after="c1"), page("3", after="c2"), page("4")):
        graph.get(url, json=one)
    assert [number.id for number in client.phone_numbers(WABA)] == ["1", "2", "3", "4"]
    assert [query(call.request).get("after") for call in graph.calls] == [None, ["c1"], ["c2"]]
    assert all(TOKEN not in (call.request.url or "") for call in graph.calls)
    assert "status" in query(graph.calls[2].request)["fields"][0]


def test_a_next_page_elsewhere_gets_no_token(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.get(
        f"{BASE}/{WABA}/message_templates", json=page("1", after="c", host="https://evil.example")
    )
    graph.get(f"{BASE}/{WABA}/message_templates", json=page("2"))
    assert len(client.message_templates(WABA)) == 2
    assert all((call.request.url or "").startswith(BASE) for call in graph.calls)


def test_pages_that_lead_in_a_circle_are_left(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    for after in ("a", "b", "a"):
        graph.get(f"{BASE}/{WABA}/message_templates", json=page("1", after=after))
    with pytest.raises(UnreadableAnswer) as caught:
        client.message_templates(WABA)
    assert "back to themselves" in caught.value.details


def test_pages_without_end_are_left(
    client: GraphClient, graph: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whatsapp.meta.client.MAX_PAGES", 3)
    for number in range(3):
        graph.get(f"{BASE}/{WABA}/message_templates", json=page("1", after=str(number)))
    with pytest.raises(UnreadableAnswer) as caught:
        client.message_templates(WABA)
    assert "more than 3 pages" in caught.value.details


def test_a_stale_cursor_starts_the_list_over_once(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    url = f"{BASE}/{WABA}/message_templates"
    graph.get(url, json=page("1", after="c1"))
    graph.get(url, status=400, json=STALE)
    graph.get(url, json=page("1", after="c2"))
    graph.get(url, json=page("2"))
    assert [one.id for one in client.message_templates(WABA)] == ["1", "2"]


def test_a_cursor_that_stays_stale_is_an_error(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.get(f"{BASE}/{WABA}/message_templates", status=400, json=STALE)
    with pytest.raises(GraphError) as caught:
        client.message_templates(WABA)
    assert caught.value.code == 131059


@pytest.mark.parametrize("body", ["{}", '{"data":{}}', '{"data":null}'])
def test_a_list_without_data_is_unreadable(
    client: GraphClient, graph: responses.RequestsMock, body: str
) -> None:
    graph.get(f"{BASE}/{WABA}/subscribed_apps", body=body)
    with pytest.raises(UnreadableAnswer):
        client.subscribed_apps(WABA)
