"""What a template may be: the check of a submission, before anybody reviews it.

Pure: the payload in, the definition out or the refusal. "Templates / components" (21 November
2025), "Template management" (14 November 2025), "Time to live" (31 October 2025).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sandbox import template_auth, template_buttons, template_places
from sandbox import template_errors as errors
from sandbox.checks import keys
from sandbox.errors import GraphError, one_of, required
from sandbox.languages import CODES
from sandbox.records import Json

NAME_MOST, BODY_MOST, HEADER_MOST, FOOTER_MOST = 512, 1024, 60, 60
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
FORMATS = ("POSITIONAL", "NAMED")
FOR_EVER = -1
# Seconds that a message may wait for its delivery.
TTL = {"AUTHENTICATION": (30, 900), "UTILITY": (30, 43_200), "MARKETING": (43_200, 2_592_000)}
KEYS = frozenset(
    {"name", "language", "category", "parameter_format", "message_send_ttl_seconds", "components"}
    # `allow_category_change` has done nothing since 9 April 2025, and is still taken.
    | {"allow_category_change", "cta_url_link_tracking_opted_out"}
    | {"access_token", "appsecret_proof"}
)
COMPONENT_KEYS = {
    "HEADER": frozenset({"type", "format", "text", "example"}),
    "BODY": frozenset({"type", "text", "example"}),
    "FOOTER": frozenset({"type", "text"}),
    "BUTTONS": frozenset({"type", "buttons"}),
    "CALL_PERMISSION_REQUEST": frozenset({"type"}),
}
MEDIA = {
    "IMAGE": frozenset({"image/jpeg", "image/jpg", "image/png"}),
    "VIDEO": frozenset({"video/mp4"}),
    "DOCUMENT": frozenset({"application/pdf"}),
}
EMOJI = re.compile("[\u20e3\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]")
FORMATTING = re.compile(r"[*`~]|(?<!\w)_[^_]+_(?!\w)")
# The type of the file behind a handle of the Resumable Upload API; None for no handle.
TypeOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Definition:
    name: str
    language: str
    category: str
    named: bool
    components: list[Json]
    ttl: int | None = None
    special: bool = False  # a place with #, $ or % inside; review refuses it
    opted_out: bool = False

    @property
    def parameter_format(self) -> str:
        return "NAMED" if self.named else "POSITIONAL"


@dataclass(slots=True)
class _Seen:
    """What a walk over the components has found."""

    named: bool
    category: str
    type_of: TypeOf
    kinds: list[str] = field(default_factory=list)
    special: bool = False


def check(given: Json, type_of: TypeOf) -> Definition:
    """The template that a POST to /message_templates asks for, or the refusal."""
    keys(given, KEYS, "message_templates")
    for key in ("name", "language", "category", "components"):
        if given.get(key) in (None, ""):
            raise required(key)
    name, language = given["name"], given["language"]
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise errors.refused(
            errors.NAME,
            "The message template name can only have lowercase letters and underscores.",
        )
    if len(name) > NAME_MOST:
        raise errors.too_long("name", NAME_MOST)
    if name == "hello_world":
        raise errors.refused(
            errors.SAMPLE,
            "This template is named after a sample template created by default. Please use a "
            "different name.",
        )
    if not isinstance(language, str) or language not in CODES:
        raise one_of("language", ", ".join(sorted(CODES)), language)
    category = choice(given, "category", CATEGORIES)
    named = choice(given, "parameter_format", FORMATS, "POSITIONAL") == "NAMED"
    return check_content(given, Definition(name, language, category, named, []), type_of)


def check_content(given: Json, base: Definition, type_of: TypeOf) -> Definition:
    """The rest of a submission, or an edit's `components` and `message_send_ttl_seconds`."""
    components = given["components"]
    if not isinstance(components, list) or not all(isinstance(c, dict) for c in components):
        raise GraphError(100, message="Param components must be an array of objects.")
    ttl = base.ttl
    if given.get("message_send_ttl_seconds") is not None:
        ttl = check_ttl(given["message_send_ttl_seconds"], base.category)
    if base.category == "AUTHENTICATION":
        stored = template_auth.check(components)
        return replace(base, components=stored, ttl=ttl)
    seen = _Seen(base.named, base.category, type_of)
    for component in components:
        _component(component, seen)
    if "BODY" not in seen.kinds:
        raise errors.lacks("BODY", "text")
    if "CALL_PERMISSION_REQUEST" in seen.kinds and "BUTTONS" in seen.kinds:
        raise errors.invalid(
            "Buttons Are Not Allowed", "A call permission request has no buttons of its own."
        )
    return replace(
        base,
        components=components,
        ttl=ttl,
        special=seen.special,
        opted_out=bool(given.get("cta_url_link_tracking_opted_out", base.opted_out)),
    )


def choice(given: Json, key: str, allowed: tuple[str, ...], default: str = "") -> str:
    value = given.get(key) or default
    if not isinstance(value, str) or value.upper() not in allowed:
        raise one_of(key, ", ".join(allowed), value)
    return value.upper()


def check_ttl(value: object, category: str) -> int:
    least, most = TTL[category]
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value):
        value = int(value)  # as a form has it
    if isinstance(value, bool) or not isinstance(value, int):
        raise GraphError(100, message="Param message_send_ttl_seconds must be an integer.")
    if value != FOR_EVER and not least <= value <= most:
        raise errors.invalid(
            "Invalid Time to Live",
            f"message_send_ttl_seconds of a template of category {category} is {least} to {most}, "
            f"or {FOR_EVER}.",
        )
    return value


def _component(component: Json, seen: _Seen) -> None:
    kind = str(component.get("type", "")).upper()
    if kind not in COMPONENT_KEYS:
        raise one_of("components['type']", ", ".join(COMPONENT_KEYS), component.get("type"))
    keys(component, COMPONENT_KEYS[kind], f"components[{kind}]")
    if kind in seen.kinds:
        raise errors.invalid("Invalid Components", f"There can be only one component {kind}.")
    seen.kinds.append(kind)
    match kind:
        case "HEADER":
            _header(component, seen)
        case "BODY":
            _body(component, seen)
        case "FOOTER":
            _footer(component)
        case "BUTTONS":
            template_buttons.check(component.get("buttons"))


def _words(component: Json, kind: str, most: int) -> str:
    text = component.get("text")
    if text is None or (isinstance(text, str) and not text.strip()):
        raise errors.lacks(kind, "text")
    if not isinstance(text, str):
        raise GraphError(100, message=f"Param components[{kind}]['text'] must be a string.")
    if len(text) > most:
        raise errors.too_long(kind.lower(), most)
    return text


def _header(component: Json, seen: _Seen) -> None:
    kind = str(component.get("format", "")).upper()
    if kind == "TEXT":
        _header_text(component, seen)
    elif kind in MEDIA:
        _header_file(component, kind, seen.type_of)
    elif kind == "LOCATION":
        if "text" in component or "example" in component:
            raise errors.refused(errors.HEADER, "A header of format LOCATION has no more fields.")
    else:
        # GIF is for the Marketing Messages API only.
        raise one_of("components[HEADER]['format']", "TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION", kind)


def _header_text(component: Json, seen: _Seen) -> None:
    text = _words(component, "HEADER", HEADER_MOST)
    places = template_places.find(text, named=seen.named, subcode=errors.HEADER)
    plain = template_places.PLACE.sub("", text)
    if "\n" in text or "\r" in text or EMOJI.search(plain) or FORMATTING.search(plain):
        raise errors.refused(
            errors.HEADER,
            "Message headers can't have any new lines, formatting characters, emojis or asterisks.",
        )
    if len(places.names) > 1:
        raise errors.refused(errors.HEADER, "The header can have one variable only.")
    seen.special = seen.special or places.special
    template_places.samples(
        component.get("example"), places, named=seen.named, field="header_text", kind="HEADER"
    )


def _header_file(component: Json, kind: str, type_of: TypeOf) -> None:
    if "text" in component:
        raise errors.refused(errors.HEADER, f"A header of format {kind} has no text.")
    example = component.get("example")
    handles = example.get("header_handle") if isinstance(example, dict) else None
    if not isinstance(handles, list) or len(handles) != 1 or not isinstance(handles[0], str):
        raise errors.lacks("HEADER", "example")
    found = type_of(handles[0])
    if found is None:
        raise errors.invalid(
            "Invalid Sample", "header_handle is no handle that the Resumable Upload API gave."
        )
    if found not in MEDIA[kind]:
        raise errors.invalid("Invalid Sample", f"A file of type {found} is no sample of {kind}.")


def _body(component: Json, seen: _Seen) -> None:
    text = _words(component, "BODY", BODY_MOST)
    places = template_places.find(text, named=seen.named, subcode=errors.BODY)
    template_places.check_ends(text)
    template_places.check_ratio(text)
    seen.special = seen.special or places.special
    template_places.samples(
        component.get("example"), places, named=seen.named, field="body_text", kind="BODY"
    )


def _footer(component: Json) -> None:
    text = _words(component, "FOOTER", FOOTER_MOST)
    if "{{" in text or "}}" in text:
        raise errors.refused(errors.FOOTER, "Message footers can't have variables.")
