"""Fields beside messages: raw, and as Meta tells them when something changes."""

from tests.sandbox.conftest import APP_ID, VERIFY_TOKEN, Meta, wait_for, wamid_of


def test_any_field_with_any_value(meta: Meta) -> None:
    value = {"event": "SOMETHING", "list": [1]}
    meta.control("field", waba_id=meta.waba, field="automatic_events", value=value, time=1739321024)
    meta.control("field", entry_id="7", field="new_field", value=[1])
    assert meta.field("automatic_events") == value | {"entry": meta.waba}
    post = meta.posts()[0]
    assert post.json["object"] == "whatsapp_business_account"
    assert post.json["entry"][0]["time"] == 1739321024
    assert "x-hub-signature-256" in post.headers
    assert wait_for(lambda: [e for p in meta.posts() for e in p.json["entry"] if e["id"] == "7"])
    assert "field" in meta.refused("field", waba_id=meta.waba, value={})


def test_fields_are_doubled_and_tried_again_like_messages(meta: Meta) -> None:
    meta.control("webhooks", duplicate=2)
    meta.receiver.answers.append(503)
    meta.control("field", waba_id=meta.waba, field="flows", value={"a": 1})
    assert wait_for(lambda: len(meta.posts()) == 3)
    assert len({p.raw for p in meta.posts()}) == 1
    assert meta.ask("webhooks")["pending"] == 0


def test_an_override_moves_messages_only(meta: Meta) -> None:
    elsewhere = meta.hook + "elsewhere/"
    override = {
        "override_callback_uri": meta.receiver.url + elsewhere,
        "verify_token": VERIFY_TOKEN,
    }
    meta.graph("POST", f"{meta.waba}/subscribed_apps", json=override)
    meta.writes()
    meta.control("account/review", waba_id=meta.waba, decision="REJECTED")
    assert meta.field("account_review_update")["decision"] == "REJECTED"
    assert wait_for(lambda: meta.receiver.posts.get(elsewhere))
    assert meta.told("messages") == []


def test_a_template_changes_and_says_so(meta: Meta) -> None:
    plain = meta.templates[2]
    pause = {"title": "FIRST_PAUSE", "description": "Low quality"}
    meta.control("templates/status", template_id=plain, status="PAUSED", other_info=pause)
    assert meta.field("message_template_status_update") == {
        "event": "PAUSED",
        "message_template_id": int(plain),
        "message_template_name": "plain",
        "message_template_language": "en_US",
        "message_template_category": "MARKETING",
        "reason": "NONE",
        "other_info": pause,
        "entry": meta.waba,
    }
    assert meta.template().json()["error"]["code"] == 132015
    meta.control("templates/status", template_id=plain, event="REINSTATED")
    assert meta.template().status_code == 200
    meta.control("templates/quality", template_id=plain, quality="RED")
    quality = meta.field("message_template_quality_update")
    assert quality["previous_quality_score"] == "UNKNOWN"
    assert quality["new_quality_score"] == "RED"
    assert "status is one of" in meta.refused("templates/status", template_id=plain, status="X")


def test_a_category_is_announced_then_changed(meta: Meta) -> None:
    reminder = meta.templates[1]
    given = {"template_id": reminder, "category": "MARKETING"}
    meta.control("templates/category", **given, announced=True, at=1746082800)
    announced = meta.field("template_category_update")
    assert announced["correct_category"] == "MARKETING"
    assert announced["new_category"] == "UTILITY"
    assert announced["category_update_timestamp"] == 1746082800
    meta.control("templates/category", **given)
    assert wait_for(lambda: len(meta.fields("template_category_update")) == 2)
    done = meta.field("template_category_update")
    assert (done["previous_category"], done["new_category"]) == ("UTILITY", "MARKETING")
    row = meta.graph(
        "GET", f"{meta.waba}/message_templates?name=reminder&fields=category,previous_category"
    ).json()["data"][0]
    assert (row["category"], row["previous_category"]) == ("MARKETING", "UTILITY")


def test_a_number_changes_and_says_so(meta: Meta) -> None:
    meta.control("numbers/quality", phone_number_id=meta.number, quality="RED")
    quality = meta.field("phone_number_quality_update")
    assert (quality["display_phone_number"], quality["event"]) == ("254700555001", "FLAGGED")
    name = {"decision": "APPROVED", "requested_verified_name": "Caravella Careers"}
    meta.control("numbers/name", phone_number_id=meta.number, **name)
    told = meta.field("phone_number_name_update")
    assert (told["decision"], told["rejection_reason"]) == ("APPROVED", None)
    node = meta.graph("GET", f"{meta.number}?fields=verified_name,quality_rating").json()
    assert (node["verified_name"], node["quality_rating"]) == ("Caravella Careers", "RED")
    meta.control("numbers/security", phone_number_id=meta.number, event="PIN_CHANGED")
    assert meta.field("security")["event"] == "PIN_CHANGED"
    meta.control("numbers/username", phone_number_id=meta.number, username="caravella.jobs")
    assert meta.field("business_username_update")["username"] == "caravella.jobs"


def test_the_limit_and_the_account(meta: Meta) -> None:
    meta.control("businesses/limit", waba_id=meta.waba, tier="TIER_2K")
    capability = meta.field("business_capability_update")
    assert capability["max_daily_conversations_per_business"] == "TIER_2K"
    assert "max_phone_numbers_per_business" not in capability
    meta.control("account/alert", waba_id=meta.waba, alert_type="OBA_APPROVED")
    assert meta.field("account_alerts")["alert_info"]["alert_type"] == "OBA_APPROVED"
    for event, info in (
        ("ACCOUNT_VIOLATION", {"violation_info": {"violation_type": "SCAM"}}),
        (
            "ACCOUNT_RESTRICTION",
            {"restriction_info": [{"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"}]},
        ),
    ):
        assert "Give event" in meta.refused("account", waba_id=meta.waba, event=event)
        meta.control("account", waba_id=meta.waba, event=event, **info)
        wanted = {"event": event, "entry": meta.waba, **info}
        assert wait_for(lambda w=wanted: w in meta.fields("account_update"))


def test_a_disabled_account_sends_nothing_until_reinstated(meta: Meta) -> None:
    def ban(state: str) -> None:
        info = {"waba_ban_state": state, "waba_ban_date": "21 November 2026"}
        meta.control("account", waba_id=meta.waba, event="DISABLED_UPDATE", ban_info=info)

    ban("SCHEDULE_FOR_DISABLE")
    assert meta.template().status_code == 200
    ban("DISABLE")
    assert meta.template().json()["error"]["code"] == 131031
    ban("REINSTATE")
    assert meta.template().status_code == 200


def test_partner_events_come_under_the_apps_own_business(meta: Meta) -> None:
    meta.control("account", waba_id=meta.waba, event="PARTNER_ADDED")
    added = meta.field("account_update")
    assert added["entry"] not in (meta.waba, meta.business_id)
    assert added["waba_info"] == {"waba_id": meta.waba, "owner_business_id": meta.business_id}
    meta.control("account", waba_id=meta.waba, event="PARTNER_REMOVED")
    assert wait_for(lambda: len(meta.fields("account_update")) == 2)
    assert meta.graph("GET", meta.waba).status_code == 403
    meta.writes()
    assert meta.told("messages") == []


def test_an_uninstalled_app_has_dead_tokens(meta: Meta) -> None:
    wamid_of(meta.template())
    meta.control("account", waba_id=meta.waba, event="PARTNER_APP_UNINSTALLED")
    assert meta.field("account_update")["waba_info"]["partner_app_id"] == APP_ID
    assert meta.template().json()["error"]["code"] == 190
