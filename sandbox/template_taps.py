"""The buttons of a template at send time: what each takes, and what the person sees of it."""

from sandbox.checks import inner, keys, whole, words
from sandbox.errors import GraphError
from sandbox.records import Json
from sandbox.template_parameters import COMPONENT, Part, parameters, refuse_layout

BUTTON = COMPONENT | {"sub_type", "index"}
CODE_MOST = {"COPY_CODE": 20, "OTP": 15}
PAYLOAD_MOST = 512
URL_MOST = 2000
ACTING = {"FLOW": ("action",), "VOICE_CALL": ("ttl_minutes", "payload")}
MOST_PARAMETERS = {"VOICE_CALL": 2, "PHONE_NUMBER": 0, "REQUEST_CONTACT_INFO": 0}
FLOW_ACTION = frozenset({"flow_token", "flow_action_data"})
# Buttons whose words are WhatsApp's own.
LABELS = {"COPY_CODE": "Copy offer code", "REQUEST_CONTACT_INFO": "Share contact info"}


def shown(index: int, button: Json, component: Json | None, *, passcode: bool) -> Json:
    """A button as the person sees it, filled with what the send gives for it."""
    kind = str(button.get("type", "")).upper()
    seen: Json = {"type": kind, "text": str(button.get("text") or LABELS.get(kind, ""))}
    if component is not None:
        wanted = str(component.get("sub_type", "")).upper()
        if wanted != kind and not (kind == "OTP" and wanted == "URL"):
            raise GraphError(
                132012, f"buttons: Button at index {index} is of type {kind}, received {wanted}"
            )
    given = parameters(component, BUTTON) if component else []
    if len(given) > MOST_PARAMETERS.get(kind, 1):
        raise GraphError(132000, f"buttons: Button at index {index} takes at most one parameter")
    parameter = given[0] if given else None
    if kind == "QUICK_REPLY":
        seen["payload"] = _one(parameter, "payload", index, kind) if parameter else seen["text"]
    elif kind == "URL":
        part = Part.of(str(button.get("url", "")))
        if part.names and passcode:
            seen |= {"type": "OTP", "code": _one(parameter, "text", index, "OTP")}
        elif part.names:
            suffix = _one(parameter, "text", index, kind)
            seen["url"] = part.filled({part.names[0]: suffix})
            if len(seen["url"]) > URL_MOST:
                raise GraphError(132005, f"buttons: the url is longer than {URL_MOST}")
        elif parameter:
            raise GraphError(
                132000, f"buttons: Button at index {index} of type Url takes no parameter"
            )
        else:
            seen["url"] = part.filled({})
    elif kind == "COPY_CODE":
        seen["code"] = _one(parameter, "coupon_code", index, kind)
    elif kind == "OTP":
        seen["code"] = _one(parameter, "text", index, kind)
    elif kind in ("FLOW", "VOICE_CALL"):
        for each in given:
            _acting(kind, each, index)
            seen |= {k: v for k, v in each.get("action", {}).items() if k == "flow_token"}
    elif kind == "PHONE_NUMBER":
        seen["phone_number"] = str(button.get("phone_number", ""))
    return seen


def _acting(kind: str, parameter: Json, index: int) -> None:
    """What a button that opens a form or calls is given at send time."""
    where, name = f"buttons: Button at index {index}", str(parameter.get("type", ""))
    if name not in ACTING[kind]:
        raise GraphError(
            132012, f"{where}: Format mismatch, expected {ACTING[kind]}, received {name}"
        )
    keys(parameter, frozenset({"type", name}), where)
    if name == "action":
        keys(inner(parameter, name, where), FLOW_ACTION, f"{where}['action']")
    elif name == "payload":
        words(parameter, name, where, PAYLOAD_MOST)
    else:
        whole(parameter.get(name), f"{where}['{name}']", 1, 43_200)


def _one(parameter: Json | None, key: str, index: int, kind: str) -> str:
    name = kind.replace("_", " ").title()
    if parameter is None:
        raise GraphError(
            131008, f"buttons: Button at index {index} of type {name} requires a parameter"
        )
    if parameter.get("type") != key:
        raise GraphError(
            132012,
            f"buttons: Format mismatch at index {index}, expected {key}, "
            f"received {parameter.get('type')}",
        )
    value = parameter.get(key)
    if not isinstance(value, str) or not value:
        raise GraphError(131008, f"buttons: Button at index {index}: {key} is missing")
    if kind in CODE_MOST and len(value) > CODE_MOST[kind]:
        raise GraphError(
            131009, f"buttons: Button at index {index}: {key} is longer than {CODE_MOST[kind]}"
        )
    keys(parameter, frozenset({"type", key}), f"buttons: Button at index {index}")
    refuse_layout(value)
    return value
