"""Embedded Signup's server side."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from whatsapp.meta.errors import AnswerLost, AuthError, MetaError, ParameterError, UnreadableAnswer
from whatsapp.meta.oauth import AppClient, dialog_url

HOST = "https://graph.example"
URL = f"{HOST}/v26.0/oauth/access_token"
RETURN = "https://ats.example/whatsapp/connect/return/?x=1"


@pytest.fixture
def app() -> AppClient:
    return AppClient("42", "s3cret", base_url=HOST, version="v26.0")


def form(graph: responses.RequestsMock) -> dict[str, list[str]]:
    body = graph.calls[0].request.body or ""
    return parse_qs(body.decode() if isinstance(body, bytes) else body)


def test_the_dialogs_address_carries_everything_once_encoded() -> None:
    address = dialog_url(
        base_url="https://www.facebook.example/",
        version="v26.0",
        app_id="42",
        config_id="7",
        redirect_uri=RETURN,
        state="r4nd0m",
        extras={"setup": {}},
    )
    parts = urlsplit(address)
    assert (parts.netloc, parts.path) == ("www.facebook.example", "/v26.0/dialog/oauth")
    asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
    assert asked["redirect_uri"] == RETURN
    assert (asked["client_id"], asked["config_id"], asked["state"]) == ("42", "7", "r4nd0m")
    assert (asked["response_type"], asked["override_default_response_type"]) == ("code", "true")
    assert json.loads(asked["extras"]) == {"setup": {}}


def test_a_code_becomes_a_token(app: AppClient, graph: responses.RequestsMock) -> None:
    graph.post(URL, json={"access_token": "EAAnew", "token_type": "bearer", "expires_in": 5183944})
    token = app.exchange_code("c0de", redirect_uri=RETURN)
    assert (token.token, token.expires_in) == ("EAAnew", 5183944)
    assert "EAAnew" not in repr(token)
    assert form(graph)["redirect_uri"] == [RETURN]
    request = graph.calls[0].request
    assert "s3cret" not in (request.url or "") and "Authorization" not in request.headers


def test_a_code_of_the_javascript_sdk_goes_without_an_address(
    app: AppClient, graph: responses.RequestsMock
) -> None:
    graph.post(URL, json={"access_token": "EAAnew"})
    assert app.exchange_code("c0de").expires_in is None
    assert "redirect_uri" not in form(graph)


@pytest.mark.parametrize(
    ("code", "message", "cls"),
    [
        (100, "This authorization code has expired.", AuthError),
        (100, "This authorization code has been used.", AuthError),
        (191, "Error validating verification code: redirect_uri", ParameterError),
        (190, "Error validating client secret s3cret", AuthError),
    ],
)
def test_a_refused_code_is_not_tried_again(
    app: AppClient,
    graph: responses.RequestsMock,
    code: int,
    message: str,
    cls: type[MetaError],
) -> None:
    graph.post(URL, status=400, json={"error": {"code": code, "message": message}})
    with pytest.raises(cls) as caught:
        app.exchange_code("c0de")
    assert len(graph.calls) == 1
    assert "s3cret" not in getattr(caught.value, "message", "") + str(caught.value)


def test_an_exchange_without_a_token_is_unreadable(
    app: AppClient, graph: responses.RequestsMock
) -> None:
    graph.post(URL, json={"token_type": "bearer"})
    with pytest.raises(UnreadableAnswer):
        app.exchange_code("c0de")


def test_an_exchange_whose_answer_is_lost_hides_its_secrets(
    app: AppClient, graph: responses.RequestsMock
) -> None:
    graph.post(URL, body=ConnectionResetError("s3cret"))
    with pytest.raises(AnswerLost) as caught:
        app.exchange_code("c0de")
    assert "s3cret" not in str(caught.value) and "s3cret" not in repr(app)


def test_a_token_is_looked_at_in_the_name_of_the_app(
    app: AppClient, graph: responses.RequestsMock
) -> None:
    graph.get(f"{HOST}/v26.0/debug_token", json={"data": {"app_id": "42", "is_valid": True}})
    assert app.debug_token("EAAnew").app_id == "42"
    request = graph.calls[0].request
    assert request.headers["Authorization"] == "Bearer 42|s3cret"
    assert parse_qs(urlsplit(request.url or "").query)["input_token"] == ["EAAnew"]
