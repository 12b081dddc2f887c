"""What Meta would refuse in a template, and what it might take for something else.

Pure: a `Written` and what is around it in, faults out. Meta's rules are those of its pages
"Template components", "Template management" and "Template review".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from whatsapp import figures
from whatsapp.figures import Figures
from whatsapp.policy.promotion import promotional
from whatsapp.policy.template_buttons import button_faults
from whatsapp.policy.template_faults import Fault
from whatsapp.policy.template_signs import MARKS, has_emoji, has_words
from whatsapp.policy.written import (
    CATEGORIES,
    HEADERS,
    MEDIA,
    SLOT,
    Around,
    Part,
    Written,
    is_number,
    slot_key,
    slots,
)

NAME = re.compile(r"[a-z0-9_]+")
VARIABLE = re.compile(r"[a-z][a-z0-9_]*")
HTML = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:nbsp|amp|lt|gt|quot);")
# The name of a site in running text, with or without https:// before it.
WEB = re.compile(r"(?:https?://|\b)((?:[a-z0-9-]+\.)+[a-z]{2,})(?![\w-]|\.\w)", re.IGNORECASE)
BETWEEN = re.compile(r"\}\}\s*\{\{")
KIND_WORDS = {"IMAGE": "photo", "VIDEO": "video", "DOCUMENT": "document"}
# Meta gives every account a sample of this name.
RESERVED = ("hello_world",)
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")
DAY = timedelta(days=1)


def faults(written: Written, around: Around, *, now: datetime) -> tuple[Fault, ...]:
    """Everything that is wrong, in the order of the form, and advice (`refuses` is False)."""
    known = figures.at(now)
    parts: tuple[Iterator[Fault], ...]
    if written.category == "AUTHENTICATION":
        parts = (_code_faults(written, known),)
    else:
        parts = (
            _header_faults(written, known),
            _body_faults(written, known),
            _footer_faults(written, known),
            _sample_faults(written),
            button_faults(written, known),
            _call_faults(written),
            _review_faults(written, around),
        )
    found: list[Fault] = [*_name_faults(written, around, known, now=now)]
    for part in parts:
        found.extend(part)
    return (*found, *_limit_faults(around, known, now=now))


def refused(found: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(one for one in found if one.refuses)


def has_fixed_category(status: str) -> bool:
    """Meta takes another category only of what it has rejected, or does not have."""
    return status not in ("", "REJECTED")


def _name_faults(
    written: Written, around: Around, known: Figures, *, now: datetime
) -> Iterator[Fault]:
    name, most = written.name, known.content.template_name
    if not name:
        yield Fault("name", "name_missing")
    elif not NAME.fullmatch(name):
        wrong = dict.fromkeys(re.sub(r"[a-z0-9_]", "", name))
        words = ["a space" if sign.isspace() else f"“{sign}”" for sign in wrong]
        yield Fault("name", "name_signs", {"signs": ", ".join(words[:6])})
    if len(name) > most:
        yield Fault("name", "name_long", {"long": len(name), "most": most})
    if name in RESERVED:
        yield Fault("name", "name_reserved", {"name": name})
    if name in around.taken:
        yield Fault("name", "name_taken", {"name": name})
    free_from = around.waits.get(name)
    if free_from is not None and free_from > now:
        yield Fault("name", "name_waits", {"name": name, "until": free_from})
    if written.language not in known.templates.languages:
        yield Fault("language", "language_unknown", {"language": written.language})
    if written.category not in CATEGORIES:
        yield Fault("category", "category_unknown")
    elif has_fixed_category(around.status) and written.category != around.approved_category:
        yield Fault("category", "category_fixed", {"category": around.approved_category})


def _header_faults(written: Written, known: Figures) -> Iterator[Fault]:
    header, most = written.header, known.content.template_header
    if header.format not in HEADERS:
        yield Fault("header", "header_unknown")
    if header.format in MEDIA and not header.has_file:
        yield Fault("header", "header_no_file", {"kind": KIND_WORDS[header.format]})
    if header.format != "TEXT":
        return
    text = header.text
    if not text.strip():
        yield Fault("header", "header_missing")
    if len(text) > most:
        yield Fault("header", "header_long", {"long": len(text), "most": most})
    # The same one twice is two: they could stand side by side.
    if len(SLOT.findall(text)) > known.templates.header_variables:
        yield Fault("header", "header_variables", {"most": known.templates.header_variables})
    if "\n" in text or "\r" in text:
        yield Fault("header", "header_line_break")
    plain = SLOT.sub("", text)
    if has_emoji(text):
        yield Fault("header", "header_emoji")
    if MARKS.search(text) or MARKS.search(plain):
        yield Fault("header", "header_formatting")
    yield from _variable_faults("header", text)
    yield from _html_faults("header", text)
    yield from _link_faults("header", text, known)


def _body_faults(written: Written, known: Figures) -> Iterator[Fault]:
    body, most = written.body, known.content.template_body
    if not body.strip():
        yield Fault("body", "body_missing")
        return
    if len(body) > most:
        yield Fault("body", "body_long", {"long": len(body), "most": most})
    found = list(SLOT.finditer(body))
    if found:
        if not has_words(body[: found[0].start()]):
            yield Fault("body", "body_begins", {"variable": found[0][1]})
        if not has_words(body[found[-1].end() :]):
            yield Fault("body", "body_ends", {"variable": found[-1][1]})
        if BETWEEN.search(body):
            yield Fault("body", "body_side_by_side")
        words = count_words(body)
        least = known.templates.words_per_variable * len(found) + 1
        if words < least:
            details = {"words": words, "variables": len(found), "least": least}
            yield Fault("body", "body_ratio", details)
    yield from _variable_faults("body", body)
    yield from _mixed_faults(written)
    yield from _html_faults("body", body)
    yield from _link_faults("body", body, known)


def count_words(body: str) -> int:
    """As they are set against the number of fields."""
    return len(re.findall(r"\w+", SLOT.sub(" ", body)))


def _variable_faults(part: Part, text: str) -> Iterator[Fault]:
    names = slots(text)
    rest = SLOT.sub("", text)
    if "{" in rest or "}" in rest:
        yield Fault(part, f"{part}_braces")
    for name in names:
        if not name.strip():
            yield Fault(part, f"{part}_variable_empty")
        elif not is_variable(name):
            details = {"variable": name, "better": _better_name(name)}
            yield Fault(part, f"{part}_variable_name", details)
    numbers = sorted(int(name) for name in names if is_number(name))
    if numbers and len(numbers) == len(names) and numbers != list(range(1, len(names) + 1)):
        yield Fault(part, f"{part}_variable_numbers")


def is_variable(name: str) -> bool:
    """Whether Meta takes such a name of a variable: a number, or small letters, digits and _."""
    return is_number(name) or VARIABLE.fullmatch(name) is not None


def _better_name(name: str) -> str:
    """What was probably meant: of “ First Name ” first_name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    better = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return better if is_variable(better) else f"field_{better}".rstrip("_")


def _mixed_faults(written: Written) -> Iterator[Fault]:
    header = written.header.text if written.header.format == "TEXT" else ""
    names = [*slots(header), *slots(written.body)]
    if any(map(is_number, names)) and not all(map(is_number, names)):
        yield Fault("body", "variable_mixed")


def _html_faults(part: str, text: str) -> Iterator[Fault]:
    match = HTML.search(text)
    if match:
        yield Fault(part, f"{part}_html", {"html": match[0][:40]})


def _link_faults(part: str, text: str, known: Figures) -> Iterator[Fault]:
    for host in WEB.findall(SLOT.sub(" ", text)):
        if host.lower().removeprefix("www.") in known.templates.shorteners:
            yield Fault(part, f"{part}_shortened", {"host": host})
            return


def _footer_faults(written: Written, known: Figures) -> Iterator[Fault]:
    footer, most = written.footer, known.content.template_footer
    if len(footer) > most:
        yield Fault("footer", "footer_long", {"long": len(footer), "most": most})
    if "{{" in footer or "}}" in footer:
        yield Fault("footer", "footer_variable")
    if "\n" in footer or "\r" in footer:
        yield Fault("footer", "footer_line_break")
    yield from _html_faults("footer", footer)
    yield from _link_faults("footer", footer, known)


def _sample_faults(written: Written) -> Iterator[Fault]:
    header = written.header.text if written.header.format == "TEXT" else ""
    # Of a name that cannot be one the name is what is to be mended.
    keys = [slot_key("header", name) for name in slots(header) if is_variable(name)]
    keys += [slot_key("body", name) for name in slots(written.body) if is_variable(name)]
    for key in dict.fromkeys(keys):
        sample = written.samples.get(key, "")
        if not sample.strip():
            yield Fault(f"sample.{key}", "sample_missing", {"variable": key})
        elif re.search(r"[\n\r\t]| {5}", sample):
            yield Fault(f"sample.{key}", "sample_signs", {"variable": key})
        elif "{{" in sample:
            yield Fault(f"sample.{key}", "sample_variable", {"variable": key})


def _call_faults(written: Written) -> Iterator[Fault]:
    if written.asks_to_call and written.buttons:
        yield Fault("buttons", "call_and_buttons")


def _code_faults(written: Written, known: Figures) -> Iterator[Fault]:
    """Meta writes the text of a one-time code itself."""
    least, most = known.templates.code_minutes_least, known.templates.code_minutes_most
    minutes = written.code.minutes
    if minutes is not None and not least <= minutes <= most:
        yield Fault("code", "code_minutes", {"least": least, "most": most})
    if len(written.code.button) > known.content.template_button_text:
        yield Fault(
            "code",
            "code_button_long",
            {"long": len(written.code.button), "most": known.content.template_button_text},
        )


def _review_faults(written: Written, around: Around) -> Iterator[Fault]:
    if (written.body.strip(), written.footer.strip()) in around.texts:
        yield Fault("body", "body_twice")
    other = around.siblings.get(written.body.strip())
    if other:
        yield Fault("body", "body_untranslated", {"language": other}, refuses=False)
    if written.category == "UTILITY":
        text = " ".join((written.header.text, written.body, written.footer))
        phrase = promotional(text)
        if phrase:
            yield Fault("body", "reads_promotional", {"phrase": phrase}, refuses=False)


def _limit_faults(around: Around, known: Figures, *, now: datetime) -> Iterator[Fault]:
    bounds = known.templates
    if not around.status:
        most = bounds.most_verified if around.is_verified else bounds.most
        if around.count >= most:
            yield Fault("", "too_many", {"most": most})
        return
    if around.status not in EDITABLE:
        yield Fault("", "not_now", {"status": around.status})
    if around.status == "APPROVED":
        in_month = sorted(at for at in around.edits if at > now - bounds.edits_month)
        in_day = [at for at in in_month if at > now - DAY]
        if len(in_month) >= bounds.edits_a_month:
            again = in_month[-bounds.edits_a_month] + bounds.edits_month
            yield Fault("", "edits_month", {"most": bounds.edits_a_month, "until": again})
        elif len(in_day) >= bounds.edits_a_day:
            again = in_day[-bounds.edits_a_day] + DAY
            yield Fault("", "edits_day", {"most": bounds.edits_a_day, "until": again})
