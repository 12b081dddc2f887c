"""One delivery of every kind, as Meta's webhook reference shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

AMINA = "254722555014"
USER = "KE.13491208655302741918"
AT = "1795184280"
FILE = {"sha256": "qyLAcw==", "id": "1003383421387256", "url": "https://lookaside.fbsbx.com/m"}
CONTACT = {
    "profile": {"name": "Amina", "username": "@amina"},
    "wa_id": AMINA,
    "user_id": USER,
    "parent_user_id": "KE.ENT.11815799212886844830",
    "identity_key_hash": "DF2lS5v2W6x=",
}
# What stands under the type's own name; its value may need more beside it.
MESSAGES: list[tuple[str, Any, Json]] = [
    ("text", {"body": "Friday at 2?"}, {"context": {"from": "1", "id": "wamid.ours"}}),
    ("text", {"body": "STOP"}, {}),
    ("text", {"body": "Is this still open?"}, {"referral": {"source_url": "https://fb.me/1"}}),
    ("image", {"caption": "My badge", "mime_type": "image/jpeg", **FILE}, {}),
    ("video", {"mime_type": "video/mp4", **FILE}, {"context": {"forwarded": True}}),
    ("audio", {"mime_type": "audio/ogg; codecs=opus", "voice": True, **FILE}, {}),
    ("document", {"filename": "cv.pdf", "mime_type": "application/pdf", **FILE}, {}),
    ("sticker", {"mime_type": "image/webp", "animated": False, **FILE}, {}),
    ("location", {"latitude": -1.29, "longitude": 36.8, "name": "Uhuru", "address": "Nairobi"}, {}),
    (
        "contacts",
        [{"name": {"formatted_name": "Joe"}, "phones": [{"phone": "+254 7", "wa_id": "2547"}]}],
        {"origin": "contact_request"},
    ),
    ("reaction", {"message_id": "wamid.ours", "emoji": "👍"}, {}),
    ("reaction", {"message_id": "wamid.0"}, {}),
    ("button", {"payload": "confirm:42", "text": "Confirm"}, {}),
    ("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}}, {}),
    ("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "Monday"}}, {}),
    (
        "interactive",
        {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{}"}},
        {},
    ),
    (
        "interactive",
        {
            "type": "call_permission_reply",
            "call_permission_reply": {
                "response": "accept",
                "is_permanent": False,
                "expiration_timestamp": "1768550400",
                "response_source": "user_action",
            },
        },
        {},
    ),
    (
        "order",
        {
            "catalog_id": "7",
            "text": "Two",
            "product_items": [
                {"product_retailer_id": "a", "quantity": 2, "item_price": 1.5, "currency": "KES"}
            ],
        },
        {},
    ),
    (
        "edit",
        {
            "original_message_id": "wamid.0",
            "message": {"type": "text", "text": {"body": "No, Saturday"}},
        },
        {},
    ),
    ("revoke", {"original_message_id": "wamid.3"}, {}),
    (
        "unsupported",
        {"type": "poll"},
        {"errors": [{"code": 131051, "title": "Unsupported", "error_data": {"details": "So."}}]},
    ),
    ("system", {"type": "user_changed_number", "body": "…", "wa_id": "254722555099"}, {}),
    (
        "system",
        {
            "type": "user_changed_user_id",
            "body": "…",
            "user_id": "KE.2",
            "previous_user_id": USER,
        },
        {},
    ),
    (
        "system",
        {"type": "customer_identity_changed", "body": "…"},
        {"identity": {"acknowledged": True, "created_timestamp": AT, "hash": "h"}},
    ),
    ("from_the_future", {"what": "ever"}, {"group_id": "g"}),
]
STATUSES: list[Json] = [
    {
        "status": "sent",
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "utility"},
    },
    {"status": "delivered", "conversation": {"id": "c", "origin": {"type": "utility"}}},
    {"status": "read"},
    {"status": "played"},
    {
        "status": "failed",
        "errors": [{"code": 131026, "title": "Undeliverable", "error_data": {"details": "So."}}],
    },
]
CALLS: list[tuple[str, Json]] = [
    ("calls", {"event": "connect", "session": {"sdp_type": "offer", "sdp": "v=0"}}),
    (
        "calls",
        {
            "event": "terminate",
            "status": "COMPLETED",
            "start_time": "1795184000",
            "end_time": AT,
            "duration": 120,
        },
    ),
    ("statuses", {"type": "call", "status": "RINGING", "recipient_id": AMINA}),
    ("statuses", {"type": "call", "status": "REJECTED", "recipient_user_id": USER}),
]
TEMPLATE = {
    "message_template_id": 1689556908129832,
    "message_template_name": "interview_reminder",
    "message_template_language": "en-US",
}
FIELDS: dict[str, Json] = {
    "message_template_status_update": {"event": "REJECTED", "reason": "SCAM", **TEMPLATE},
    "message_template_quality_update": {"new_quality_score": "YELLOW", **TEMPLATE},
    "message_template_components_update": {"message_template_element": "Hello", **TEMPLATE},
    "template_category_update": {"new_category": "UTILITY", **TEMPLATE},
    "phone_number_name_update": {"decision": "APPROVED", "requested_verified_name": "Caravella"},
    "phone_number_quality_update": {"event": "FLAGGED", "current_limit": "TIER_10K"},
    "business_capability_update": {"max_daily_conversation_per_phone": 1000},
    "business_username_update": {"username": "caravella", "status": "approved"},
    "account_review_update": {"decision": "APPROVED"},
    "account_alerts": {"entity_type": "BUSINESS", "alert_info": {"alert_type": "OBA_APPROVED"}},
    "account_settings_update": {"type": "phone_number_settings"},
    "security": {"event": "PIN_CHANGED", "requester": "61555822107539"},
    "flows": {"event": "FLOW_STATUS_CHANGE", "flow_id": "6627390910605886"},
}


def deliveries(*, waba_id: str, phone_number_id: str, ours: str) -> Iterator[Json]:
    """`ours` is the wamid of a message of ours, in place of “wamid.ours”."""

    def delivery(field: str, value: Json) -> Json:
        change = {"field": field, "value": value}
        entry = {"id": waba_id, "time": 1739321024, "changes": [change]}
        return {"object": "whatsapp_business_account", "entry": [entry]}

    def of_number(**parts: Any) -> Json:
        metadata = {"display_phone_number": "254700555001", "phone_number_id": phone_number_id}
        return {"messaging_product": "whatsapp", "metadata": metadata, **parts}

    for number, (kind, inner, more) in enumerate(MESSAGES):
        who = {"from": AMINA, "from_user_id": USER}
        said = {**who, "id": f"wamid.{number}", "timestamp": AT, "type": kind, kind: inner, **more}
        yield delivery("messages", of_number(contacts=[CONTACT], messages=[said]))
    for status in STATUSES:
        about = {"id": ours, "timestamp": AT, "recipient_id": AMINA, "recipient_user_id": USER}
        yield delivery("messages", of_number(contacts=[CONTACT], statuses=[about | status]))
    yield delivery("messages", of_number(errors=[{"code": 130429, "title": "Rate limit hit"}]))
    for number, (part, call) in enumerate(CALLS):
        common = {"id": f"wacid.{number // 2}", "from": AMINA, "to": "254700555001"}
        common |= {"direction": "USER_INITIATED", "timestamp": AT}
        beside = {"errors": [{"code": 138021, "message": "No media"}], "contacts": [CONTACT]}
        yield delivery("calls", of_number(**{part: [common | call]}, **beside))
    wish = {"category": "marketing_messages", "value": "stop", "timestamp": int(AT)}
    wish |= {"wa_id": AMINA, "user_id": USER, "detail": "User requested to stop"}
    yield delivery("user_preferences", of_number(user_preferences=[wish]))
    for field, value in FIELDS.items():
        yield delivery(field, value)
    added = {"event": "PARTNER_ADDED", "waba_info": {"waba_id": waba_id, "owner_business_id": "1"}}
    yield delivery("account_update", added)
    restricted = [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1}]
    yield delivery(
        "account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": restricted}
    )
