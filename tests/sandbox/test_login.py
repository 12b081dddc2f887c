"""Embedded Signup: the dialog, its code, the token it becomes."""

import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.sandbox.conftest import APP_ID, APP_SECRET, Meta

BACK = "https://ats.example/whatsapp/connect/back/?from=settings"
ASKED = {
    "client_id": APP_ID,
    "redirect_uri": BACK,
    "state": "s-123",
    "config_id": "77",
    "response_type": "code",
    "override_default_response_type": "true",
}


def dialog(meta: Meta, form: dict[str, Any] | None = None, **asked: str) -> requests.Response:
    query = urlencode({k: v for k, v in (ASKED | asked).items() if v})
    url = f"{meta.base}/v26.0/dialog/oauth?{query}"
    return requests.get(url, timeout=5) if form is None else requests.post(url, form, timeout=5)


def leaving(page: requests.Response) -> tuple[dict[str, Any], str, str, dict[str, list[str]]]:
    """The session message, its target origin, where the window goes and with what."""
    data = dict(re.findall(r'data-(message|origin|redirect)="([^"]*)"', page.text))
    redirect = html.unescape(data["redirect"])
    parts = urlsplit(redirect)
    message = json.loads(html.unescape(data["message"]))
    return message, data["origin"], redirect, parse_qs(parts.query)


def code(meta: Meta) -> str:
    form = {"business": meta.business_id, "numbers": meta.number, "do": "continue"}
    return leaving(dialog(meta, form))[3]["code"][0]


def exchange(meta: Meta, given_code: str, **more: str) -> requests.Response:
    given = {
        "client_id": APP_ID,
        "client_secret": APP_SECRET,
        "code": given_code,
        "redirect_uri": BACK,
    } | more
    given = {k: v for k, v in given.items() if v}
    return meta.graph("GET", "oauth/access_token", token="", params=given)


def test_the_dialog_shows_businesses_with_their_numbers(meta: Meta) -> None:
    page = dialog(meta)
    assert page.status_code == 200
    assert "Caravella Hotels" in page.text
    assert "+254 700 555 001" in page.text
    assert "unsafe-inline" not in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "1"},
        {"redirect_uri": ""},
        {"redirect_uri": "javascript:alert(1)"},
        {"state": ""},
        {"response_type": "token"},
    ],
)
def test_a_dialog_that_cannot_begin_says_so(meta: Meta, wrong: dict[str, str]) -> None:
    page = dialog(meta, **wrong)
    assert page.status_code == 400
    assert "is not right" in page.text
    assert dialog(meta, {"do": "continue"}, **wrong).status_code == 400


def test_continue_tells_the_opener_and_returns_with_code_and_state(meta: Meta) -> None:
    form = {"business": meta.business_id, "numbers": meta.number, "do": "continue"}
    message, origin, redirect, query = leaving(dialog(meta, form))
    assert origin == "https://ats.example"
    assert redirect.startswith(BACK + "&")
    assert query["state"] == ["s-123"]
    assert message == {
        "type": "WA_EMBEDDED_SIGNUP",
        "version": 3,
        "event": "FINISH",
        "data": {
            "phone_number_id": meta.number,
            "waba_id": meta.waba,
            "business_id": meta.business_id,
        },
    }


def test_without_a_number_the_event_says_only_waba(meta: Meta) -> None:
    message, _, _, query = leaving(dialog(meta, {"business": meta.business_id, "do": "continue"}))
    assert message["event"] == "FINISH_ONLY_WABA"
    assert "phone_number_id" not in message["data"]
    token = exchange(meta, query["code"][0]).json()["access_token"]
    assert meta.graph("GET", f"{meta.waba}/phone_numbers", token=token).json()["data"] == []


def test_cancel_returns_the_reason(meta: Meta) -> None:
    message, _, _, query = leaving(dialog(meta, {"do": "cancel"}))
    assert message["event"] == "CANCEL"
    assert message["data"] == {"current_step": "BUSINESS_ACCOUNT_SELECTION"}
    assert query["error"] == ["access_denied"]
    assert query["error_reason"] == ["user_denied"]
    assert query["state"] == ["s-123"]
    assert "code" not in query


def test_a_new_business_is_made_on_the_spot(meta: Meta) -> None:
    form = {"business": "new", "new_name": "Kiptoo Lodges", "do": "continue"}
    refused = dialog(meta, form)
    assert refused.status_code == 400
    assert "Kiptoo Lodges" in refused.text
    form["new_number"] = "+254 20 555 0777"
    message, _, _, query = leaving(dialog(meta, form))
    token = exchange(meta, query["code"][0]).json()["access_token"]
    waba = message["data"]["waba_id"]
    numbers = meta.graph(
        "GET", f"{waba}/phone_numbers?fields=status,verified_name", token=token
    ).json()["data"]
    assert [n["status"] for n in numbers] == ["PENDING"]
    templates = meta.graph("GET", f"{waba}/message_templates", token=token).json()["data"]
    assert [t["name"] for t in templates] == ["hello_world"]


def test_a_code_becomes_a_token_once(meta: Meta) -> None:
    given = code(meta)
    first = exchange(meta, given)
    assert first.status_code == 200
    assert first.json()["access_token"].startswith("EAA")
    assert first.json()["token_type"] == "bearer"
    assert "expires_in" not in first.json()
    error = exchange(meta, given).json()["error"]
    assert error["code"] == 100
    assert "has been used" in error["message"]


def test_a_code_dies_after_thirty_seconds(meta: Meta) -> None:
    given = code(meta)
    meta.control("clock", advance=29)
    late = code(meta)
    meta.control("clock", advance=2)
    error = exchange(meta, given).json()["error"]
    assert error["code"] == 100
    assert "has expired" in error["message"]
    assert exchange(meta, late).status_code == 200


@pytest.mark.parametrize("uri", ["", BACK + "/", "https://ats.example/"])
def test_another_redirect_uri_is_refused(meta: Meta, uri: str) -> None:
    answer = exchange(meta, code(meta), redirect_uri=uri)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 191


def test_a_wrong_secret_is_refused(meta: Meta) -> None:
    assert exchange(meta, code(meta), client_secret="x").json()["error"]["code"] == 190
    assert exchange(meta, code(meta), client_secret="").json()["error"]["code"] == 100
    assert exchange(meta, "made-up").json()["error"]["code"] == 100


def test_tokens_can_be_made_to_expire(meta: Meta) -> None:
    meta.control("tokens", expires_in=5184000)
    answer = exchange(meta, code(meta)).json()
    assert answer["expires_in"] == 5184000
    meta.control("clock", advance=5184001)
    error = meta.graph("GET", meta.waba, token=answer["access_token"]).json()["error"]
    assert (error["code"], error["error_subcode"]) == (190, 463)


def test_debug_token_names_app_scopes_and_wabas(meta: Meta) -> None:
    app_token = f"{APP_ID}|{APP_SECRET}"
    path = f"debug_token?input_token={meta.token}"
    data = meta.graph("GET", path, token=app_token).json()["data"]
    assert data["app_id"] == APP_ID
    assert data["is_valid"] is True
    assert data["scopes"] == ["whatsapp_business_management", "whatsapp_business_messaging"]
    assert [g["target_ids"] for g in data["granular_scopes"]] == [[meta.waba], [meta.waba]]
    meta.control("token/revoke", access_token=meta.token)
    assert meta.graph("GET", path, token=app_token).json()["data"]["is_valid"] is False
    unknown = meta.graph("GET", "debug_token?input_token=EAAx", token=app_token).json()["data"]
    assert unknown["is_valid"] is False
    refused = meta.graph("GET", path, token=f"{APP_ID}|wrong")
    assert refused.json()["error"]["code"] == 190


def test_a_login_may_share_several_accounts_of_one_portfolio_and_none_of_others(meta: Meta) -> None:
    sister = meta.control("businesses", name="Caravella Resorts", portfolio=meta.business_id)
    other = meta.control("businesses", name="Lindgren Logistics")
    assert "Also share Caravella Resorts" in dialog(meta).text
    form = {
        "business": meta.business_id,
        "numbers": meta.number,
        "also": [sister["business_id"], other["business_id"]],
        "do": "continue",
    }
    given = leaving(dialog(meta, form))[3]["code"][0]
    token = exchange(meta, given).json()["access_token"]
    asked = {"input_token": token}
    app = f"{APP_ID}|{APP_SECRET}"
    data = meta.graph("GET", "debug_token", token=app, params=asked).json()["data"]
    for scope in data["granular_scopes"]:
        assert sorted(scope["target_ids"]) == sorted([meta.waba, sister["waba_id"]])
    assert meta.graph("GET", sister["waba_id"], token=token).status_code == 200
    assert meta.graph("GET", other["waba_id"], token=token).status_code == 403
