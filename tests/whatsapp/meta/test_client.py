"""The Graph client: what it asks, how it reads answers, what it repeats, what it never tells."""

import json
import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from requests import PreparedRequest

from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import (
    AnswerLost,
    AuthError,
    GraphError,
    MetaError,
    ParameterError,
    RateLimited,
    Unavailable,
    UnreadableAnswer,
)
from whatsapp.meta.payloads import text_message
from whatsapp.meta.signatures import appsecret_proof
from whatsapp.meta.types import GranularScope
from whatsapp.meta.usage import Usage

HOST = "https://graph.example"
BASE = f"{HOST}/v26.0"
TOKEN = "EAAsecrettoken123"
HTML = "<html><title>502 Bad Gateway</title></html>"
WABA, NUMBER = "102290129340398", "106540352242922"


def error(code: int, **more: Any) -> dict[str, Any]:
    return {"error": {"message": f"(#{code}) no", "type": "OAuthException", "code": code, **more}}


def send(client: GraphClient) -> Any:
    return client.send_message(NUMBER, text_message("+254722555014", "Good morning"))


def query(request: PreparedRequest) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.url or "").query)


def test_a_sent_message(client: GraphClient, graph: responses.RequestsMock) -> None:
    graph.post(
        f"{BASE}/{NUMBER}/messages",
        json={
            "messaging_product": "whatsapp",
            "contacts": [{"input": "+5511955550121", "wa_id": "551155550121", "user_id": "BR.1"}],
            "messages": [{"id": "wamid.A", "message_status": "accepted"}],
        },
    )
    result = send(client)
    assert (result.wamid, result.wa_id, result.user_id) == ("wamid.A", "551155550121", "BR.1")
    assert result.message_status == "accepted"
    request = graph.calls[0].request
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert json.loads(request.body or "")["text"]["body"] == "Good morning"


def test_a_message_by_bsuid_has_no_wa_id(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.post(f"{BASE}/{NUMBER}/messages", json={"messages": [{"id": "wamid.B"}]})
    result = send(client)
    assert (result.wamid, result.wa_id, result.message_status) == ("wamid.B", None, None)


def test_an_answer_may_say_how_much_of_the_limits_is_used_up(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    said = {"1": [{"call_count": 12, "total_time": 83}, {"estimated_time_to_regain_access": 2}]}
    answer = {"messages": [{"id": "wamid.C", "message_status": "held_for_quality_assessment"}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(said)}
    graph.post(f"{BASE}/{NUMBER}/messages", json=answer, headers=headers)
    graph.post(f"{BASE}/{NUMBER}/messages", json=answer)
    result = send(client)
    assert result.message_status == "held_for_quality_assessment"
    assert result.usage == Usage(percent=83, regain_access_seconds=120.0)
    assert send(client).usage is None


def test_each_message_is_sent_as_it_is_though_the_rest_of_the_request_is_kept(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.post(f"{BASE}/{NUMBER}/messages", json={"messages": [{"id": "wamid.D"}]})
    bodies = [text_message("+254722555014", "a" * length) for length in (300, 5, 40)]
    for body in bodies:
        client.send_message(NUMBER, body)
    requests_ = [call.request for call in graph.calls]
    assert [json.loads(one.body or "") for one in requests_] == bodies
    assert [int(one.headers["Content-Length"]) for one in requests_] == [
        len(one.body or "") for one in requests_
    ]


@pytest.mark.parametrize("code", [131000, 131016, 130429, 2])
def test_a_message_is_never_repeated_even_after_a_transient_error(
    client: GraphClient, graph: responses.RequestsMock, slept: list[float], code: int
) -> None:
    graph.post(f"{BASE}/{NUMBER}/messages", status=500, json=error(code))
    with pytest.raises(GraphError) as caught:
        send(client)
    assert caught.value.transient and caught.value.code == code
    assert len(graph.calls) == 1 and not slept


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, HTML),
        (200, "[]"),
        (200, "{}"),
        (200, '{"messages":[]}'),
        (200, '{"messages":[{"id":null}]}'),
        (200, ""),
        (502, HTML),
        (504, ""),
        (500, '{"error":{"message":"?"}}'),
    ],
)
def test_an_unreadable_answer_to_a_message_leaves_its_outcome_unknown(
    client: GraphClient, graph: responses.RequestsMock, status: int, body: str
) -> None:
    graph.post(f"{BASE}/{NUMBER}/messages", status=status, body=body)
    with pytest.raises(AnswerLost) as caught:
        send(client)
    assert caught.value.http_status == status and not caught.value.transient


@pytest.mark.parametrize(("status", "cls"), [(400, GraphError), (429, RateLimited)])
def test_an_unreadable_refusal_of_a_message_is_a_refusal(
    client: GraphClient, graph: responses.RequestsMock, status: int, cls: type[GraphError]
) -> None:
    graph.post(f"{BASE}/{NUMBER}/messages", status=status, body=HTML)
    with pytest.raises(cls):
        send(client)


def test_an_error_carries_all_that_meta_said(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    said = error(131009, error_data={"details": "Parameter value is not valid"}, fbtrace_id="Az8")
    graph.post(f"{BASE}/{NUMBER}/messages", status=400, json=said)
    with pytest.raises(ParameterError) as caught:
        send(client)
    assert caught.value.details == "Parameter value is not valid"
    assert (caught.value.fbtrace_id, caught.value.http_status) == ("Az8", 400)
    assert caught.value.message == "(#131009) no"


@pytest.mark.parametrize("odd", ["text", 5, [1], {"code": "x"}, {"code": None, "message": 7}])
def test_an_error_of_any_shape_is_an_error(
    client: GraphClient, graph: responses.RequestsMock, odd: object
) -> None:
    graph.get(f"{BASE}/{WABA}", status=400, json={"error": odd})
    with pytest.raises(GraphError):
        client.waba(WABA)


def test_a_question_is_asked_again_after_a_transient_error(
    client: GraphClient, graph: responses.RequestsMock, slept: list[float]
) -> None:
    graph.get(f"{BASE}/{WABA}", status=503, json=error(2))
    graph.get(f"{BASE}/{WABA}", status=502, body=HTML)
    graph.get(f"{BASE}/{WABA}", json={"id": WABA, "name": "Caravella Hotels", "new_field": {}})
    assert client.waba(WABA).name == "Caravella Hotels"
    assert len(slept) == 2 and slept[0] < slept[1]


def test_a_question_is_given_up_after_three_times(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.get(f"{BASE}/{WABA}", status=502, body=HTML)
    with pytest.raises(Unavailable) as caught:
        client.waba(WABA)
    assert "HTTP 502" in caught.value.details
    assert len(graph.calls) == 3


@pytest.mark.parametrize("code", [190, 100, 80007])
def test_a_question_that_meta_refused_is_not_asked_again(
    client: GraphClient, graph: responses.RequestsMock, code: int
) -> None:
    graph.get(f"{BASE}/{WABA}", status=400, json=error(code))
    with pytest.raises(GraphError):
        client.waba(WABA)
    assert len(graph.calls) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":5}]}'}, 300.0),
        ({"X-Business-Use-Case-Usage": '{"1":[{"call_count":12}]}'}, None),
        ({"X-Business-Use-Case-Usage": "not json"}, None),
        ({"X-Business-Use-Case-Usage": '{"1":[5],"2":7}'}, None),
        ({}, None),
    ],
)
def test_a_limit_says_when_meta_lets_us_in_again(
    client: GraphClient,
    graph: responses.RequestsMock,
    headers: dict[str, str],
    seconds: float | None,
) -> None:
    graph.get(f"{BASE}/{WABA}", status=400, json=error(80007), headers=headers)
    with pytest.raises(RateLimited) as caught:
        client.waba(WABA)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("body", [HTML, "[]", "null", '"text"', "{}", '{"id":{}}', "[" * 100_000])
def test_an_answer_of_another_shape_is_unreadable(
    client: GraphClient, graph: responses.RequestsMock, body: str
) -> None:
    graph.get(f"{BASE}/{WABA}", body=body)
    with pytest.raises(UnreadableAnswer):
        client.waba(WABA)


def test_an_endless_answer_is_not_read_to_its_end(
    client: GraphClient, graph: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whatsapp.meta.transport.MAX_ANSWER_BYTES", 1000)
    graph.get(f"{BASE}/{WABA}", body="x" * 1001)
    with pytest.raises(UnreadableAnswer) as caught:
        client.waba(WABA)
    assert "longer than 1000 bytes" in caught.value.details


def test_a_redirect_is_not_followed_so_that_the_token_stays_here(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.get(f"{BASE}/{WABA}", status=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(UnreadableAnswer):
        client.waba(WABA)
    assert len(graph.calls) == 1


def test_a_number_as_meta_describes_it(client: GraphClient, graph: responses.RequestsMock) -> None:
    graph.get(
        f"{BASE}/{NUMBER}",
        json={
            "verified_name": "Caravella Hotels",
            "display_phone_number": "+39 06 5550 1000",
            "status": "CONNECTED",
            "quality_rating": "GREEN",
            "throughput": {"level": "STANDARD"},
            "last_onboarded_time": "2026-03-01T17:00:00+0000",
            "whatsapp_business_manager_messaging_limit": "TIER_2K",
            "is_official_business_account": False,
            "id": int(NUMBER),
        },
    )
    number = client.phone_number(NUMBER)
    assert (number.id, number.status, number.messaging_limit) == (NUMBER, "CONNECTED", "TIER_2K")
    assert number.throughput_level == "STANDARD"
    assert number.last_onboarded_time and number.last_onboarded_time.year == 2026


def test_a_number_of_which_meta_tells_little(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    odd = {"id": NUMBER, "throughput": "?", "last_onboarded_time": "yesterday", "status": 3}
    graph.get(f"{BASE}/{NUMBER}", json=odd)
    number = client.phone_number(NUMBER)
    assert (number.quality_rating, number.throughput_level) == ("UNKNOWN", None)


def test_templates_have_one_spelling(client: GraphClient, graph: responses.RequestsMock) -> None:
    row = {"id": 1689556908129832, "name": "reminder", "language": "en-US", "status": "approved"}
    graph.get(f"{BASE}/{WABA}/message_templates", json={"data": [row, "odd", {}]})
    (template,) = client.message_templates(WABA)
    assert (template.id, template.language, template.status) == (
        "1689556908129832",
        "en_US",
        "APPROVED",
    )
    assert (template.parameter_format, template.components) == ("POSITIONAL", ())


def test_subscribing_is_repeated_because_it_does_no_harm(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    url = f"{BASE}/{WABA}/subscribed_apps"
    graph.post(url, status=500, json=error(2))
    graph.post(url, json={"success": True})
    client.subscribe_app(WABA)
    graph.get(url, json={"data": [{"whatsapp_business_api_data": {"id": "7", "name": "ATS"}}]})
    assert client.subscribed_apps(WABA)[0].id == "7"
    graph.delete(url, json={"success": True})
    client.unsubscribe_app(WABA)


def test_registering_is_not_repeated_because_meta_counts(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.post(f"{BASE}/{NUMBER}/register", status=503, json=error(133004))
    with pytest.raises(Unavailable):
        client.register_phone(NUMBER, "123456")
    assert json.loads(graph.calls[0].request.body or "") == {
        "messaging_product": "whatsapp",
        "pin": "123456",
    }
    assert len(graph.calls) == 1


def test_success_must_be_said(client: GraphClient, graph: responses.RequestsMock) -> None:
    graph.post(f"{BASE}/{NUMBER}/messages", json={"success": False})
    with pytest.raises(UnreadableAnswer):
        client.mark_read(NUMBER, "wamid.A")


def test_reading_with_typing(client: GraphClient, graph: responses.RequestsMock) -> None:
    graph.post(f"{BASE}/{NUMBER}/messages", json={"success": True})
    client.mark_read(NUMBER, "wamid.A", typing=True)
    assert json.loads(graph.calls[0].request.body or "")["status"] == "read"


def test_what_a_token_reaches(client: GraphClient, graph: responses.RequestsMock) -> None:
    scopes = ["whatsapp_business_management"]
    data = {
        "app_id": "42",
        "type": "SYSTEM_USER",
        "is_valid": True,
        "expires_at": 0,
        "issued_at": 1712099387,
        "scopes": scopes,
        "granular_scopes": [
            {"scope": scopes[0], "target_ids": ["2", "1"]},
            {"scope": "whatsapp_business_messaging"},
        ],
    }
    graph.get(f"{BASE}/debug_token", json={"data": data})
    info = client.debug_token("EAAother")
    assert info.waba_ids == ("2", "1")
    assert info.reaches("1") and not info.reaches("3")
    assert info.missing_scopes == ("whatsapp_business_messaging",)
    assert info.expires_at is None and info.issued_at
    assert info.granular_scopes[1] == GranularScope("whatsapp_business_messaging", None)


def test_a_token_of_which_meta_says_nothing_is_not_valid(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.get(f"{BASE}/debug_token", json={})
    info = client.debug_token("EAAother")
    assert not info.is_valid and not info.reaches("1")


def test_the_proof_of_the_app_goes_with_every_call(graph: responses.RequestsMock) -> None:
    client = GraphClient(TOKEN, base_url=HOST, version="v26.0", app_secret="s3cret")
    graph.post(f"{BASE}/{NUMBER}/messages", json={"messages": [{"id": "wamid.A"}]})
    send(client)
    proof = query(graph.calls[0].request)["appsecret_proof"]
    assert proof == [appsecret_proof("s3cret", TOKEN)]


def test_an_id_cannot_leave_its_place_in_the_path(
    client: GraphClient, graph: responses.RequestsMock
) -> None:
    graph.get(f"{BASE}/..%2Fme%3Fx", json={"id": "1"})
    client.waba("../me?x")
    with pytest.raises(ValueError, match="empty"):
        client.waba("")


def test_the_token_is_told_to_nobody(
    client: GraphClient, graph: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = error(190, error_data={"details": f"bad {TOKEN}"})
    said["error"]["message"] = f"Malformed access token {TOKEN}"
    graph.get(f"{BASE}/{WABA}", status=401, json=said)
    with pytest.raises(AuthError) as caught:
        client.waba(WABA)
    shown = [repr(client), str(caught.value), repr(caught.value), caplog.text]
    shown += [caught.value.message, caught.value.details]
    assert TOKEN not in "".join(shown)
    assert caught.value.message == "Malformed access token ***"


def test_a_token_with_a_line_break_is_refused_without_showing_it() -> None:
    broken = GraphClient("EAAbro\nken", base_url=HOST, version="v26.0", retries=0)
    with pytest.raises(MetaError) as caught:
        broken.waba(WABA)
    assert "EAA" not in str(caught.value) and caught.value.__suppress_context__


def test_two_companies_on_one_session_keep_their_tokens_apart(
    graph: responses.RequestsMock,
) -> None:
    session = requests.Session()
    graph.get(f"{BASE}/1", json={"id": "1"})
    for token in ("EAAalice", "EAAcharlie"):
        GraphClient(token, base_url=HOST, version="v26.0", session=session).waba("1")
    sent = [call.request.headers["Authorization"] for call in graph.calls]
    assert sent == ["Bearer EAAalice", "Bearer EAAcharlie"]
    assert "Authorization" not in session.headers
