"""Whatever the editor accepts Meta accepts, and gives back as it was written."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from sandbox import template_edges, template_review, template_rules
from sandbox.core import Sandbox
from sandbox.options import Options
from sandbox.records import Business, Template
from tests.template_cases import FILES, HANDLES, NOW
from whatsapp.message_templates.build import creation, parameter_format, written_of
from whatsapp.policy.template_rules import faults, refused
from whatsapp.policy.template_sentences import say_fault, say_field
from whatsapp.policy.written import (
    BUTTONS,
    HEADERS,
    Around,
    Button,
    CodeText,
    Header,
    Written,
    slot_keys,
)

ALONE = Around()
# Words of many scripts, odd spaces, marks of formatting and punctuation, and what breaks rules.
WORDS = {
    "en": ["Hello", "your", "interview", "is", "at", "our", "hotel", "o'clock", "x_y", "4711"],
    "ar": ["مرحبًا", "موعد", "المقابلة", "في", "مكتبنا", "يوم", "٢٧", "\u200fشكرًا"],
    "ja": ["こんにちは", "様", "面接のご案内です"],
    "th": ["สวัสดี", "สัมภาษณ์", "ที่โรงแรม"],
    "hi": ["नमस्ते", "साक्षात्कार", "में"],
}
ODD = [
    *" \n\t\r\u00a0\u200b\u2028\u3000.,:;!?-–—…’“”*_~`{}[]()<>&%#$+=^|\\/@\u0301\u200d\ufe0f",
    *"🎉👩🏽❶♯⌠②½™№₤",
    "{{", "}}", "<b>", "&amp;", "bit.ly/x", "www.a.example", "\r\n", "   ", "```",
]  # fmt: skip
NAMES = [
    "first_name",
    "date",
    "a",
    "_a",
    "A",
    "a b",
    "1",
    "2",
    "3",
    "01",
    "a#",
    "é",
    "²",
    "０",
    "٣",
    "9" * 5000,
    "",
]


def mostly(good: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A template has many parts: few of each are wrong, so that some whole ones are right."""
    return st.integers(0, 9).flatmap(lambda number: odd if number == 9 else good)


def slot(names: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(names).map("{{{{{}}}}}".format)


@st.composite
def texts(draw: Any, language: str, names: list[str], most: int) -> str:
    """Mostly words, so that a fair share is accepted."""
    words = st.sampled_from(WORDS[language])
    piece = st.one_of(words, words, words, words, words, slot(names) if names else words)
    odd = st.sampled_from(ODD) | st.text(max_size=3)
    pieces = draw(st.lists(piece, min_size=1, max_size=most))
    if draw(st.integers(0, 2)) == 0:
        pieces.insert(draw(st.integers(0, len(pieces))), draw(odd))
    if draw(st.integers(0, 3)):
        # No field at the ends.
        pieces = [draw(words), *pieces, draw(words)]
    joint = draw(st.sampled_from([" ", " ", " ", "\n", "", "\u00a0", "  "]))
    return str(joint.join(pieces))


@st.composite
def names_of_slots(draw: Any) -> list[str]:
    """One manner of naming for a whole template, mostly."""
    return list(
        draw(
            st.sampled_from(
                [["first_name", "date", "a1_"], ["first_name"], ["1"], ["1"], [], NAMES]
            )
        )
    )


LABELS = mostly(
    st.sampled_from(["Confirm", "احضر", "Call us", "No", "はい", " Open ", "x" * 25]),
    st.text(max_size=27),
)
URLS = mostly(
    st.sampled_from(
        [
            "https://caravella.example/i/{{1}}",
            "https://caravella.example/jobs",
            "HTTP://caravella.example:8080?job={{1}}",
            "https://caravélla.example/ä#{{1}}",
            " https://caravella.example/ ",
        ]
    ),
    st.sampled_from(
        [
            "https://caravella.example{{1}}",
            "https://caravella.example/{{1}}/x",
            "https://caravella.example/{job}",
            "https://bit.ly/x",
        ]
    )
    | st.text(max_size=12).map("https://a.example/{}".format),
)
PHONES = mostly(
    st.sampled_from(["+39 06 5550 1188", "(06) 5550-1188", "1" * 19, "1" * 20]),
    st.from_regex(r"\+?[0-9 ().-]{5,22}", fullmatch=True) | st.text(max_size=8),
)
EXAMPLES = mostly(
    st.sampled_from(["4711", "25OFF", " x"]),
    st.sampled_from(["a" * 1980, ""]) | st.text(max_size=22),
)


@st.composite
def buttons(draw: Any) -> Button:
    kind = draw(st.sampled_from(BUTTONS))
    return Button(
        type=kind,
        text=draw(LABELS) if kind != "COPY_CODE" else "",
        url=draw(URLS) if kind == "URL" else "",
        phone=draw(PHONES) if kind == "PHONE_NUMBER" else "",
        example=draw(EXAMPLES) if kind in ("URL", "COPY_CODE") else "",
    )


SAMPLES = st.sampled_from(["Amina", "Friday 27 November", "10:00", "أمينة", "{{x}}", " ", "🎉"])


@st.composite
def templates(draw: Any) -> Written:
    language = draw(st.sampled_from(sorted(WORDS)))
    category = draw(st.sampled_from(["UTILITY", "MARKETING", "AUTHENTICATION"]))
    odd_names = st.just("hello_world") | st.text(max_size=5)
    name = draw(mostly(st.sampled_from(["interview", "x_1"]), odd_names))
    if category == "AUTHENTICATION":
        code = st.builds(CodeText, st.booleans(), st.none() | st.integers(-1, 92), LABELS)
        return Written(name=name, language=language, category=category, code=draw(code))
    names = draw(names_of_slots())
    format = draw(st.sampled_from(HEADERS))
    header = draw(texts(language, names, 4)) if format == "TEXT" else ""
    plain = Written(
        name=name,
        language=language,
        category=category,
        header=Header(format, header, has_file=format in HANDLES),
        body=draw(texts(language, names, 30)),
        footer=draw(st.just("") | texts(language, [], 6)),
        buttons=tuple(draw(st.just([]) | st.lists(buttons(), max_size=4))),
        asks_to_call=draw(st.sampled_from([False, False, True])),
    )
    common = st.sampled_from(["Amina", "10:00"])
    some = common if draw(st.integers(0, 3)) else SAMPLES | st.text(max_size=8)
    return replace(plain, samples={key: draw(some) for key in slot_keys(plain)})


def accepted(written: Written) -> bool:
    return not refused(faults(written, ALONE, now=NOW))


def as_kept(written: Written) -> Written:
    """What Meta does not keep of a text: the space around it, and how a number is set."""

    def button(one: Button) -> Button:
        has_field = "{{" in one.url
        return replace(
            one,
            text=one.text.strip(),
            url=one.url.strip(),
            phone="+" + re.sub(r"\D", "", one.phone) if one.phone else "",
            example=one.example.strip() if has_field or one.type == "COPY_CODE" else "",
        )

    return replace(
        written,
        header=replace(written.header, has_file=False),
        body=written.body.strip(),
        footer=written.footer.strip(),
        buttons=tuple(map(button, written.buttons)),
        code=replace(written.code, button=written.code.button.strip()),
    )


often = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


@often
@given(templates())
def test_what_the_editor_accepts_meta_accepts(written: Written) -> None:
    ours = accepted(written)
    event(f"accepted: {ours}")
    if not ours:
        return
    given_to_meta = creation(written, header_handle=HANDLES.get(written.header.format, ""))
    asked = template_rules.check(given_to_meta, FILES.get)
    verdict = template_review.review(
        asked.components,
        category=asked.category,
        language=asked.language,
        special=asked.special,
        others=[],
    )
    # A few signs are of no language; which one the words are in, nobody types here.
    assert verdict.reason in ("NONE", "TAG_CONTENT_MISMATCH")


@often
@given(templates())
def test_whatever_is_typed_can_be_shown_and_compared_with_what_meta_has(written: Written) -> None:
    """The editor builds it at every saving, also of what the rules refuse."""
    found = faults(written, ALONE, now=NOW)
    event(f"refused: {bool(refused(found))}")
    given_to_meta = creation(written)
    assert given_to_meta["components"]
    for key in slot_keys(written):
        assert say_field(key) or not key
    for one in found:
        assert say_fault(one, tz=UTC).sentence
    written_of(
        given_to_meta["components"],
        name=written.name,
        language=written.language,
        category=written.category,
        parameter_format=parameter_format(written),
    )


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sandbox, Business]:
    state = tmp_path_factory.mktemp("sandbox")
    sandbox = Sandbox(Options("127.0.0.1", 0, state, "1", "a-secret", "", "a-token"))
    return sandbox, Business("1", "Caravella", "2", "Caravella Hotels")


@often
@given(
    templates(),
    st.sampled_from(["APPROVED", "PAUSED", "REJECTED", "PENDING", "DISABLED"]),
    st.sampled_from(["UTILITY", "MARKETING"]),
)
def test_what_the_editor_accepts_of_a_change_meta_accepts(
    account: tuple[Sandbox, Business], written: Written, status: str, category: str
) -> None:
    # Samples of files are handed over elsewhere.
    assume(written.header.format not in HANDLES)
    beside = Around(status=status, approved_category=category)
    ours = not refused(faults(written, beside, now=NOW))
    event(f"{status}, category {'kept' if written.category == category else 'moved'}: {ours}")
    if not ours:
        return
    there = Template("7", written.name, written.language, category, status, components=[])
    given_to_meta = creation(written)
    asked = {"components": given_to_meta["components"]}
    asked["parameter_format"] = given_to_meta["parameter_format"]
    if written.category != category:
        asked["category"] = written.category
    template_edges.edit(*account, there, asked)
    assert there.category == written.category


@often
@given(templates())
def test_what_meta_keeps_is_what_was_written(written: Written) -> None:
    assume(accepted(written))
    given_to_meta = creation(written)
    back = written_of(
        given_to_meta["components"],
        name=written.name,
        language=written.language,
        category=written.category,
        parameter_format=parameter_format(written),
    )
    assert back == as_kept(written)
