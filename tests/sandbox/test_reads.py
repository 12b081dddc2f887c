"""Reading WABAs, numbers and templates, subscribing, registering."""

import pytest

from tests.sandbox.conftest import VERIFY_TOKEN, Meta


def test_the_error_has_the_shape_of_graph(meta: Meta) -> None:
    answer = meta.graph("GET", meta.waba, token="EAAwrong")
    assert answer.status_code == 401
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "code", "fbtrace_id"}
    assert (error["type"], error["code"]) == ("OAuthException", 190)
    assert answer.headers["x-fb-trace-id"] == error["fbtrace_id"]


def test_without_a_token_nothing_is_told(meta: Meta) -> None:
    assert meta.graph("GET", meta.waba, token="").json()["error"]["code"] == 104
    by_parameter = f"{meta.waba}?access_token={meta.token}"
    assert meta.graph("GET", by_parameter, token="").json()["id"] == meta.waba


def test_another_business_is_out_of_reach(meta: Meta) -> None:
    other = meta.control(
        "businesses", name="Charlie Foods", numbers=[{"display_phone_number": "+44 20 7946 0100"}]
    )
    charlie = meta.control("token", waba_id=other["waba_id"])["access_token"]
    refused = meta.graph("GET", f"{meta.waba}/phone_numbers", token=charlie)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, 200)
    number = meta.graph("GET", meta.number, token=charlie).json()["error"]
    assert (number["code"], number["error_subcode"]) == (100, 33)
    payload = {"messaging_product": "whatsapp", "to": "+254722555014", "text": {"body": "Hi"}}
    sent = meta.graph("POST", f"{meta.number}/messages", token=charlie, json=payload)
    assert (sent.status_code, sent.json()["error"]["code"]) == (403, 131005)


def test_unknown_things_are_named_as_graph_names_them(meta: Meta) -> None:
    gone = meta.graph("GET", "999999999999999")
    assert gone.status_code == 400
    assert (gone.json()["error"]["code"], gone.json()["error"]["error_subcode"]) == (100, 33)
    sent = meta.graph("POST", "999999999999999/messages", json={"messaging_product": "whatsapp"})
    assert (sent.json()["error"]["code"], sent.json()["error"]["error_subcode"]) == (100, 33)
    assert meta.graph("GET", "no/such/path").json()["error"]["code"] == 2500
    assert meta.http.get(f"{meta.base}/nothing", timeout=5).json()["error"]["code"] == 2500
    assert meta.graph("GET", f"{meta.waba}?fields=nope").json()["error"]["code"] == 100


def test_fields_are_given_as_asked(meta: Meta) -> None:
    waba = meta.graph("GET", f"{meta.waba}?fields=name,owner_business_info{{id,name}}").json()
    assert waba == {
        "name": "Caravella Hotels",
        "owner_business_info": {"name": "Caravella Hotels", "id": meta.business_id},
        "id": meta.waba,
    }
    number = meta.graph("GET", f"{meta.number}?fields=status,quality_rating").json()
    assert number == {"status": "CONNECTED", "quality_rating": "GREEN", "id": meta.number}
    default = meta.graph("GET", f"{meta.waba}/phone_numbers").json()["data"][0]
    assert set(default) == {
        "verified_name",
        "code_verification_status",
        "display_phone_number",
        "quality_rating",
        "platform_type",
        "throughput",
        "last_onboarded_time",
        "webhook_configuration",
        "id",
    }


def test_templates_come_in_pages(meta: Meta) -> None:
    path = f"{meta.waba}/message_templates?fields=name&limit=2"
    first = meta.graph("GET", path).json()
    assert [t["name"] for t in first["data"]] == ["interview", "reminder"]
    second = meta.http.get(
        first["paging"]["next"], headers={"Authorization": f"Bearer {meta.token}"}, timeout=5
    ).json()
    assert [t["name"] for t in second["data"]] == ["plain"]
    assert "next" not in second["paging"]
    assert "previous" in second["paging"]
    beyond = meta.graph("GET", f"{path}&after={second['paging']['cursors']['after']}").json()
    assert beyond == {"data": []}


def test_a_stale_cursor_is_refused(meta: Meta) -> None:
    error = meta.graph("GET", f"{meta.waba}/message_templates?after=abc").json()["error"]
    assert error["code"] == 131059


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=APPROVED", ["interview", "plain"]),
        ("status=PAUSED", ["reminder"]),
        ("name=plain", ["plain"]),
        ("language=it", []),
    ],
)
def test_templates_are_filtered(meta: Meta, query: str, names: list[str]) -> None:
    meta.control("templates/status", template_id=meta.templates[1], status="PAUSED")
    rows = meta.graph("GET", f"{meta.waba}/message_templates?{query}").json()["data"]
    assert [t["name"] for t in rows] == names


def test_posting_a_business_again_keeps_its_ids(meta: Meta) -> None:
    again = meta.control("businesses", name="Caravella Hotels", tier="TIER_2K")
    assert (again["business_id"], again["waba_id"]) == (meta.business_id, meta.waba)
    assert again["phone_number_ids"] == [meta.number]
    assert all(i.isdigit() and len(i) == 15 for i in (meta.business_id, meta.waba, meta.number))


def test_subscribing_can_be_seen_and_undone(meta: Meta) -> None:
    path = f"{meta.waba}/subscribed_apps"
    row = meta.graph("GET", path).json()["data"][0]
    assert row["whatsapp_business_api_data"]["id"]
    assert meta.graph("DELETE", path).json() == {"success": True}
    assert meta.graph("GET", path).json() == {"data": []}


def test_an_override_address_has_to_pass_the_verification(meta: Meta) -> None:
    url = f"{meta.receiver.url}/override/{meta.waba}"
    path = f"{meta.waba}/subscribed_apps"
    wrong = meta.graph("POST", path, json={"override_callback_uri": url, "verify_token": "x"})
    assert wrong.json()["error"]["code"] == 2200
    right = {"override_callback_uri": url, "verify_token": VERIFY_TOKEN}
    assert meta.graph("POST", path, json=right).json() == {"success": True}
    assert meta.graph("GET", path).json()["data"][0]["override_callback_uri"] == url


def test_only_a_registered_number_sends(meta: Meta) -> None:
    made = meta.control(
        "businesses",
        name="Caravella Hotels",
        numbers=[{"display_phone_number": "+39 02 5550 0199", "registered": False}],
    )
    second = next(n for n in made["phone_number_ids"] if n != meta.number)
    payload = {"messaging_product": "whatsapp", "to": "+254722555014", "text": {"body": "Hi"}}
    refused = meta.graph("POST", f"{second}/messages", json=payload).json()["error"]
    assert refused["code"] == 133010
    register = f"{second}/register"
    for wrong, expected in (({}, 100), ({"pin": "12"}, 131009)):
        given = {"messaging_product": "whatsapp"} | wrong
        assert meta.graph("POST", register, json=given).json()["error"]["code"] == expected
    pin = {"messaging_product": "whatsapp", "pin": "123456"}
    assert meta.graph("POST", register, json=pin).json() == {"success": True}
    assert meta.graph("GET", f"{second}?fields=status").json()["status"] == "CONNECTED"
    assert meta.graph("POST", f"{second}/messages", json=payload).status_code == 200
