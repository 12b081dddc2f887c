"""What Meta refuses of a template at once: one line a rule, asked of the check itself."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from sandbox import template_rules
from sandbox.errors import GraphError

FILES = {"photo": "image/jpeg", "clip": "video/mp4", "offer": "application/pdf"}
BODY = {"type": "BODY", "text": "Thank you for your application."}


def body(text: str, *samples: str) -> dict[str, Any]:
    found = {"type": "BODY", "text": text}
    return found | ({"example": {"body_text": [list(samples)]}} if samples else {})


def named(text: str, **samples: str) -> dict[str, Any]:
    rows = [{"param_name": k, "example": v} for k, v in samples.items()]
    return {"type": "BODY", "text": text, "example": {"body_text_named_params": rows}}


def header(text: str, *samples: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "HEADER", "format": "TEXT", "text": text}
    return found | ({"example": {"header_text": list(samples)}} if samples else {})


def media(kind: str, handle: str) -> dict[str, Any]:
    return {"type": "HEADER", "format": kind, "example": {"header_handle": [handle]}}


def buttons(*each: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(each)}


def reply(text: str = "Confirm") -> dict[str, Any]:
    return {"type": "QUICK_REPLY", "text": text}


def link(url: str = "https://caravella.example/i/{{1}}", **more: Any) -> dict[str, Any]:
    sample = {"example": ["https://caravella.example/i/abc"]} if "{{" in url else {}
    return {"type": "URL", "text": "Open", "url": url} | sample | more


CALL = {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "15550051310"}
CODE = {"type": "COPY_CODE", "example": "250FF"}
FLOW = {"type": "FLOW", "text": "Fill form", "flow_id": "123"}
VOICE = {"type": "VOICE_CALL", "text": "Call now"}
CONTACT = {"type": "REQUEST_CONTACT_INFO"}
OTP = {"type": "otp", "otp_type": "copy_code", "text": "Copy code"}
APP = {"package_name": "com.caravella.jobs", "signature_hash": "K8a/AINcGX7"}


def auth(button: dict[str, Any] = OTP, **footer: Any) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"type": "body", "add_security_recommendation": True}]
    parts += [{"type": "footer"} | footer] if footer else []
    parts.append({"type": "buttons", "buttons": [button]})
    return {"category": "AUTHENTICATION", "components": parts}


def asked(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    whole = {"name": "interview_reminder", "language": "en_US", "category": "UTILITY"}
    return whole | {"components": list(components) or [BODY]} | more


def check(given: dict[str, Any]) -> template_rules.Definition:
    return template_rules.check(given, FILES.get)


TWO = "Hello {{1}}, your interview is at {{2}}. See you there."
ACCEPTED: dict[str, dict[str, Any]] = {
    "a body alone": asked(),
    "positional": asked(body(TWO, "Ana", "10:00")),
    "named": asked(
        named("Hello {{name}}, we meet at {{time}} tomorrow.", name="Ana", time="10:00"),
        parameter_format="named",
    ),
    "the longest body": asked(body("a" * 1024)),
    "the longest name": asked(name="a" * 512),
    "arabic": asked(
        body("مرحبا {{1}}، موعد المقابلة هو {{2}} في مكتبنا.", "أمينة", "10:00"), language="ar"
    ),
    "japanese, without spaces": asked(
        body("こんにちは{{1}}様、面接のご案内です。", "アナ"), language="ja"
    ),
    "an emoji at the end": asked(body("See you at {{1}} in the lobby 🎉", "10:00")),
    "lines": asked(body("Hello {{1}},\n\nthank you for your time.", "Ana")),
    "a header with a variable": asked(header("Interview on {{1}}", "Friday"), BODY),
    "a header with an underscore": asked(header("See file offer_2.pdf"), BODY),
    "photo": asked(media("IMAGE", "photo"), BODY),
    "video": asked(media("VIDEO", "clip"), BODY),
    "document": asked(media("DOCUMENT", "offer"), BODY),
    "a place": asked({"type": "HEADER", "format": "LOCATION"}, BODY),
    "footer": asked(BODY, {"type": "FOOTER", "text": "Reply STOP to opt out"}),
    "all buttons": asked(
        BODY, buttons(reply(), reply("No"), link(), link("https://a.example"), CALL, CODE)
    ),
    "ten replies": asked(BODY, buttons(*[reply(f"Slot {n}") for n in range(10)])),
    "replies last": asked(BODY, buttons(CALL, reply())),
    "flow": asked(BODY, buttons(FLOW)),
    "voice": asked(BODY, buttons(VOICE | {"ttl_minutes": 100})),
    "contact": asked(BODY, buttons(CONTACT)),
    "call permission": asked(BODY, {"type": "call_permission_request"}),
    "the shortest wait": asked(message_send_ttl_seconds=30),
    "for ever": asked(message_send_ttl_seconds=-1),
    "marketing with a wait": asked(category="marketing", message_send_ttl_seconds=43_200),
    "copy code": asked(**auth(code_expiration_minutes=5)),
    "one tap": asked(**auth(OTP | {"otp_type": "ONE_TAP", "supported_apps": [APP]})),
}
NAME, LONG, HEADER, BODY_, FOOTER = 2388046, 2388040, 2388047, 2388072, 2388073
DANGLING, RATIO, EXPECTED, SAMPLE = 2388299, 2388293, 2388043, 2388155
REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "an upper-case name": (asked(name="Interview"), NAME),
    "an emoji in the name": (asked(name="interview🎉"), NAME),
    "a space in the name": (asked(name="interview reminder"), NAME),
    "a name that is too long": (asked(name="a" * 513), LONG),
    "the name of the sample": (asked(name="hello_world"), SAMPLE),
    "no name": (asked(name=""), 0),
    "a language of nobody": (asked(language="en_XX"), 0),
    "a language with a hyphen": (asked(language="en-US"), 0),
    "a category of nobody": (asked(category="TRANSACTIONAL"), 0),
    "a format of nobody": (asked(parameter_format="mixed"), 0),
    "a misspelt key": (asked(catgory="UTILITY"), 0),
    "a component of nobody": (asked(BODY, {"type": "SIDEBAR"}), 0),
    "two bodies": (asked(BODY, BODY), 0),
    "no body": (asked(header("Hello")), EXPECTED),
    "an empty body": (asked(body(" ")), EXPECTED),
    "a body of 1,025": (asked(body("a" * 1025)), LONG),
    "a variable first": (asked(body("{{1}}, thank you for your application", "Ana")), DANGLING),
    "a variable last": (asked(body("Thank you for your time today, {{1}}", "Ana")), DANGLING),
    "a full stop after it": (asked(body("Thank you for your time today, {{1}}.", "A")), DANGLING),
    "bold around it": (asked(body("Thank you for your time today, *{{1}}*", "A")), DANGLING),
    "too many variables": (asked(body("Hi {{1}} and {{2}} bye", "a", "b")), RATIO),
    "variables side by side": (asked(body("We meet on {{1}} {{2}} in town", "a", "b")), BODY_),
    "a gap": (asked(body("Hello {{1}}, we meet you at {{3}} there.", "a", "b")), BODY_),
    "not from one on": (asked(body("Hello {{2}}, we meet you there.", "a")), BODY_),
    "a name in positional": (asked(body("Hello {{name}}, we meet you.", "a")), BODY_),
    "a number in named": (
        asked(body("Hello {{1}}, we meet you.", "a"), parameter_format="NAMED"),
        BODY_,
    ),
    "capitals in a variable": (
        asked(named("Hello {{Name}}, we meet you.", Name="a"), parameter_format="NAMED"),
        BODY_,
    ),
    "one brace": (asked(body("Hello {1}, we meet you.")), BODY_),
    "a brace too few": (asked(body("Hello {{1}, we meet you.", "a")), BODY_),
    "an empty variable": (asked(body("Hello {{}}, we meet you.", "a")), BODY_),
    "no sample": (asked(body("Hello {{1}}, we meet you.")), EXPECTED),
    "too few samples": (asked(body(TWO, "Ana")), EXPECTED),
    "an empty sample": (asked(body(TWO, "Ana", " ")), EXPECTED),
    "a sample of another name": (
        asked(named("Hello {{name}}, we meet you.", nam="a"), parameter_format="NAMED"),
        EXPECTED,
    ),
    "a header of 61": (asked(header("a" * 61), BODY), LONG),
    "two variables in the header": (asked(header("{{1}} on {{2}}", "a", "b"), BODY), HEADER),
    "an emoji in the header": (asked(header("Interview 🎉"), BODY), HEADER),
    "a line in the header": (asked(header("Interview\non Friday"), BODY), HEADER),
    "bold in the header": (asked(header("*Interview*"), BODY), HEADER),
    "a header without a sample": (asked(header("Interview on {{1}}"), BODY), EXPECTED),
    "a moving picture": (asked({"type": "HEADER", "format": "GIF"}, BODY), 0),
    "a photo without a handle": (asked({"type": "HEADER", "format": "IMAGE"}, BODY), EXPECTED),
    "a handle of nothing": (asked(media("IMAGE", "4::x"), BODY), 0),
    "a document as photo": (asked(media("IMAGE", "offer"), BODY), 0),
    "a place with words": (
        asked({"type": "HEADER", "format": "LOCATION", "text": "Here"}, BODY),
        HEADER,
    ),
    "a footer of 61": (asked(BODY, {"type": "FOOTER", "text": "a" * 61}), LONG),
    "a variable in the footer": (asked(BODY, {"type": "FOOTER", "text": "By {{1}} now"}), FOOTER),
    "no buttons": (asked(BODY, buttons()), EXPECTED),
    "eleven buttons": (asked(BODY, buttons(*[reply(f"S {n}") for n in range(11)])), 0),
    "three links": (asked(BODY, buttons(link(), link(), link())), 0),
    "two calls": (asked(BODY, buttons(CALL, CALL)), 0),
    "two codes": (asked(BODY, buttons(CODE, CODE)), 0),
    "replies apart": (asked(BODY, buttons(reply(), CALL, reply("No"))), 0),
    "a button of nobody": (asked(BODY, buttons({"type": "SHOUT", "text": "Hey"})), 0),
    "a button text of 26": (asked(BODY, buttons(reply("a" * 26))), LONG),
    "a button without text": (asked(BODY, buttons(reply(""))), EXPECTED),
    "a variable in a button": (asked(BODY, buttons(reply("Hi {{1}}"))), 0),
    "an emoji in a button": (asked(BODY, buttons(reply("Yes 🎉"))), 0),
    "a variable amid the link": (
        asked(BODY, buttons(link("https://a.example/{{1}}/open", example=["x"]))),
        0,
    ),
    "a variable as domain": (asked(BODY, buttons(link("https://{{1}}", example=["x"]))), 0),
    "two variables in the link": (
        asked(BODY, buttons(link("https://a.example/{{1}}/{{2}}", example=["x"]))),
        0,
    ),
    "a link without a sample": (asked(BODY, buttons(link(example=[]))), EXPECTED),
    "a link of 2,001": (asked(BODY, buttons(link("https://a.example/" + "a" * 1983))), LONG),
    "a link to nowhere": (asked(BODY, buttons(link("caravella.example"))), 0),
    "a phone number of 21": (asked(BODY, buttons(CALL | {"phone_number": "1" * 21})), LONG),
    "a phone number of words": (asked(BODY, buttons(CALL | {"phone_number": "call me"})), 0),
    "a code of 21": (asked(BODY, buttons(CODE | {"example": "a" * 21})), LONG),
    "a code without a sample": (asked(BODY, buttons({"type": "COPY_CODE"})), EXPECTED),
    "a flow of nothing": (asked(BODY, buttons({"type": "FLOW", "text": "Go"})), EXPECTED),
    "text on a contact request": (asked(BODY, buttons(CONTACT | {"text": "Me"})), 0),
    "minutes without end": (asked(BODY, buttons(VOICE | {"ttl_minutes": 43_201})), 0),
    "buttons on a call request": (
        asked(BODY, {"type": "call_permission_request"}, buttons(reply())),
        0,
    ),
    "a wait that is too short": (asked(message_send_ttl_seconds=29), 0),
    "a wait that is too long": (asked(message_send_ttl_seconds=43_201), 0),
    "marketing with a short wait": (asked(category="MARKETING", message_send_ttl_seconds=60), 0),
    "a passcode with a long wait": (asked(**auth(), message_send_ttl_seconds=901), 0),
    "words in a passcode": (asked(**auth() | {"components": [BODY]}), 0),
    "a header on a passcode": (
        asked(**auth() | {"components": [*auth()["components"], header("Hi")]}),
        0,
    ),
    "a passcode without a button": (
        asked(**auth() | {"components": [{"type": "BODY"}]}),
        EXPECTED,
    ),
    "a passcode for 91 minutes": (asked(**auth(code_expiration_minutes=91)), 0),
    "one tap without an app": (asked(**auth(OTP | {"otp_type": "ONE_TAP"})), EXPECTED),
    "zero tap without terms": (
        asked(**auth(OTP | {"otp_type": "ZERO_TAP", "supported_apps": [APP]})),
        0,
    ),
}


@pytest.mark.parametrize("given", ACCEPTED.values(), ids=ACCEPTED)
def test_a_template_by_the_rules_is_taken(given: dict[str, Any]) -> None:
    assert check(given).components


@pytest.mark.parametrize(("given", "subcode"), REFUSED.values(), ids=REFUSED)
def test_a_broken_rule_is_refused_with_its_subcode(given: dict[str, Any], subcode: int) -> None:
    with pytest.raises(GraphError) as refusal:
        check(given)
    error = refusal.value.body("trace")["error"]
    assert (refusal.value.http, error["code"]) == (400, 100)
    assert error.get("error_subcode", 0) == subcode, error
    assert ("error_user_msg" in error) >= bool(subcode)


def test_a_passcode_gets_its_words_from_meta() -> None:
    text, footer, row = check(asked(**auth(code_expiration_minutes=5))).components
    assert text["text"].startswith("*{{1}}* is your verification code. For your security")
    assert footer["text"] == "This code expires in 5 minutes."
    assert row["buttons"][0]["type"] == "URL"


WORDS = st.sampled_from(
    [
        "HEADER",
        "BODY",
        "FOOTER",
        "BUTTONS",
        "TEXT",
        "IMAGE",
        "URL",
        "OTP",
        "Hi {{1}} and {{2}} there",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | WORDS
KEYS = st.sampled_from(
    ["type", "format", "text", "example", "buttons", "url", "header_handle", "body_text", "flow_id"]
    + ["body_text_named_params", "param_name", "otp_type", "supported_apps", "phone_number"]
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5)
)


@drawn(
    components=st.lists(st.dictionaries(KEYS, JSON, max_size=5), max_size=4) | JSON,
    category=st.sampled_from(template_rules.CATEGORIES),
    more=st.dictionaries(st.sampled_from(["name", "language", "parameter_format"]), JSON),
)
def test_anything_at_all_gets_an_answer(components: Any, category: str, more: Any) -> None:
    with suppress(GraphError):
        assert check(asked(category=category) | {"components": components} | more).language
