"""The life of a number: added, verified by a code, registered, renamed, deregistered."""

from typing import Any

import pytest

from tests.sandbox.conftest import Meta

PIN = {"messaging_product": "whatsapp", "pin": "123456"}
SMS = {"code_method": "SMS", "language": "en_US"}


def add(meta: Meta, number: str = "700555002", name: str = "Caravella Jobs") -> Any:
    given = {"cc": "254", "phone_number": number, "verified_name": name}
    return meta.graph("POST", f"{meta.waba}/phone_numbers", json=given)


def added(meta: Meta, number: str = "700555002") -> str:
    answer = add(meta, number)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def post(meta: Meta, path: str, **given: Any) -> dict[str, Any]:
    return meta.graph("POST", path, json=given).json()


def error(meta: Meta, path: str, **given: Any) -> dict[str, Any]:
    answer = meta.graph("POST", path, json=given)
    assert answer.status_code >= 400, answer.text
    return answer.json()["error"]


def code_of(meta: Meta, number_id: str) -> str:
    return str(meta.ask(f"numbers/code?phone_number_id={number_id}")["code"])


def read(meta: Meta, number_id: str, fields: str) -> dict[str, Any]:
    return meta.graph("GET", f"{number_id}?fields={fields}").json()


def verified(meta: Meta, number: str = "700555002") -> str:
    made = added(meta, number)
    assert post(meta, f"{made}/request_code", **SMS) == {"success": True}
    assert post(meta, f"{made}/verify_code", code=code_of(meta, made)) == {"success": True}
    return made


def test_a_number_is_added_verified_registered_and_sends(meta: Meta) -> None:
    made = added(meta)
    state = "status,code_verification_status,display_phone_number,name_status,platform_type"
    assert read(meta, made, state) == {
        "status": "PENDING",
        "code_verification_status": "NOT_VERIFIED",
        "display_phone_number": "+254 700 555002",
        "name_status": "PENDING_REVIEW",
        "platform_type": "NOT_APPLICABLE",
        "id": made,
    }
    listed = meta.graph("GET", f"{meta.waba}/phone_numbers?fields=status").json()["data"]
    assert {"status": "PENDING", "id": made} in listed
    assert error(meta, f"{made}/register", **PIN)["code"] == 133006
    assert post(meta, f"{made}/request_code", **SMS) == {"success": True}
    assert post(meta, f"{made}/verify_code", code=code_of(meta, made)) == {"success": True}
    message = {"messaging_product": "whatsapp", "to": "+254722555014", "text": {"body": "Hi"}}
    assert error(meta, f"{made}/messages", **message)["code"] == 133010
    assert post(meta, f"{made}/register", **PIN) == {"success": True}
    assert read(meta, made, "status")["status"] == "CONNECTED"
    assert "messages" in post(meta, f"{made}/messages", **message)


def test_a_number_that_meta_knows_needs_no_code(meta: Meta) -> None:
    meta.control("numbers/outside", number="+254 700 555 002", verified=True)
    made = added(meta)
    assert read(meta, made, "code_verification_status")["code_verification_status"] == "VERIFIED"
    assert error(meta, f"{made}/request_code", **SMS)["code"] == 136024
    assert post(meta, f"{made}/register", **PIN) == {"success": True}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cc": ""}, "The parameter cc is required"),
        ({"verified_name": "A"}, "between 2 and 75"),
        ({"verified_name": "A" * 76}, "between 2 and 75"),
        ({"phone_number": "12"}, "not a valid phone number"),
        ({"cc": "999"}, "not a valid phone number"),
    ],
)
def test_what_is_no_number_is_refused(meta: Meta, given: dict[str, str], said: str) -> None:
    whole = {"cc": "254", "phone_number": "700555002", "verified_name": "Jobs"} | given
    refused = error(meta, f"{meta.waba}/phone_numbers", **whole)
    assert refused["code"] == 100
    assert said in refused["message"]


@pytest.mark.parametrize(
    ("switch", "subcode", "title"),
    [
        ("on_app", 2388001, "Cannot Create Certificate"),
        ("elsewhere", 2388103, "Phone Number In Use"),
    ],
)
def test_a_number_that_others_hold_is_refused_until_they_let_go(
    meta: Meta, switch: str, subcode: int, title: str
) -> None:
    meta.control("numbers/outside", number="+254700555002", **{switch: True})
    refused = add(meta).json()["error"]
    assert (refused["code"], refused["error_subcode"]) == (100, subcode)
    assert refused["message"] == "Invalid parameter"
    assert refused["error_user_title"] == title
    meta.control("numbers/outside", number="+254700555002", **{switch: False})
    added(meta)


def test_a_number_is_at_one_waba_only(meta: Meta) -> None:
    assert add(meta, "700555001").json()["error"]["error_subcode"] == 2388012
    meta.control(
        "businesses", name="Charlie Foods", numbers=[{"display_phone_number": "+254 700 555 009"}]
    )
    assert add(meta, "700555009").json()["error"]["error_subcode"] == 2388103


def test_two_numbers_before_and_twenty_after_verification(meta: Meta) -> None:
    added(meta)
    refused = add(meta, "700555003").json()["error"]
    assert refused["error_user_title"] == "Phone Number Limit Reached"
    assert "2 phone numbers" in refused["error_user_msg"]
    meta.control("businesses/verified", waba_id=meta.waba)
    for n in range(3, 21):
        added(meta, f"7005550{n:02}")
    assert "20 phone numbers" in add(meta, "700555021").json()["error"]["error_user_msg"]


def test_codes_are_asked_for_slowly_and_seldom(meta: Meta) -> None:
    made = added(meta)
    ask = f"{made}/request_code"
    assert error(meta, ask, code_method="FAX", language="en_US")["code"] == 100
    assert error(meta, ask, code_method="SMS")["code"] == 100
    assert post(meta, ask, **SMS) == {"success": True}
    soon = error(meta, ask, **SMS)
    assert (soon["code"], soon["error_subcode"]) == (136024, 2388091)
    assert soon["message"] == "(#136024) Request code error"
    assert "seconds" in soon["error_user_msg"]
    for _ in range(4):
        meta.control("clock", advance=60)
        assert post(meta, ask, code_method="VOICE", language="it") == {"success": True}
    meta.control("clock", advance=60)
    assert error(meta, ask, **SMS)["error_user_title"] == "Tried Too Many Times"
    meta.control("clock", advance=3600)
    assert post(meta, ask, **SMS) == {"success": True}


def test_a_wrong_an_old_and_a_guessed_code(meta: Meta) -> None:
    made = added(meta)
    verify = f"{made}/verify_code"
    assert error(meta, verify, code="123456")["error_user_title"] == "Code Not Requested"
    post(meta, f"{made}/request_code", **SMS)
    right = code_of(meta, made)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    refused = error(meta, verify, code=wrong)
    assert (refused["code"], refused["error_user_title"]) == (136025, "Incorrect Code")
    meta.control("clock", advance=600)
    assert error(meta, verify, code=right)["error_user_title"] == "Code Expired"
    post(meta, f"{made}/request_code", **SMS)
    right = code_of(meta, made)
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(5):
        assert error(meta, verify, code=wrong)["error_user_title"] == "Incorrect Code"
    blocked = error(meta, verify, code=right)
    assert (blocked["code"], blocked["error_subcode"]) == (136025, 2388093)
    assert blocked["error_user_title"] == "Tried Too Many Times"


def test_a_verification_that_is_not_used_expires(meta: Meta) -> None:
    made = verified(meta)
    meta.control("clock", advance=15 * 24 * 3600)
    assert read(meta, made, "code_verification_status")["code_verification_status"] == "EXPIRED"
    assert error(meta, f"{made}/register", **PIN)["code"] == 133006
    assert post(meta, f"{made}/request_code", **SMS) == {"success": True}


def test_the_old_pin_is_needed_to_come_back(meta: Meta) -> None:
    made = verified(meta)
    post(meta, f"{made}/register", **PIN)
    assert read(meta, made, "is_pin_enabled")["is_pin_enabled"] is True
    assert post(meta, f"{made}/deregister") == {"success": True}
    assert read(meta, made, "status")["status"] == "DISCONNECTED"
    assert error(meta, f"{made}/deregister")["code"] == 133010
    other = PIN | {"pin": "654321"}
    for _ in range(5):
        assert error(meta, f"{made}/register", **other)["code"] == 133005
    assert error(meta, f"{made}/register", **PIN)["code"] == 133008
    meta.control("clock", advance=3601)
    assert post(meta, f"{made}/register", **PIN) == {"success": True}
    assert error(meta, f"{made}/register", **PIN | {"pin": 123456})["code"] == 131009


def test_ten_registrations_in_three_days(meta: Meta) -> None:
    for _ in range(10):
        assert post(meta, f"{meta.number}/register", **PIN) == {"success": True}
    assert error(meta, f"{meta.number}/deregister")["code"] == 133016
    meta.control("clock", advance=72 * 3600 + 1)
    assert post(meta, f"{meta.number}/deregister") == {"success": True}


def test_a_number_that_was_just_deleted_waits_five_minutes(meta: Meta) -> None:
    meta.control("numbers/outside", number="+254700555002", verified=True, deleted=True)
    made = added(meta)
    assert error(meta, f"{made}/register", **PIN)["code"] == 133015
    meta.control("clock", advance=301)
    assert post(meta, f"{made}/register", **PIN) == {"success": True}


def test_a_deleted_number_is_gone_until_it_is_added_again(meta: Meta) -> None:
    meta.control("numbers/status", phone_number_id=meta.number, status="DELETED")
    assert error(meta, f"{meta.number}/register", **PIN)["code"] == 33
    assert added(meta, "700555001") == meta.number
    assert read(meta, meta.number, "status")["status"] == "PENDING"


def test_another_pin_is_told(meta: Meta) -> None:
    made = verified(meta)
    assert error(meta, made, pin="654321")["code"] == 133010
    post(meta, f"{made}/register", **PIN)
    assert error(meta, made, pin="65")["code"] == 131009
    assert post(meta, made, pin="654321") == {"success": True}
    assert meta.field("security")["event"] == "PIN_CHANGED"
    post(meta, f"{made}/deregister")
    assert error(meta, f"{made}/register", **PIN)["code"] == 133005


def test_a_new_name_waits_for_review_and_for_the_next_registration(meta: Meta) -> None:
    asked = meta.graph("POST", f"{meta.number}?new_display_name=Caravella%20Careers")
    assert asked.json() == {"success": True}
    fields = "verified_name,new_display_name,new_name_status"
    assert read(meta, meta.number, fields)["new_name_status"] == "PENDING_REVIEW"
    meta.control("numbers/name", phone_number_id=meta.number, decision="APPROVED")
    told = meta.field("phone_number_name_update")
    assert told["requested_verified_name"] == "Caravella Careers"
    assert read(meta, meta.number, fields)["verified_name"] == "Caravella Hotels"
    post(meta, f"{meta.number}/register", **PIN)
    assert read(meta, meta.number, fields) == {
        "verified_name": "Caravella Careers",
        "new_name_status": "NONE",
        "id": meta.number,
    }


def test_a_rejected_name_says_why(meta: Meta) -> None:
    meta.graph("POST", f"{meta.number}?new_display_name=Best%20Jobs")
    reason = "NAME_NOT_CONSISTENT"
    given = {"decision": "REJECTED", "rejection_reason": reason}
    meta.control("numbers/name", phone_number_id=meta.number, **given)
    assert meta.field("phone_number_name_update")["rejection_reason"] == reason
    found = read(meta, meta.number, "name_status,new_name_status")
    assert (found["name_status"], found["new_name_status"]) == ("APPROVED", "DECLINED")


def test_health_names_what_is_in_the_way(meta: Meta) -> None:
    made = added(meta)
    found = read(meta, made, "health_status")["health_status"]
    assert found["can_send_message"] == "BLOCKED"
    kinds = [e["entity_type"] for e in found["entities"]]
    assert kinds == ["PHONE_NUMBER", "WABA", "BUSINESS", "APP"]
    assert found["entities"][0]["errors"][0]["possible_solution"]
    meta.control("businesses/verified", waba_id=meta.waba)
    assert read(meta, meta.number, "health_status")["health_status"]["can_send_message"] == (
        "AVAILABLE"
    )
