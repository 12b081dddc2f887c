"""What Meta would refuse in the buttons of a template (Meta, "Template components")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from whatsapp.figures import Figures
from whatsapp.policy.template_faults import Fault
from whatsapp.policy.template_signs import MARKS, has_emoji
from whatsapp.policy.written import BUTTONS, SLOT, Button, Written

# The label of a code's button is Meta's, so there is nothing to write.
UNLABELLED = ("COPY_CODE",)
PHONE = re.compile(r"\+?[0-9][0-9 ().-]*")
AT_END = re.compile(r"\{\{1\}\}\Z")
# What stands before the field has the whole name of the site.
IN_PATH = re.compile(r"[a-z]+://[^/?#{]+[/?#]", re.IGNORECASE)


def button_faults(written: Written, known: Figures) -> Iterator[Fault]:
    buttons = written.buttons
    yield from _mix_faults(buttons, known)
    for index, one in enumerate(buttons):
        where = f"button.{index}"
        if one.type not in BUTTONS:
            yield Fault(where, "button_unknown", {"type": one.type})
            continue
        if one.type not in UNLABELLED:
            yield from _text_faults(where, one, known)
        if one.type == "URL":
            yield from _url_faults(where, one, known)
        elif one.type == "PHONE_NUMBER":
            yield from _phone_faults(where, one, known)
        elif one.type == "COPY_CODE":
            yield from _code_faults(where, one, known)


def _mix_faults(buttons: tuple[Button, ...], known: Figures) -> Iterator[Fault]:
    """Of more buttons than there may be, the first too many is where the fault is."""
    most = known.content.template_buttons
    if len(buttons) > most:
        yield Fault(f"button.{most}", "buttons_many", {"most": most})
    caps = {
        "URL": ("urls_many", known.content.template_url_buttons),
        "PHONE_NUMBER": ("phones_many", known.content.template_phone_buttons),
        "COPY_CODE": ("codes_many", known.templates.codes),
        "VOICE_CALL": ("calls_many", 1),
    }
    for kind, (code, cap) in caps.items():
        of_kind = [index for index, one in enumerate(buttons) if one.type == kind]
        if len(of_kind) > cap:
            yield Fault(f"button.{of_kind[cap]}", code, {"most": cap})
    # All quick replies before the others, or all after them.
    quick = [one.type == "QUICK_REPLY" for one in buttons]
    changes = sum(a != b for a, b in zip(quick, quick[1:], strict=False))
    if changes > 1:
        yield Fault("buttons", "buttons_order")
    seen: set[str] = set()
    for index, one in enumerate(buttons):
        label = "" if one.type in UNLABELLED else one.text.strip().casefold()
        if label and label in seen:
            yield Fault(f"button.{index}", "button_text_twice")
            break
        seen.add(label)


def _text_faults(where: str, one: Button, known: Figures) -> Iterator[Fault]:
    most = known.content.template_button_text
    if not one.text.strip():
        yield Fault(where, "button_text_missing")
    elif len(one.text) > most:
        yield Fault(where, "button_text_long", {"long": len(one.text), "most": most})
    if re.search(r"[{}\n\r]", one.text) or has_emoji(one.text) or MARKS.search(one.text):
        yield Fault(where, "button_text_signs")


def _url_faults(where: str, one: Button, known: Figures) -> Iterator[Fault]:
    url, most = one.url.strip(), known.content.template_url
    if not url:
        yield Fault(where, "url_missing")
        return
    if len(url) > most:
        yield Fault(where, "url_long", {"long": len(url), "most": most})
    bare = SLOT.sub("x", url)
    if not _is_address(bare):
        yield Fault(where, "url_wrong")
    found = SLOT.findall(url)
    if re.search(r"[{}]", SLOT.sub("", url)) or len(found) > 1 or not _ends_well(found, url):
        yield Fault(where, "url_variable")
    elif found and not IN_PATH.match(url):
        yield Fault(where, "url_variable_host")
    elif found and not one.example.strip():
        yield Fault(where, "url_sample")
    elif found and (re.search(r"\s", one.example.strip()) or "{{" in one.example):
        yield Fault(where, "url_sample_signs")
    elif found and len(SLOT.sub(lambda _: one.example.strip(), url)) > most:
        yield Fault(where, "url_sample_long", {"most": most})
    if _host(bare) in known.templates.shorteners:
        yield Fault(where, "url_shortened", {"host": _host(bare)})


def _ends_well(found: list[str], url: str) -> bool:
    return not found or AT_END.search(url) is not None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = re.fullmatch(r"[\w.-]+\.[a-zA-Z0-9-]{2,}", host) is not None
    return parts.scheme in ("http", "https") and plain and not re.search(r"[\s\x00-\x1f]", url)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _phone_faults(where: str, one: Button, known: Figures) -> Iterator[Fault]:
    # As it is given to Meta: digits alone, and a plus before them.
    phone, most = one.phone.strip(), known.templates.phone_number
    digits = re.sub(r"\D", "", phone)
    if not phone:
        yield Fault(where, "phone_missing")
    elif len(phone) > most or len(digits) + 1 > most:
        yield Fault(where, "phone_long", {"most": most})
    elif not PHONE.fullmatch(phone) or len(digits) < 7:
        yield Fault(where, "phone_wrong")


def _code_faults(where: str, one: Button, known: Figures) -> Iterator[Fault]:
    most = known.content.template_copy_code
    if not one.example.strip():
        yield Fault(where, "code_missing")
    elif len(one.example) > most:
        yield Fault(where, "code_long", {"long": len(one.example), "most": most})
    elif not re.fullmatch(r"[A-Za-z0-9_-]+", one.example):
        yield Fault(where, "code_signs")
