"""Authentication templates: Meta writes their text, and keeps their button as an address.

"Authentication templates" (November 2025). The text here is English in every language.
"""

import re

from sandbox import template_errors as errors
from sandbox.checks import keys
from sandbox.errors import GraphError, one_of
from sandbox.records import Json

TEXT = "*{{1}}* is your verification code."
ADVICE = " For your security, do not share this code."
EXPIRES = "This code expires in {} minutes."
MINUTES = (1, 90)
CODE_MOST = 15
TEXT_MOST = 25
OTP_TYPES = ("COPY_CODE", "ONE_TAP", "ZERO_TAP")
ADDRESS = "https://www.whatsapp.com/otp/code/?otp_type={}&code=otp"
ALLOWED = {
    "BODY": frozenset({"type", "add_security_recommendation"}),
    "FOOTER": frozenset({"type", "code_expiration_minutes"}),
    "BUTTONS": frozenset({"type", "buttons"}),
}
BUTTON = frozenset({"type", "otp_type", "text", "autofill_text", "supported_apps"}) | {
    "zero_tap_terms_accepted"
}


def check(components: list[Json]) -> list[Json]:
    """The components as they are kept, or the refusal."""
    kept: dict[str, Json] = {}
    for component in components:
        kind = str(component.get("type", "")).upper()
        if kind not in ALLOWED:
            raise errors.invalid(
                "Invalid Components",
                "An authentication template has a body, a footer and a button.",
            )
        keys(component, ALLOWED[kind], f"components[{kind}]")
        if kind in kept:
            raise errors.invalid("Invalid Components", f"There can be only one component {kind}.")
        kept[kind] = {"BODY": _body, "FOOTER": _footer, "BUTTONS": _buttons}[kind](component)
    for kind in ("BODY", "BUTTONS"):
        if kind not in kept:
            raise errors.lacks(kind, "type")
    return [kept[kind] for kind in ALLOWED if kind in kept]


def _body(component: Json) -> Json:
    advice = component.get("add_security_recommendation", False)
    if not isinstance(advice, bool):
        raise GraphError(100, message="Param add_security_recommendation must be a boolean.")
    return {
        "type": "BODY",
        "text": TEXT + (ADVICE if advice else ""),
        "add_security_recommendation": advice,
        "example": {"body_text": [["123456"]]},
    }


def _footer(component: Json) -> Json:
    minutes = component.get("code_expiration_minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, int):
        raise GraphError(100, message="Param code_expiration_minutes must be an integer.")
    if not MINUTES[0] <= minutes <= MINUTES[1]:
        raise errors.invalid("Invalid Expiration", "code_expiration_minutes is 1 to 90.")
    return {
        "type": "FOOTER",
        "text": EXPIRES.format(minutes),
        "code_expiration_minutes": minutes,
    }


def _buttons(component: Json) -> Json:
    given = component.get("buttons")
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
        raise errors.lacks("BUTTONS", "buttons")
    button = given[0]
    if str(button.get("type", "")).upper() != "OTP":
        raise one_of("buttons['type']", "OTP", button.get("type"))
    keys(button, BUTTON, "buttons[OTP]")
    kind = str(button.get("otp_type", "")).upper()
    if kind not in OTP_TYPES:
        raise one_of("buttons['otp_type']", ", ".join(OTP_TYPES), button.get("otp_type"))
    for key in ("text", "autofill_text"):
        text = button.get(key)
        if text is not None and (not isinstance(text, str) or len(text) > TEXT_MOST):
            raise errors.too_long("button text", TEXT_MOST)
    if kind != "COPY_CODE":
        _apps(button)
    if kind == "ZERO_TAP" and button.get("zero_tap_terms_accepted") is not True:
        raise errors.invalid("Terms Not Accepted", "zero_tap_terms_accepted has to be true.")
    url = ADDRESS.format(kind)
    stored = {
        "type": "URL",
        "text": button.get("text") or "Copy code",
        "url": url + "{{1}}",
        "example": [url + "123456"],
    }
    return {"type": "BUTTONS", "buttons": [stored]}


def _apps(button: Json) -> None:
    apps = button.get("supported_apps")
    if not isinstance(apps, list) or not 1 <= len(apps) <= 5:
        raise errors.lacks("BUTTONS", "supported_apps")
    for app in apps:
        package = app.get("package_name") if isinstance(app, dict) else None
        seal = app.get("signature_hash") if isinstance(app, dict) else None
        if not isinstance(package, str) or not re.fullmatch(
            r"[A-Za-z]\w*(\.[A-Za-z]\w*)+", package
        ):
            raise errors.invalid("Invalid App", "package_name is no name of an Android package.")
        if not isinstance(seal, str) or not re.fullmatch(r"[A-Za-z0-9+/=]{11}", seal):
            raise errors.invalid("Invalid App", "signature_hash has 11 characters.")
