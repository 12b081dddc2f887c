"""The account as Meta limits it: restrictions, verification, tokens and what they may do."""

from typing import Any

import pytest

from tests.sandbox.conftest import APP_ID, APP_SECRET, Meta, wait_for, wamid_of

DAY = 24 * 3600


def restrict(meta: Meta, kind: str, **more: Any) -> None:
    info = [{"restriction_type": kind} | more]
    given = {"event": "ACCOUNT_RESTRICTION", "restriction_info": info}
    meta.control("account", waba_id=meta.waba, **given)


def code(answer: Any) -> int:
    assert answer.status_code >= 400, answer.text
    return int(answer.json()["error"]["code"])


def debug(meta: Meta) -> dict[str, Any]:
    path = f"debug_token?input_token={meta.token}"
    return meta.graph("GET", path, token=f"{APP_ID}|{APP_SECRET}").json()["data"]


def test_a_restricted_account_answers_but_starts_nothing(meta: Meta) -> None:
    meta.writes()
    restrict(meta, "RESTRICTED_BIZ_INITIATED_MESSAGING")
    assert meta.field("account_update")["event"] == "ACCOUNT_RESTRICTION"
    assert code(meta.template()) == 368
    wamid_of(meta.text())
    restrict(meta, "RESTRICTED_CUSTOMER_INITIATED_MESSAGING")
    assert code(meta.text()) == 368
    health = meta.graph("GET", f"{meta.waba}?fields=health_status").json()["health_status"]
    assert health["can_send_message"] == "BLOCKED"
    assert meta.control("account/release", waba_id=meta.waba)["released"] == 2
    wamid_of(meta.template())
    wamid_of(meta.text())


def test_a_restriction_ends_by_itself(meta: Meta) -> None:
    meta.control("clock", set="2026-11-21T10:00:00+00:00")
    restrict(meta, "RESTRICTED_BIZ_INITIATED_MESSAGING", expiration="2026-11-22T10:00:00+00:00")
    assert code(meta.template()) == 368
    meta.control("clock", advance=DAY + 1)
    wamid_of(meta.template())


def test_utility_templates_alone_can_be_limited(meta: Meta) -> None:
    restrict(meta, "RESTRICTED_UTILITY_TEMPLATES")
    named = [{"type": "text", "parameter_name": n, "text": n} for n in ("name", "time")]
    assert code(meta.template("reminder", [{"type": "body", "parameters": named}])) == 131064
    wamid_of(meta.template("plain"))


def test_a_restricted_account_gets_no_more_numbers(meta: Meta) -> None:
    restrict(meta, "RESTRICTED_ADD_PHONE_NUMBER_ACTION")
    given = {"cc": "254", "phone_number": "700555002", "verified_name": "Jobs"}
    path = f"{meta.waba}/phone_numbers"
    assert code(meta.graph("POST", path, json=given)) == 368
    meta.control("account/release", waba_id=meta.waba)
    assert meta.graph("POST", path, json=given).status_code == 200


def test_verification_lifts_the_limit_and_the_number_of_numbers(meta: Meta) -> None:
    meta.control("businesses/limit", waba_id=meta.waba, tier="TIER_250")
    assert meta.field("business_capability_update")["max_phone_numbers_per_business"] == 2
    meta.control("businesses/verified", waba_id=meta.waba)
    told = wait_for(lambda: meta.fields("business_capability_update")[1:])[0]
    assert told["max_daily_conversations_per_business"] == "TIER_2K"
    assert "max_phone_numbers_per_business" not in told


def test_a_new_number_is_told_with_the_limit(meta: Meta) -> None:
    meta.graph("POST", f"{meta.number}/deregister")
    meta.graph(
        "POST", f"{meta.number}/register", json={"messaging_product": "whatsapp", "pin": "123456"}
    )
    told = meta.field("phone_number_quality_update")
    assert told["event"] == "ONBOARDING"
    assert told["max_daily_conversations_per_business"] == "TIER_250"


def test_a_token_expires_when_it_is_told_to(meta: Meta) -> None:
    assert debug(meta)["is_valid"] is True
    meta.control("token/expire", access_token=meta.token, **{"in": 60})
    assert meta.graph("GET", meta.waba).status_code == 200
    assert debug(meta)["expires_at"] > 0
    meta.control("clock", advance=61)
    error = meta.graph("GET", meta.waba).json()["error"]
    assert (error["code"], error["error_subcode"]) == (190, 463)
    told = debug(meta)
    assert (told["is_valid"], told["error"]["subcode"]) == (False, 463)


@pytest.mark.parametrize(
    ("left", "send", "read"),
    [
        (["whatsapp_business_management"], 10, 200),
        (["whatsapp_business_messaging"], 200, 10),
        ([], 10, 10),
    ],
)
def test_a_missing_permission_ends_its_part_only(
    meta: Meta, left: list[str], send: int, read: int
) -> None:
    meta.control("token/scopes", waba_id=meta.waba, scopes=left)
    assert debug(meta)["scopes"] == left
    for answer, wanted in ((meta.template(), send), (meta.graph("GET", meta.waba), read)):
        assert (200 if answer.status_code == 200 else code(answer)) == wanted
    meta.control("token/scopes", waba_id=meta.waba)
    wamid_of(meta.template())
    assert "scopes is a list" in meta.refused("token/scopes", waba_id=meta.waba, scopes=["ads"])


def test_a_banned_account_registers_nothing(meta: Meta) -> None:
    meta.graph("POST", f"{meta.number}/deregister")
    ban = {"waba_ban_state": "DISABLE", "waba_ban_date": "21 November 2026"}
    meta.control("account", waba_id=meta.waba, event="DISABLED_UPDATE", ban_info=ban)
    given = {"messaging_product": "whatsapp", "pin": "123456"}
    assert code(meta.graph("POST", f"{meta.number}/register", json=given)) == 131031
