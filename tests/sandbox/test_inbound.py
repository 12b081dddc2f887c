"""Every type of inbound message in Meta's shape, and what Meta could never send."""

import json
from typing import Any

import pytest

from tests.sandbox.conftest import AMINA, LUCA, Meta, wait_for, wamid_of

OFFER = {"source_url": "https://fb.me/x", "source_id": "12", "source_type": "ad", "headline": "Job"}


def test_location_and_contact_cards(meta: Meta) -> None:
    place = {"latitude": -1.27, "longitude": 36.8, "name": "Caravella Nairobi"}
    assert meta.message(meta.sends("location", location=place))["location"] == place
    message = meta.message(meta.sends("contacts", origin="contact_request"))
    assert message["origin"] == "contact_request"
    card = message["contacts"][0]
    assert card["name"]["formatted_name"] == "Amina Njoroge"
    assert card["phones"][0]["wa_id"] == AMINA[1:]
    assert card["vcard"].startswith("BEGIN:VCARD")


def test_a_reaction_comes_changes_and_goes(meta: Meta) -> None:
    ours = wamid_of(meta.template())
    assert wait_for(lambda: meta.status_of(ours) == "delivered")
    for emoji in ("👍", "❤️"):
        wamid = meta.sends("reaction", message_id=ours, emoji=emoji)
        assert meta.message(wamid)["reaction"] == {"message_id": ours, "emoji": emoji}
    gone = meta.sends("reaction", reaction={"message_id": ours})
    assert meta.message(gone)["reaction"] == {"message_id": ours}
    assert "no reaction" in meta.cannot_send("reaction", message_id=ours)
    meta.control("preferences", **{"from": AMINA, "to": meta.number, "value": "stop"})
    failed = wamid_of(meta.template())
    assert "not on the phone" in meta.cannot_send("reaction", message_id=failed, emoji="👍")


def test_an_edit_carries_the_message_as_it_is_now(meta: Meta) -> None:
    first = wamid_of(meta.template())
    wamid = meta.writes("I can come at tne", context=first)
    edit = meta.message(meta.sends("edit", original_message_id=wamid, text="I can come at ten"))
    assert edit["edit"] == {
        "original_message_id": wamid,
        "message": {
            "type": "text",
            "text": {"body": "I can come at ten"},
            "context": {"from": "254700555001", "id": first},
        },
    }
    photo = meta.sends("image", sample="photo", caption="Me")
    edit = meta.message(meta.sends("edit", original_message_id=photo, caption="Me at work"))
    changed = edit["edit"]["message"]
    assert changed["type"] == "image"
    assert changed["image"] == meta.message(photo)["image"] | {"caption": "Me at work"}


def test_editing_ends_after_fifteen_minutes(meta: Meta) -> None:
    wamid = meta.writes("Too late")
    meta.control("clock", advance=15 * 60 + 1)
    assert "15 minutes" in meta.cannot_send("edit", original_message_id=wamid, text="Now")


def test_a_deletion_names_the_message(meta: Meta) -> None:
    wamid = meta.writes("My PIN is …")
    assert meta.message(meta.sends("revoke", original_message_id=wamid))["revoke"] == {
        "original_message_id": wamid
    }
    assert "deleted already" in meta.cannot_send("revoke", original_message_id=wamid)
    assert "after it was deleted" in meta.cannot_send(
        "edit", original_message_id=wamid, text="Something else"
    )


def test_an_edit_or_a_deletion_opens_no_window(meta: Meta) -> None:
    wamid = meta.writes("Hello")
    meta.control("clock", advance=25 * 3600)
    meta.sends("revoke", original_message_id=wamid)
    failed = wamid_of(meta.text("Too late"))
    assert wait_for(lambda: meta.statuses(failed) == ["failed"])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}, None),
        (
            {"type": "list_reply", "list_reply": {"id": "1", "title": "Ten", "description": "am"}},
            None,
        ),
        (
            {"type": "nfm_reply", "nfm_reply": {"response_json": {"flow_token": "t", "years": 3}}},
            {
                "name": "flow",
                "body": "Sent",
                "response_json": json.dumps({"flow_token": "t", "years": 3}),
            },
        ),
        (
            {"type": "call_permission_reply", "call_permission_reply": {"response": "reject"}},
            {"response": "reject", "response_source": "user_action"},
        ),
    ],
)
def test_interactive_replies(meta: Meta, given: dict[str, Any], told: dict[str, Any]) -> None:
    message = meta.message(meta.sends("interactive", interactive=given))
    kind = given["type"]
    assert message["interactive"] == {"type": kind, kind: told or given[kind]}


def test_a_call_permission_lasts_seven_days_unless_permanent(meta: Meta) -> None:
    def reply(**more: Any) -> dict[str, Any]:
        kind = "call_permission_reply"
        given = {"type": kind, kind: {"response": "accept", **more}}
        message = meta.message(meta.sends("interactive", interactive=given))
        sent: dict[str, Any] = message["interactive"][kind]
        return sent | {"at": int(message["timestamp"])}

    for_now = reply()
    assert for_now["expiration_timestamp"] == for_now["at"] + 7 * 24 * 3600
    assert for_now["is_permanent"] is False
    assert "expiration_timestamp" not in reply(is_permanent=True)


def test_order_referral_and_unsupported(meta: Meta) -> None:
    item = {"product_retailer_id": "1", "quantity": 2, "item_price": 3, "currency": "KES"}
    order = {"catalog_id": "9", "text": "Please", "product_items": [item]}
    assert meta.message(meta.sends("order", order=order))["order"] == order
    assert meta.message(meta.writes("About the job", referral=OFFER))["referral"] == OFFER
    message = meta.message(meta.sends("unsupported", unsupported={"type": "poll"}))
    assert message["unsupported"] == {"type": "poll"}
    assert message["errors"][0]["code"] == 131051


def test_system_messages_have_no_contacts(meta: Meta) -> None:
    wamid = meta.sends("system", system={"type": "customer_identity_changed", "body": "New code"})
    message = meta.message(wamid)
    assert message["system"] == {"type": "customer_identity_changed", "body": "New code"}
    assert set(message["identity"]) == {"acknowledged", "created_timestamp", "hash"}
    assert "contacts" not in meta.posts()[0].values()[0]


def test_forwarded_messages_say_so(meta: Meta) -> None:
    message = meta.message(meta.writes("Look at this", context={"forwarded": True}))
    assert message["context"] == {"forwarded": True}


def test_what_meta_could_never_send_is_refused(meta: Meta) -> None:
    lucas = meta.writes("Ciao", **{"from": LUCA})
    for kind, given, why in (
        ("poll", {}, "no message of type poll"),
        ("reaction", {"message_id": "wamid.none", "emoji": "👍"}, "message in this chat"),
        ("reaction", {"message_id": lucas, "emoji": "👍"}, "message in this chat"),
        ("edit", {"original_message_id": lucas, "text": "x"}, "message in this chat"),
        ("revoke", {"original_message_id": "wamid.none"}, "message in this chat"),
        ("button", {"payload": "x", "text": "Yes"}, "wamid as context"),
        ("interactive", {"interactive": {"type": "list_reply"}}, "list_reply"),
        ("location", {"latitude": 91, "longitude": 0}, "latitude"),
        ("order", {"order": {"catalog_id": "9", "product_items": []}}, "product_items"),
        ("contacts", {"contacts": [{"phones": []}]}, "formatted_name"),
        ("system", {"system": {"type": "user_changed_number"}}, "wa_id"),
        ("text", {}, "needs words"),
    ):
        assert why in meta.cannot_send(kind, **given), (kind, given)
