"""A template over the Graph API, from its submission to its end, and what the product is told."""

from typing import Any

import pytest
import requests

from tests.sandbox.conftest import AMINA, Meta, wait_for, wamid_of
from tests.sandbox.test_profile import PHOTO, begin, put

DAY = 24 * 3600
STATUS = "message_template_status_update"
TEXT = "Hello {{1}}, your interview is at {{2}}. See you there."


def asked(**more: Any) -> dict[str, Any]:
    body = {"type": "BODY", "text": TEXT, "example": {"body_text": [["Ana", "10:00"]]}}
    whole = {"name": "interview_at", "language": "en_US", "category": "UTILITY"}
    return whole | {"components": [body]} | more


def words(text: str, **more: Any) -> dict[str, Any]:
    return asked(components=[{"type": "BODY", "text": text}], **more)


def submit(meta: Meta, given: dict[str, Any]) -> requests.Response:
    return meta.graph("POST", f"{meta.waba}/message_templates", json=given)


def submitted(meta: Meta, given: dict[str, Any]) -> str:
    answer = submit(meta, given)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "PENDING"
    template_id: str = answer.json()["id"]
    return template_id


def decided(meta: Meta, template_id: str) -> dict[str, Any]:
    """The template once nothing is under way any more."""
    fields = (
        "name,status,category,previous_category,rejected_reason,components,"
        "message_send_ttl_seconds,correct_category"
    )

    def found() -> dict[str, Any]:
        read = meta.graph("GET", f"{template_id}?fields={fields}").json()
        return {} if read["status"] == "PENDING" else read

    return wait_for(found)


def approved(meta: Meta, given: dict[str, Any]) -> str:
    template_id = submitted(meta, given)
    assert decided(meta, template_id)["status"] == "APPROVED"
    return template_id


def edit(meta: Meta, template_id: str, **given: Any) -> requests.Response:
    return meta.graph("POST", template_id, json=given)


def delete(meta: Meta, **given: Any) -> requests.Response:
    return meta.graph("DELETE", f"{meta.waba}/message_templates", params=given)


def subcode(answer: requests.Response) -> int:
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, 100), error
    assert error["error_user_title"]
    return int(error.get("error_subcode", 0))


def told(meta: Meta, event: str) -> dict[str, Any]:
    return wait_for(lambda: next((v for v in meta.fields(STATUS) if v["event"] == event), {}))


def test_a_submission_is_reviewed_told_and_can_be_sent(meta: Meta) -> None:
    template_id = submitted(meta, asked(message_send_ttl_seconds=600))
    read = decided(meta, template_id)
    assert (read["status"], read["rejected_reason"]) == ("APPROVED", "NONE")
    assert read["message_send_ttl_seconds"] == 600
    value = told(meta, "APPROVED")
    assert value["message_template_id"] == int(template_id)
    assert (value["reason"], value["message_template_category"]) == ("NONE", "UTILITY")
    texts = [{"type": "text", "text": "Ana"}, {"type": "text", "text": "10:00"}]
    wamid_of(meta.template("interview_at", [{"type": "body", "parameters": texts}]))
    assert meta.on_phone()[-1]["text"] == "Hello Ana, your interview is at 10:00. See you there."


def test_a_review_takes_as_long_as_it_is_set_to(meta: Meta) -> None:
    meta.control("templates/review", seconds=600)
    template_id = submitted(meta, words("We have received your application."))
    assert meta.template("interview_at").json()["error"]["code"] == 132001
    assert subcode(edit(meta, template_id, components=[])) == 2388039
    meta.control("clock", advance=601)
    assert decided(meta, template_id)["status"] == "APPROVED"
    assert meta.control("templates/review", seconds=None)["by_hand"]
    waiting = submitted(meta, words("Your documents have arrived.", name="documents"))
    meta.control("clock", advance=30 * DAY)
    meta.control("templates/reject", template_id=waiting, reason="SCAM", why="It looks odd.")
    assert decided(meta, waiting)["rejected_reason"] == "SCAM"
    assert told(meta, "REJECTED")["rejection_info"]["reason"] == "It looks odd."


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (words("Your slot is at https://bit.ly/x1 as we agreed."), "INVALID_FORMAT"),
        (words("Write to us on wa.me/254700555001 please."), "INVALID_FORMAT"),
        (asked(components=[{"type": "BODY", "text": "Hi {{#1}}, you are in."}]), "INVALID_FORMAT"),
        (words("We would like to hear from you."), "INVALID_FORMAT"),  # as `plain` says already
        (words("Please send us your passport number today."), "SCAM"),
        (words("Your verification code is on its way."), "INCORRECT_CATEGORY"),
        (words("مرحبا بك في فندق كارافيلا"), "TAG_CONTENT_MISMATCH"),
        (words("Welcome to our hotel", language="ar"), "TAG_CONTENT_MISMATCH"),
    ],
)
def test_what_review_finds_is_told_as_a_reason(
    meta: Meta, given: dict[str, Any], reason: str
) -> None:
    template_id = submitted(meta, given)
    read = decided(meta, template_id)
    assert (read["status"], read["rejected_reason"]) == ("REJECTED", reason)
    assert told(meta, "REJECTED")["reason"] == reason


def test_of_two_alike_the_second_is_rejected(meta: Meta) -> None:
    meta.control("templates/review", seconds=60)
    first = submitted(meta, words("See you at our next open day."))
    second = submitted(meta, words("See you at our next open day.", name="open_day"))
    british = submitted(meta, words("See you at our next open day.", language="en_GB"))
    meta.control("clock", advance=61)
    found = [decided(meta, each)["status"] for each in (first, second, british)]
    assert found == ["APPROVED", "REJECTED", "APPROVED"]


def test_promotional_words_make_a_utility_template_marketing(meta: Meta) -> None:
    template_id = submitted(meta, words("We are hiring! See our new vacancies this week."))
    read = decided(meta, template_id)
    assert (read["status"], read["category"]) == ("APPROVED", "MARKETING")
    assert read["previous_category"] == "UTILITY"
    change = meta.field("template_category_update")
    assert (change["previous_category"], change["new_category"]) == ("UTILITY", "MARKETING")
    assert told(meta, "APPROVED")["message_template_category"] == "MARKETING"


def test_a_header_needs_a_handle_that_was_given(meta: Meta) -> None:
    handle = put(meta, begin(meta).json()["id"], PHOTO).json()["h"]
    photo = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle]}}
    approved(meta, asked(components=[photo, *asked()["components"]]))
    photo["example"] = {"header_handle": [handle + "x"]}
    given = asked(name="other", components=[photo, *asked()["components"]])
    assert subcode(submit(meta, given)) == 0


def test_a_name_and_language_are_taken_once(meta: Meta) -> None:
    approved(meta, asked())
    assert subcode(submit(meta, asked())) == 2388024
    approved(meta, asked(language="en_GB"))


def test_a_deleted_name_is_held_for_30_days(meta: Meta) -> None:
    first = approved(meta, asked())
    assert delete(meta, name="interview_at").json() == {"success": True}
    assert told(meta, "DELETED")["message_template_id"] == int(first)
    assert subcode(submit(meta, asked())) == 2388023
    assert subcode(submit(meta, asked(language="en_GB"))) == 2388023
    assert meta.graph("GET", first).json()["error"]["error_subcode"] == 33
    meta.control("clock", advance=30 * DAY)
    assert approved(meta, asked()) != first


def test_one_language_is_deleted_by_its_id(meta: Meta) -> None:
    english, british = approved(meta, asked()), approved(meta, asked(language="en_GB"))
    assert subcode(delete(meta, name="plain", hsm_id=english)) == 0
    assert delete(meta, name="interview_at", hsm_id=english).json() == {"success": True}
    assert meta.graph("GET", british).status_code == 200
    assert subcode(submit(meta, asked())) == 2388023
    approved(meta, words("Grazie, ci vediamo presto.", language="it"))
    assert delete(meta, hsm_ids=f'["{british}"]', name="x").json()["error"]["code"] == 100
    assert delete(meta, hsm_ids=f'["{british}"]').json() == {"success": True}
    assert subcode(delete(meta, name="nothing")) == 0


def test_what_is_under_way_keeps_a_deleted_template_for_a_while(meta: Meta) -> None:
    plain = meta.templates[2]
    meta.control("phones", number=AMINA, on=False)
    sent = wamid_of(meta.template())
    assert wait_for(lambda: meta.status_of(sent) == "sent")
    delete(meta, name="plain")
    assert told(meta, "PENDING_DELETION")["message_template_id"] == int(plain)
    assert meta.template().json()["error"]["code"] == 132001
    meta.control("phones", number=AMINA, on=True)
    assert wait_for(lambda: meta.status_of(sent) == "delivered")
    meta.control("clock", advance=30 * DAY)
    assert told(meta, "DELETED")


def test_a_disabled_template_stays(meta: Meta) -> None:
    meta.control("templates/disable", template_id=meta.templates[2])
    assert "disabled" in delete(meta, name="plain").json()["error"]["error_user_msg"]
    assert told(meta, "DISABLED")["disable_info"]["disable_date"]


def test_an_approved_template_is_edited_once_a_day_and_ten_times_a_month(meta: Meta) -> None:
    template_id = approved(meta, asked())
    for day in range(10):
        changed = [{"type": "BODY", "text": f"Your interview takes place, note {day} says."}]
        assert edit(meta, template_id, components=changed).json() == {"success": True}
        assert decided(meta, template_id)["components"] == changed
        assert "24 hours" in edit(meta, template_id, components=changed).text
        meta.control("clock", advance=DAY)
    assert "30 days" in edit(meta, template_id, components=changed).text
    told_of = wait_for(lambda: meta.fields("message_template_components_update"))
    assert told_of[0]["message_template_element"] == "Your interview takes place, note 0 says."
    assert wamid_of(meta.template("interview_at"))


def test_an_edit_keeps_to_the_rules_too(meta: Meta) -> None:
    template_id = approved(meta, asked())
    assert subcode(edit(meta, template_id, category="MARKETING")) == 0
    bad = [{"type": "BODY", "text": "Thank you for your time, {{1}}"}]
    assert subcode(edit(meta, template_id, components=bad)) == 2388299
    assert edit(meta, template_id, name="x").json()["error"]["code"] == 100
    assert edit(meta, template_id).json()["error"]["code"] == 100
    assert edit(meta, template_id, message_send_ttl_seconds=60).json() == {"success": True}
    assert decided(meta, template_id)["message_send_ttl_seconds"] == 60


def test_a_rejected_template_is_mended_as_often_as_needed(meta: Meta) -> None:
    template_id = submitted(meta, words("Please send us your passport number today."))
    assert decided(meta, template_id)["status"] == "REJECTED"
    for text in ("Please send us your IBAN today.", "Please bring your papers along."):
        given = {"components": [{"type": "BODY", "text": text}], "category": "MARKETING"}
        assert edit(meta, template_id, **given).status_code == 200
        read = decided(meta, template_id)
    assert (read["status"], read["category"]) == ("APPROVED", "MARKETING")


def test_pauses_grow_and_the_third_disables(meta: Meta) -> None:
    plain = meta.templates[2]
    for hours, title in ((3, "FIRST_PAUSE"), (6, "SECOND_PAUSE")):
        meta.control("templates/pause", template_id=plain)
        assert meta.template().json()["error"]["code"] == 132015
        assert wait_for(lambda t=title: [
            v for v in meta.fields(STATUS) if v.get("other_info", {}).get("title") == t
        ])  # fmt: skip
        assert meta.graph("POST", f"{plain}/unpause").json()["success"] is False
        meta.control("clock", advance=hours * 3600)
        assert wait_for(lambda: meta.template().status_code == 200)
    assert told(meta, "APPROVED")["other_info"]["title"] == "UNPAUSE"
    meta.control("templates/pause", template_id=plain)
    assert meta.template().json()["error"]["code"] == 132016


def test_a_pause_by_pacing_ends_when_asked(meta: Meta) -> None:
    plain = meta.templates[2]
    meta.control("templates/pause", template_id=plain, pacing=True)
    meta.control("clock", advance=30 * DAY)
    assert meta.template().json()["error"]["code"] == 132015
    assert meta.graph("POST", f"{plain}/unpause").json() == {"success": True}
    wamid_of(meta.template())


def test_an_announced_category_comes_when_it_was_said(meta: Meta) -> None:
    reminder = meta.templates[1]
    meta.control("templates/category", template_id=reminder, category="MARKETING", announced=True)
    assert meta.field("template_category_update")["correct_category"] == "MARKETING"
    assert decided(meta, reminder)["correct_category"] == "MARKETING"
    meta.control("clock", advance=DAY + 1)
    assert wait_for(lambda: decided(meta, reminder)["category"] == "MARKETING")
    assert wait_for(lambda: len(meta.fields("template_category_update")) == 2)


def test_an_account_has_so_many_templates_and_makes_so_many_an_hour(meta: Meta) -> None:
    rows = [words("Thank you.", name=f"t_{n}", status="APPROVED") for n in range(247)]
    meta.control("templates", waba_id=meta.waba, templates=rows)
    assert subcode(submit(meta, asked())) == 2388019
    meta.control("businesses/verified", waba_id=meta.waba)
    for n in range(100):
        submitted(meta, words(f"Thank you for note {n} of yours.", name=f"more_{n}"))
    late = submit(meta, asked()).json()["error"]
    assert late["code"] == 80008
    meta.control("clock", advance=3600)
    submitted(meta, asked())


def test_a_template_of_another_account_is_nobodys(meta: Meta) -> None:
    other = meta.control(
        "businesses", name="Other Inn", templates=[words("Hi.", status="APPROVED")]
    )
    answer = meta.graph("GET", other["template_ids"][0]).json()["error"]
    assert (answer["code"], answer["error_subcode"]) == (100, 33)
