"""The buttons of a template: which kinds, how many, in what order, and what each needs.

"Template components" (21 November 2025), and "Call button messages" (14 November 2025).
"""

import re
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

from sandbox import template_errors as errors
from sandbox.checks import keys
from sandbox.errors import GraphError, one_of
from sandbox.records import Json
from sandbox.template_places import PLACE

MOST = {"QUICK_REPLY": 10, "URL": 2}
MOST_OTHER = 1
MOST_IN_ALL = 10
TEXT_MOST, URL_MOST, PHONE_MOST = 25, 2000, 20
CODE_MOST = 20  # 15 before 3 December 2025
FLOW_SOURCES = ("flow_id", "flow_name", "flow_json")
FLOW_ACTIONS = ("navigate", "data_exchange")
TTL_MINUTES = (1, 43_200)
NO_TEXT = frozenset({"COPY_CODE", "REQUEST_CONTACT_INFO"})
# "Buttons can't have any variables, newlines, emojis, or formatting characters": an answer of
# Meta's that is quoted in glific/glific-frontend, issue 3465.
NOT_IN_TEXT = re.compile(
    "[{}\r\n*`~\u20e3\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]"
    r"|(?<!\w)_[^_]+_(?!\w)"
)


def check(given: object) -> None:
    if not isinstance(given, list) or not given or not all(isinstance(b, dict) for b in given):
        raise errors.lacks("BUTTONS", "buttons")
    kinds = [_kind(button) for button in given]
    _mix(kinds)
    for kind, button in zip(kinds, given, strict=True):
        keys(button, KINDS[kind][0], f"buttons[{kind}]")
        if kind not in NO_TEXT:
            _text(button)
        KINDS[kind][1](button)


def _kind(button: Json) -> str:
    kind = str(button.get("type", "")).upper()
    if kind not in KINDS:
        raise one_of("buttons['type']", ", ".join(KINDS), button.get("type"))
    return kind


def _mix(kinds: list[str]) -> None:
    if len(kinds) > MOST_IN_ALL:
        raise errors.invalid("Too Many Buttons", f"A template has at most {MOST_IN_ALL} buttons.")
    for kind, count in Counter(kinds).items():
        most = MOST.get(kind, MOST_OTHER)
        if count > most:
            raise errors.invalid(
                "Too Many Buttons", f"A template has at most {most} buttons of type {kind}."
            )
    replies = [kind == "QUICK_REPLY" for kind in kinds]
    changes = sum(a != b for a, b in zip(replies, replies[1:], strict=False))
    if changes > 1:
        raise errors.invalid(
            "Invalid Order of Buttons",
            "Quick replies stand together: before all other buttons or after them.",
        )


def _text(button: Json) -> None:
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise errors.lacks("BUTTONS", "text")
    if len(text) > TEXT_MOST:
        raise errors.too_long("button text", TEXT_MOST)
    if NOT_IN_TEXT.search(text):
        raise errors.invalid(
            "Button Format Is Incorrect",
            "Buttons can't have any variables, newlines, emojis, or formatting characters.",
        )


def _nothing(button: Json) -> None:
    pass


def _url(button: Json) -> None:
    url = button.get("url")
    if not isinstance(url, str) or not url:
        raise errors.lacks("BUTTONS", "url")
    if len(url) > URL_MOST:
        raise errors.too_long("url of a button", URL_MOST)
    places = PLACE.findall(url)
    fixed = PLACE.sub("", url)
    parts = _split(fixed)
    if parts is None or re.search(r"\s", fixed):
        raise errors.invalid("Invalid URL", "The url of a button is an http or https address.")
    if "{" in fixed or "}" in fixed or len(places) > 1:
        raise errors.invalid("Invalid URL", "The url of a button has one variable at most, {{1}}.")
    if not places:
        return
    if places[0].strip() != "1" or not url.endswith("}}"):
        raise errors.invalid("Invalid URL", "The variable {{1}} stands at the end of the url.")
    if not re.match(r"https?://[^/?#]+[/?#]", url.partition("{{")[0], re.IGNORECASE):
        raise errors.invalid("Invalid URL", "The variable cannot be a part of the domain.")
    _sample(button, URL_MOST)


def _split(url: str) -> str | None:
    """The host of a web address; None for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in ("http", "https") and parts.hostname else None


def _sample(button: Json, most: int) -> None:
    """A text, or a list with one."""
    found = button.get("example")
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, str) or not found.strip():
        raise errors.lacks("BUTTONS", "example")
    if len(found) > most:
        raise errors.too_long("example of a button", most)


def _phone(button: Json) -> None:
    number = button.get("phone_number")
    if not isinstance(number, str) or not number:
        raise errors.lacks("BUTTONS", "phone_number")
    if len(number) > PHONE_MOST:
        raise errors.too_long("phone number of a button", PHONE_MOST)
    if not re.fullmatch(r"\+?\d{5,}", re.sub(r"[ ().-]", "", number)):
        raise errors.invalid(
            "Invalid Phone Number", "The phone number of a button has a country code and digits."
        )


def _code(button: Json) -> None:
    _sample(button, CODE_MOST)


def _flow(button: Json) -> None:
    if sum(bool(button.get(source)) for source in FLOW_SOURCES) != 1:
        raise errors.lacks("BUTTONS", "flow_id, flow_name or flow_json")
    action = button.get("flow_action", "navigate")
    if action not in FLOW_ACTIONS:
        raise one_of("buttons['flow_action']", ", ".join(FLOW_ACTIONS), action)


def _call(button: Json) -> None:
    minutes = button.get("ttl_minutes")
    if minutes is None:
        return
    if isinstance(minutes, bool) or not isinstance(minutes, int):
        raise GraphError(100, message="Param ttl_minutes must be an integer.")
    if not TTL_MINUTES[0] <= minutes <= TTL_MINUTES[1]:
        raise errors.invalid("Invalid Button", "ttl_minutes is 1 to 43200.")


PLAIN = frozenset({"type", "text"})
# What a button of each kind may have, and what it needs beside its text.
KINDS: dict[str, tuple[frozenset[str], Callable[[Json], None]]] = {
    "QUICK_REPLY": (PLAIN, _nothing),
    "URL": (PLAIN | {"url", "example"}, _url),
    "PHONE_NUMBER": (PLAIN | {"phone_number"}, _phone),
    "COPY_CODE": (PLAIN | {"example"}, _code),
    "FLOW": (PLAIN | {*FLOW_SOURCES, "flow_action", "navigate_screen", "icon"}, _flow),
    "VOICE_CALL": (PLAIN | {"ttl_minutes"}, _call),
    "REQUEST_CONTACT_INFO": (frozenset({"type"}), _nothing),
}
