"""The client against the running sandbox: the same paths, shapes and codes as Meta's."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import (
    AccountError,
    AnswerLost,
    AuthError,
    GraphError,
    ParameterError,
    TemplateError,
    Unavailable,
    WindowClosed,
)
from whatsapp.meta.oauth import AppClient, dialog_url
from whatsapp.meta.payloads import template_message, text_message
from whatsapp.meta.template_parameters import send_components

ROOT = Path(__file__).parents[3]
# One group, so that a parallel run starts one sandbox for all of these.
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("client-sandbox")]
APP_ID, APP_SECRET = "424242424242424", "s3cret-of-the-app"
RETURN = "https://ats.example/whatsapp/connect/return/"
AMINA = "+254722555014"
BODY = {
    "type": "BODY",
    "text": "Hello {{name}}, your interview is on {{day}}. See you there.",
    "example": {
        "body_text_named_params": [
            {"param_name": "name", "example": "Ana"},
            {"param_name": "day", "example": "Monday"},
        ]
    },
}
LINK = {
    "type": "BUTTONS",
    "buttons": [
        {"type": "QUICK_REPLY", "text": "Confirm"},
        {
            "type": "URL",
            "text": "Open",
            "url": "https://caravella.example/i/{{1}}",
            "example": ["https://caravella.example/i/abc"],
        },
    ],
}
VALUES = {"name": "Amina", "day": "Monday", "button1.1": "x7"}


def template(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "language": "en_US",
        "category": "UTILITY",
        "status": "APPROVED",
        "parameter_format": "NAMED",
        "components": [BODY, LINK],
        **more,
    }


@dataclass
class Sandbox:
    """A running sandbox and the business that Alice has at Meta."""

    url: str
    business_id: str = ""
    waba_id: str = ""
    numbers: tuple[str, ...] = ()
    token: str = ""

    def control(self, path: str, **data: Any) -> Any:
        answer = requests.post(f"{self.url}/_control/{path}", json=data, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def client(self, token: str = "", *, retries: int = 0) -> GraphClient:
        return GraphClient(token or self.token, base_url=self.url, version="v26.0", retries=retries)

    def app(self) -> AppClient:
        return AppClient(APP_ID, APP_SECRET, base_url=self.url, version="v26.0")

    def log_in(self) -> str:
        """A code, as the dialog's Continue button gives it."""
        address = dialog_url(
            base_url=self.url,
            version="v26.0",
            app_id=APP_ID,
            config_id="7",
            redirect_uri=RETURN,
            state="r4nd0m",
        )
        form = {"business": self.business_id, "numbers": self.numbers, "do": "continue"}
        page = requests.post(address, data=form, timeout=5).text
        found = re.search(r'data-redirect="([^"]+)"', page)
        assert found, page
        answer = parse_qs(urlsplit(unescape(found[1])).query)
        assert answer["state"] == ["r4nd0m"]
        return answer["code"][0]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    port, state = free_port(), tmp_path_factory.mktemp("sandbox")
    environment = {
        **os.environ,
        "FACEBOOK_APP_ID": APP_ID,
        "FACEBOOK_APP_SECRET": APP_SECRET,
        "WHATSAPP_VERIFY_TOKEN": "v3rify",
        "WHATSAPP_WEBHOOK_URL": "http://127.0.0.1:9/",
    }
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--state", str(state)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    running = Sandbox(f"http://127.0.0.1:{port}")
    try:
        wait_until_ready(running.url, process)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "the sandbox ended while starting"
        try:
            requests.get(f"{url}/_control/businesses", timeout=1)
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError("the sandbox did not answer within 20 seconds")


@pytest.fixture
def caravella(sandbox: Sandbox) -> Sandbox:
    """The sandbox begun anew, with Caravella Hotels in it and Amina's phone."""
    sandbox.control("reset")
    made = sandbox.control(
        "businesses",
        name="Caravella Hotels",
        numbers=[
            {"display_phone_number": "+39 06 5550 1000", "verified_name": "Caravella Hotels"},
            {
                "display_phone_number": "+39 06 5550 1001",
                "verified_name": "Caravella Careers",
                "registered": False,
            },
        ],
        templates=[
            template("reminder"),
            template("paused", status="PAUSED"),
            template("pending", status="PENDING"),
        ],
    )
    sandbox.control("phones", number=AMINA, name="Amina Njoroge")
    sandbox.control("limits", sync_errors=True)
    sandbox.business_id, sandbox.waba_id = made["business_id"], made["waba_id"]
    sandbox.numbers = tuple(made["phone_number_ids"])
    sandbox.token = sandbox.control("token", waba_id=sandbox.waba_id)["access_token"]
    return sandbox


def received(sandbox: Sandbox) -> list[dict[str, Any]]:
    answer = requests.get(f"{sandbox.url}/_control/phones/{AMINA}/messages", timeout=5)
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


def reminder(template_name: str = "reminder", **values: str) -> dict[str, Any]:
    components = send_components([BODY, LINK], "NAMED", {**VALUES, **values})
    return template_message(AMINA, template_name, "en_US", components, "m:1")


def test_a_login_ends_with_a_token_that_proves_what_it_reaches(caravella: Sandbox) -> None:
    token = caravella.app().exchange_code(caravella.log_in(), redirect_uri=RETURN)
    info = caravella.app().debug_token(token.token)
    assert info.is_valid and info.app_id == APP_ID and not info.missing_scopes
    assert info.waba_ids == (caravella.waba_id,)
    assert caravella.client(token.token).waba(caravella.waba_id).business_name == "Caravella Hotels"


def test_a_code_works_once_for_30_seconds_and_for_its_own_address(caravella: Sandbox) -> None:
    app, code = caravella.app(), caravella.log_in()
    with pytest.raises(ParameterError) as caught:
        app.exchange_code(code, redirect_uri=RETURN + "?")
    assert caught.value.code == 191
    app.exchange_code(code, redirect_uri=RETURN)
    with pytest.raises(AuthError):
        app.exchange_code(code, redirect_uri=RETURN)
    late = caravella.log_in()
    caravella.control("clock", advance=31)
    with pytest.raises(AuthError):
        app.exchange_code(late, redirect_uri=RETURN)


def test_the_business_is_read(caravella: Sandbox) -> None:
    client = caravella.client()
    assert client.waba(caravella.waba_id).messaging_limit == "TIER_250"
    numbers = client.phone_numbers(caravella.waba_id)
    assert {n.id for n in numbers} == set(caravella.numbers)
    assert client.phone_number(caravella.numbers[0]).status == "CONNECTED"
    found = {t.name: t for t in client.message_templates(caravella.waba_id)}
    assert found["reminder"].parameter_format == "NAMED"
    assert found["reminder"].components[0]["text"] == BODY["text"]
    assert (found["paused"].status, found["pending"].status) == ("PAUSED", "PENDING")


def test_more_templates_than_a_page_holds_are_all_read(caravella: Sandbox) -> None:
    many = [template(f"t{number}") for number in range(230)]
    caravella.control("templates", waba_id=caravella.waba_id, templates=many)
    names = [t.name for t in caravella.client().message_templates(caravella.waba_id)]
    assert len(names) == len(set(names)) == 233


def test_the_app_is_subscribed_and_taken_off(caravella: Sandbox) -> None:
    client = caravella.client()
    client.subscribe_app(caravella.waba_id)
    client.subscribe_app(caravella.waba_id)
    assert [app.id for app in client.subscribed_apps(caravella.waba_id)] == [APP_ID]
    client.unsubscribe_app(caravella.waba_id)
    assert client.subscribed_apps(caravella.waba_id) == ()


def test_a_number_sends_once_it_is_registered(caravella: Sandbox) -> None:
    client, number = caravella.client(), caravella.numbers[1]
    with pytest.raises(AccountError) as caught:
        client.send_message(number, reminder())
    assert caught.value.code == 133010
    client.register_phone(number, "123456")
    assert client.send_message(number, reminder()).wamid


def test_a_template_arrives_as_it_was_rendered(caravella: Sandbox) -> None:
    result = caravella.client().send_message(caravella.numbers[0], reminder())
    assert result.message_status == "accepted" and result.wa_id == AMINA[1:]
    (message,) = received(caravella)
    assert message["wamid"] == result.wamid
    assert message["biz_opaque_callback_data"] == "m:1"
    assert "Hello Amina, your interview is on Monday. See you there." in str(message)


def test_text_goes_while_the_window_is_open_and_not_after(caravella: Sandbox) -> None:
    client, number = caravella.client(), caravella.numbers[0]
    with pytest.raises(WindowClosed):
        client.send_message(number, text_message(AMINA, "Good morning"))
    inbound = caravella.control("inbound", **{"from": AMINA, "to": number, "text": "Hello"})
    client.mark_read(number, inbound["wamid"], typing=True)
    sent = client.send_message(
        number, text_message(AMINA, "Good morning", context_wamid=inbound["wamid"])
    )
    assert sent.wamid
    caravella.control("clock", advance=24 * 3600 + 1)
    with pytest.raises(WindowClosed):
        client.send_message(number, text_message(AMINA, "Good morning"))


@pytest.mark.parametrize(
    ("payload", "cls", "code"),
    [
        (reminder("pending"), TemplateError, 132001),
        (reminder("paused"), TemplateError, 132015),
        (reminder("nowhere"), TemplateError, 132001),
        (reminder(name="two\nlines"), ParameterError, None),
        (reminder(name="x" * 1100), TemplateError, 132005),
        (template_message(AMINA, "reminder", "en_US"), ParameterError, None),
        (text_message(AMINA, "x" * 4097), ParameterError, None),
    ],
)
def test_what_meta_refuses_has_its_class(
    caravella: Sandbox, payload: dict[str, Any], cls: type[GraphError], code: int | None
) -> None:
    caravella.control("inbound", **{"from": AMINA, "to": caravella.numbers[0], "text": "Hello"})
    with pytest.raises(cls) as caught:
        caravella.client().send_message(caravella.numbers[0], payload)
    assert code is None or caught.value.code == code
    assert caught.value.fbtrace_id and caught.value.details


def test_a_revoked_token_and_a_strangers_number(caravella: Sandbox) -> None:
    with pytest.raises(GraphError) as caught:
        caravella.client().phone_number("999999999999999")
    assert caught.value.code in (33, 100)
    caravella.control("token/revoke", access_token=caravella.token)
    with pytest.raises(AuthError):
        caravella.client().waba(caravella.waba_id)


def test_charlies_token_does_not_reach_caravella(caravella: Sandbox) -> None:
    other = caravella.control(
        "businesses",
        name="Other Inns",
        numbers=[{"display_phone_number": "+44 20 5550 1000", "verified_name": "Other Inns"}],
    )
    charlies = caravella.control("token", waba_id=other["waba_id"])["access_token"]
    with pytest.raises(GraphError):
        caravella.client(charlies).send_message(caravella.numbers[0], reminder())
    assert received(caravella) == []


def test_a_question_is_repeated_and_a_message_is_not(caravella: Sandbox) -> None:
    client = caravella.client(retries=1)
    caravella.control("fail", count=1, code=2, http_status=503)
    assert client.waba(caravella.waba_id).name
    caravella.control("fail", count=1, code=131000, http_status=500)
    with pytest.raises(Unavailable):
        client.send_message(caravella.numbers[0], reminder())
    assert received(caravella) == []


def test_an_answer_lost_after_meta_took_the_message_is_known_as_lost(caravella: Sandbox) -> None:
    caravella.control("fail", count=1, code=131000, after_accept=True)
    with pytest.raises(AnswerLost):
        caravella.client(retries=2).send_message(caravella.numbers[0], reminder())
    assert len(received(caravella)) == 1
