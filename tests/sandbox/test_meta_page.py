"""The page "Play Meta": every form does what the control verb does."""

from typing import Any

import requests

from tests.sandbox.conftest import AMINA, Meta, wamid_of

SMS = {"code_method": "SMS", "language": "en_US"}


def do(meta: Meta, action: str, **form: Any) -> requests.Response:
    """One form; the page that comes after it."""
    return requests.post(f"{meta.base}/meta/{meta.waba}/{action}", form, timeout=5)


def shown(meta: Meta) -> str:
    return requests.get(f"{meta.base}/meta/", timeout=5).text


def test_a_name_is_approved_or_rejected(meta: Meta) -> None:
    meta.graph("POST", f"{meta.number}?new_display_name=Caravella%20Careers")
    assert "Asked for" in shown(meta)
    number = {"phone_number_id": meta.number}
    said = do(meta, "name", **number, decision="REJECTED", rejection_reason="UNKNOWN")
    assert "The product is told by phone_number_name_update" in said.text
    told = meta.field("phone_number_name_update")
    assert (told["decision"], told["rejection_reason"]) == ("REJECTED", "UNKNOWN")
    meta.graph("POST", f"{meta.number}?new_display_name=Caravella%20Careers")
    page = do(meta, "name", **number, decision="APPROVED", rejection_reason="UNKNOWN").text
    assert "comes into force when the number is registered again" in page


def test_quality_status_and_limit_are_moved(meta: Meta) -> None:
    number = {"phone_number_id": meta.number}
    assert "Quality: low" in do(meta, "quality", **number, quality="RED").text
    assert "Meta tells no field" in do(meta, "status", **number, status="RESTRICTED").text
    assert meta.template().json()["error"]["code"] == 131048
    do(meta, "status", **number, status="CONNECTED")
    assert "0 of 10,000 people" in do(meta, "limit", tier="TIER_10K").text
    wamid_of(meta.template())
    assert "1 of 10,000 people" in shown(meta)
    assert "Official" in do(meta, "official", **number, on="1").text
    assert "of 250 people" in do(meta, "limit", tier="TIER_250").text
    verified = do(meta, "verified", on="1").text
    assert "of 2,000 people" in verified
    assert "1 of 20 numbers" in verified


def test_an_account_is_restricted_released_disabled_and_reinstated(meta: Meta) -> None:
    kind = "RESTRICTED_BIZ_INITIATED_MESSAGING"
    assert "until" in do(meta, "restrict", restriction_type=kind, hours="24").text
    assert meta.template().json()["error"]["code"] == 368
    assert "may do everything" in do(meta, "release").text
    wamid_of(meta.template())
    assert "Reinstate the account" in do(meta, "ban", on="1").text
    assert meta.template().json()["error"]["code"] == 131031
    do(meta, "ban", on="")
    wamid_of(meta.template())
    refused = do(meta, "restrict", restriction_type=kind, hours="soon")
    assert (refused.status_code, "whole hours" in refused.text) == (400, True)


def test_tokens_are_revoked_without_a_word(meta: Meta) -> None:
    assert "0 tokens work, 1 no longer" in do(meta, "revoke").text
    assert meta.template().json()["error"]["code"] == 190
    assert meta.posts() == []


def test_a_removed_app_hears_it_and_is_out(meta: Meta) -> None:
    do(meta, "leave", how="app")
    assert meta.field("account_update")["event"] == "PARTNER_APP_UNINSTALLED"
    assert "App not subscribed" in shown(meta)
    assert "nobody is told" in do(meta, "limit", tier="TIER_2K").text


def test_the_code_that_was_sent_can_be_read(meta: Meta) -> None:
    assert "no code needed" in do(meta, "outside", number=AMINA, what="verified").text
    given = {"cc": "254", "phone_number": "700555002", "verified_name": "Jobs"}
    made = meta.graph("POST", f"{meta.waba}/phone_numbers", json=given).json()["id"]
    meta.graph("POST", f"{made}/request_code", json=SMS)
    assert meta.ask(f"numbers/code?phone_number_id={made}")["code"] in shown(meta)


def test_an_empty_sandbox_and_a_gone_account_say_so(meta: Meta) -> None:
    meta.control("reset")
    assert "no business yet" in shown(meta)
    gone = requests.get(f"{meta.base}/meta/{meta.waba}", timeout=5)
    assert (gone.status_code, "was reset" in gone.text) == (404, True)
    assert do(meta, "ban", on="1").status_code == 400


def test_templates_are_decided_by_hand(meta: Meta) -> None:
    assert "A template is reviewed" in do(meta, "template-delay", seconds="").text
    given = {
        "name": "welcome",
        "language": "en_US",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Welcome to our hotel."}],
    }
    made = meta.graph("POST", f"{meta.waba}/message_templates", json=given).json()["id"]
    one = {"template_id": made}
    said = do(meta, "template-reject", **one, reason="SCAM", why="").text
    assert "message_template_status_update" in said
    assert "Rejected: <span" in said
    assert "Welcome to our hotel." in said
    do(meta, "template-approve", **one)
    wamid_of(meta.template("welcome"))
    assert "Paused until" in do(meta, "template-pause", **one, hours="2").text
    assert meta.template("welcome").json()["error"]["code"] == 132015
    do(meta, "template-unpause", **one)
    page = do(meta, "template-category", **one, category="MARKETING", when="announced").text
    assert "It becomes marketing" in page
    assert "template_category_update" in page
    do(meta, "template-category", **one, category="MARKETING", when="now")
    read = meta.graph("GET", f"{made}?fields=category,previous_category").json()
    assert (read["category"], read["previous_category"]) == ("MARKETING", "UTILITY")
    do(meta, "template-quality", **one, quality="RED")
    assert meta.field("message_template_quality_update")["new_quality_score"] == "RED"
    do(meta, "template-violate", **one, on="1")
    assert meta.template("welcome").json()["error"]["code"] == 132007
    do(meta, "template-disable", **one)
    assert meta.template("welcome").json()["error"]["code"] == 132016
    assert do(meta, "template-pause", template_id=made, hours="soon").status_code == 400
    assert do(meta, "template-approve", template_id="1").status_code == 400
