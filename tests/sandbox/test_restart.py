"""A sandbox that stops, however it stops, goes on where it was."""

import signal
import socket
import time
import uuid
from pathlib import Path

import pytest
import requests

from tests.sandbox.conftest import AMINA, Meta, Process, Receiver, wait_for, wamid_of

pytestmark = pytest.mark.processes


def client(process: Process, receiver: Receiver) -> Meta:
    return Meta(process.base, receiver, f"/{uuid.uuid4().hex}/")


@pytest.mark.parametrize("way", ["stopped", "killed"])
def test_state_and_waiting_webhooks_survive(way: str, tmp_path: Path, receiver: Receiver) -> None:
    first = Process(tmp_path, receiver.url).ready()
    meta = client(first, receiver)
    meta.set_up()
    meta.control("clock", advance=3600)
    meta.control("webhooks", hold=True)
    inbound = meta.writes("Before the stop")
    photo = meta.control("inbound", **{"from": AMINA, "to": meta.number, "sample": "photo"})
    sent = wamid_of(meta.text("Written before", biz_opaque_callback_data="row-3"))
    assert wait_for(lambda: meta.status_of(sent) == "delivered")
    assert meta.ask("webhooks")["pending"] == 4
    if way == "stopped":
        assert first.stop() == 0
    else:
        time.sleep(0.12)  # the journal is written every 50 ms; a kill may take the last of them
        first.popen.send_signal(signal.SIGKILL)
        first.popen.communicate(timeout=5)
    second = Process(tmp_path, receiver.url, first.port).ready()
    try:
        assert [m["wamid"] for m in meta.on_phone()] == [inbound, photo["wamid"], sent]
        assert meta.ask("webhooks")["pending"] == 4
        assert meta.ask("clock")["offset"] == pytest.approx(3600)
        meta.control("webhooks/release")
        assert wait_for(lambda: len(meta.told("statuses")) == 2)
        assert meta.told("messages")[0]["id"] == inbound
        url = meta.graph("GET", photo["media_id"]).json()["url"]
        assert meta.http.get(url, headers={"Authorization": f"Bearer {meta.token}"}).ok
        wamid_of(meta.text("The window is still open"))
        assert wait_for(lambda: len(meta.on_phone()) == 4)
    finally:
        assert second.stop() == 0


def test_user_ids_survive(tmp_path: Path, receiver: Receiver) -> None:
    def user_id(number: str) -> str:
        found: str = meta.message(meta.writes(**{"from": number}))["from_user_id"]
        return found

    new = "+254722555999"
    first = Process(tmp_path, receiver.url).ready()
    meta = client(first, receiver)
    meta.set_up()
    before = user_id(AMINA)
    meta.control("change_number", number=AMINA, new_number=new)
    moved = user_id(new)
    assert first.stop() == 0
    second = Process(tmp_path, receiver.url, first.port).ready()
    try:
        assert user_id(new) == moved
        assert user_id(AMINA) not in (before, moved)
    finally:
        assert second.stop() == 0


def test_an_unfinished_delivery_is_taken_up_again(tmp_path: Path, receiver: Receiver) -> None:
    first = Process(tmp_path, receiver.url).ready()
    meta = client(first, receiver)
    meta.set_up()
    meta.control("webhooks", url="http://127.0.0.1:9/", retry_base_ms=60_000)
    meta.control("phones", number=AMINA, on=False)
    wamid = wamid_of(meta.template())
    assert wait_for(lambda: meta.ask("webhooks")["failed_attempts"] == 1)
    assert first.stop() == 0
    second = Process(tmp_path, receiver.url, first.port).ready()
    try:
        meta.control("webhooks", url=receiver.url + meta.hook)
        meta.control("webhooks/release")
        assert wait_for(lambda: meta.statuses(wamid) == ["sent"])
        meta.control("phones", number=AMINA, on=True)
        assert wait_for(lambda: meta.statuses(wamid) == ["sent", "delivered"])
    finally:
        assert second.stop() == 0


def test_open_pages_and_held_calls_do_not_delay_the_stop(
    tmp_path: Path, receiver: Receiver
) -> None:
    process = Process(tmp_path, receiver.url).ready()
    with requests.get(f"{process.base}/live", stream=True, timeout=5) as stream:
        assert next(stream.iter_lines())
        began = time.monotonic()
        assert process.stop() == 0
        assert time.monotonic() - began < 2


def test_a_taken_port_is_named_in_one_line(tmp_path: Path, receiver: Receiver) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = Process(tmp_path, receiver.url, port)
        _, said = process.popen.communicate(timeout=10)
    assert process.popen.returncode == 1
    assert said.count("\n") == 1
    assert str(port) in said
    assert "SANDBOX_PORT" in said


def test_holds_reactions_and_portfolios_survive(tmp_path: Path, receiver: Receiver) -> None:
    first = Process(tmp_path, receiver.url).ready()
    meta = client(first, receiver)
    meta.set_up()
    meta.control("businesses", name="Caravella Spas", portfolio=meta.business_id)
    theirs = meta.writes()
    reaction = {"message_id": theirs, "emoji": "👍"}
    reacted = wamid_of(meta.send(type="reaction", reaction=reaction))
    assert wait_for(lambda: meta.statuses(reacted)) == ["sent"]
    meta.control("templates/hold", template_id=meta.templates[2])
    held = wamid_of(meta.template())
    assert first.stop() == 0
    second = Process(tmp_path, receiver.url, first.port).ready()
    try:
        spas = meta.ask("businesses")["businesses"][1]
        assert spas["portfolio_id"] == meta.business_id
        assert wamid_of(meta.template()) != held
        assert meta.control("templates/let_go", template_id=meta.templates[2])["let_go"] == 2
        assert wait_for(lambda: meta.statuses(held) == ["sent", "delivered"])
        assert meta.statuses(reacted) == ["sent"]
        shown = requests.get(f"{meta.base}/phones/{AMINA}", timeout=5).text
        assert "Reaction of the company: 👍" in shown
    finally:
        assert second.stop() == 0


def test_what_became_of_numbers_and_accounts_survives(tmp_path: Path, receiver: Receiver) -> None:
    first = Process(tmp_path, receiver.url).ready()
    meta = client(first, receiver)
    meta.set_up()
    profile = {"messaging_product": "whatsapp", "about": "We are hiring"}
    meta.graph("POST", f"{meta.number}/whatsapp_business_profile", json=profile)
    given = {"cc": "254", "phone_number": "700555002", "verified_name": "Jobs"}
    made = meta.graph("POST", f"{meta.waba}/phone_numbers", json=given).json()["id"]
    asked = f"{made}/request_code?code_method=SMS&language=en_US"
    meta.graph("POST", asked)
    meta.control("numbers/outside", number="+254700555003", on_app=True)
    info = [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}]
    meta.control("account", waba_id=meta.waba, event="ACCOUNT_RESTRICTION", restriction_info=info)
    assert first.stop() == 0
    second = Process(tmp_path, receiver.url, first.port).ready()
    try:
        read = meta.graph("GET", f"{meta.number}/whatsapp_business_profile?fields=about").json()
        assert read["data"][0]["about"] == "We are hiring"
        assert meta.template().json()["error"]["code"] == 368
        assert meta.graph("POST", asked).json()["error"]["code"] == 136024
        code = meta.ask(f"numbers/code?phone_number_id={made}")["code"]
        assert meta.graph("POST", f"{made}/verify_code?code={code}").json() == {"success": True}
        meta.control("account/release", waba_id=meta.waba)
        meta.control("businesses/verified", waba_id=meta.waba)
        taken = meta.graph(
            "POST", f"{meta.waba}/phone_numbers", json=given | {"phone_number": "700555003"}
        )
        assert taken.json()["error"]["error_subcode"] == 2388001
    finally:
        assert second.stop() == 0
