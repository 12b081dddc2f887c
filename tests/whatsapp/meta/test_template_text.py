"""Templates and their values: what to fill in, how it reads, what is sent."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whatsapp.meta.template_parameters import TemplateValuesError, send_components
from whatsapp.meta.template_text import (
    RenderedButton,
    missing,
    problems,
    render,
    unsupported,
    variables,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NAMED: list[dict[str, Any]] = [
    {
        "type": "HEADER",
        "format": "TEXT",
        "text": "Interview on {{day}}",
        "example": {"header_text_named_params": [{"param_name": "day", "example": "12 May"}]},
    },
    {
        "type": "BODY",
        "text": "Hello {{name}}, your interview at {{place}} is at {{time}}. Bye, {{name}}.",
        "example": {
            "body_text_named_params": [
                {"param_name": "name", "example": "Ana"},
                {"param_name": "time", "example": "10:00"},
                {"param_name": "place", "example": "Rome"},
            ]
        },
    },
    {"type": "FOOTER", "text": "Reply STOP to opt out"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "Confirm"},
            {
                "type": "URL",
                "text": "Open portal",
                "url": "https://caravella.example/i/{{1}}",
                "example": ["https://caravella.example/i/abc"],
            },
            {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+390655501000"},
            {"type": "URL", "text": "Jobs", "url": "https://caravella.example/jobs"},
        ],
    },
]
NAMED_VALUES = {
    "header.day": "23 November",
    "body.name": "Amina",
    "body.place": "Nairobi",
    "body.time": "10:00",
    "button1.1": "x7",
}
POSITIONAL: list[dict[str, Any]] = [
    {
        "type": "HEADER",
        "format": "TEXT",
        "text": "Hi {{1}}",
        "example": {"header_text": ["Ana"]},
    },
    {
        "type": "BODY",
        "text": "On {{2}} we meet {{1}}; {{10}} {{3}}.",
        "example": {"body_text": [["Ana", "Monday"]]},
    },
]
POSITIONAL_VALUES = {
    "header.1": "Luca",
    "body.1": "Mr Bernardi",
    "body.2": "Monday",
    "body.3": "three",
    "body.10": "ten",
}


def body(text: str) -> list[dict[str, Any]]:
    return [{"type": "BODY", "text": text}]


def test_named_variables_with_their_examples() -> None:
    found = [(v.key, v.component, v.index, v.example) for v in variables(NAMED, "NAMED")]
    assert found == [
        ("header.day", "header", 0, "12 May"),
        ("body.name", "body", 0, "Ana"),
        ("body.place", "body", 1, "Rome"),
        ("body.time", "body", 2, "10:00"),
        ("button1.1", "button", 1, "abc"),
    ]


def test_numbered_variables_stand_in_the_order_of_their_numbers() -> None:
    found = [(v.key, v.example) for v in variables(POSITIONAL, "POSITIONAL")]
    assert found == [
        ("header.1", "Ana"),
        ("body.1", "Ana"),
        ("body.2", "Monday"),
        ("body.3", ""),
        ("body.10", ""),
    ]


def test_labels_are_for_people() -> None:
    assert [v.label for v in variables(body("{{first_name}} and {{2}}"))] == [
        "first name",
        "body 2",
    ]
    assert variables(NAMED)[-1].label == "button 2"


def test_a_template_reads_as_approved_with_its_values() -> None:
    rendered = render(NAMED, NAMED_VALUES)
    assert rendered.header == "Interview on 23 November"
    assert rendered.body == "Hello Amina, your interview at Nairobi is at 10:00. Bye, Amina."
    assert rendered.footer == "Reply STOP to opt out"
    assert rendered.buttons == (
        RenderedButton("QUICK_REPLY", "Confirm"),
        RenderedButton("URL", "Open portal", "https://caravella.example/i/x7"),
        RenderedButton("PHONE_NUMBER", "Call us", "+390655501000"),
        RenderedButton("URL", "Jobs", "https://caravella.example/jobs"),
    )


def test_numbers_above_nine_are_not_mistaken() -> None:
    assert render(POSITIONAL, POSITIONAL_VALUES).body == "On Monday we meet Mr Bernardi; ten three."


def test_without_values_the_placeholders_stay() -> None:
    assert render(POSITIONAL, {}).header == "Hi {{1}}"


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    values = {"body.1": "{{2}}", "body.2": "secret"}
    assert render(body("To {{1}} from {{2}}."), values).body == "To {{2}} from secret."


@given(st.text(), st.text())
def test_values_are_put_in_exactly_as_typed(one: str, two: str) -> None:
    rendered = render(body("a{{x}}b{{y}}c"), {"body.x": one, "body.y": two}).body
    assert rendered == f"a{one or '{{x}}'}b{two or '{{y}}'}c"


def test_what_is_sent_for_a_named_template() -> None:
    assert send_components(NAMED, "NAMED", NAMED_VALUES) == [
        {
            "type": "header",
            "parameters": [{"type": "text", "text": "23 November", "parameter_name": "day"}],
        },
        {
            "type": "body",
            "parameters": [
                {"type": "text", "text": "Amina", "parameter_name": "name"},
                {"type": "text", "text": "Nairobi", "parameter_name": "place"},
                {"type": "text", "text": "10:00", "parameter_name": "time"},
            ],
        },
        {
            "type": "button",
            "index": "1",
            "sub_type": "url",
            "parameters": [{"type": "text", "text": "x7"}],
        },
    ]


def test_what_is_sent_for_a_numbered_template() -> None:
    sent = send_components(POSITIONAL, "POSITIONAL", POSITIONAL_VALUES)
    assert [part["type"] for part in sent] == ["header", "body"]
    assert [p["text"] for p in sent[1]["parameters"]] == ["Mr Bernardi", "Monday", "three", "ten"]
    assert all("parameter_name" not in p for p in sent[1]["parameters"])


def test_a_template_without_variables_sends_no_components() -> None:
    quick = [*body("See you."), {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY"}]}]
    assert send_components(quick, "POSITIONAL", {"body.1": "unused"}) == []


def test_a_code_to_copy_is_a_variable_of_its_button() -> None:
    code = {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": "250FF"}]}
    components = [*body("Your code."), code]
    (variable,) = variables(components)
    assert (variable.key, variable.example) == ("button0.code", "250FF")
    assert send_components(components, "POSITIONAL", {"button0.code": "123456"}) == [
        {
            "type": "button",
            "index": "0",
            "sub_type": "copy_code",
            "parameters": [{"type": "coupon_code", "coupon_code": "123456"}],
        }
    ]


def test_a_named_value_counts_by_its_bare_name_a_numbered_one_does_not() -> None:
    assert render(body("Hi {{name}}"), {"name": "Amina"}).body == "Hi Amina"
    assert render(body("Hi {{1}}"), {"1": "Amina"}).body == "Hi {{1}}"


def test_blank_values_are_missing_and_nothing_is_sent_without_them() -> None:
    values = {**NAMED_VALUES, "body.time": "  "}
    assert [v.key for v in missing(NAMED, values)] == ["body.time"]
    with pytest.raises(TemplateValuesError, match=r"body\.time"):
        send_components(NAMED, "NAMED", values)
    assert missing(NAMED, NAMED_VALUES) == ()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("two\nlines", "newline"),
        ("two\rlines", "newline"),
        ("a\ttab", "tab"),
        ("five     spaces", "spaces"),
    ],
)
def test_values_that_meta_refuses_are_named(value: str, code: str) -> None:
    (problem,) = problems(NAMED, {**NAMED_VALUES, "body.name": value}, now=NOW)
    assert (problem.key, problem.code) == ("body.name", code)
    assert "“name”" in problem.sentence


def test_four_spaces_are_fine() -> None:
    assert problems(NAMED, {**NAMED_VALUES, "body.name": "four    spaces"}, now=NOW) == ()


def test_the_filled_body_may_have_1024_characters() -> None:
    components = body("Hi {{1}}.")
    assert problems(components, {"body.1": "x" * 1020}, now=NOW) == ()
    (problem,) = problems(components, {"body.1": "x" * 1021}, now=NOW)
    assert (problem.key, problem.code) == (None, "text_too_long")
    assert "1025" in problem.sentence and "1024" in problem.sentence


def test_a_header_and_an_address_that_grow_too_long_are_named() -> None:
    values = {**NAMED_VALUES, "header.day": "x" * 48, "button1.1": "x" * 2000}
    assert [p.code for p in problems(NAMED, values, now=NOW)] == ["header_too_long", "url_too_long"]


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ({"type": "HEADER", "format": "GIF"}, "gif"),
        ({"type": "CAROUSEL", "cards": []}, "carousel"),
        ({"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Form"}]}, "flow"),
    ],
)
def test_parts_that_text_cannot_fill_are_refused_by_name(
    component: dict[str, Any], words: str
) -> None:
    components = [component, *body("Hello.")]
    assert words in unsupported(components)[0]
    with pytest.raises(TemplateValuesError, match=words):
        send_components(components, "POSITIONAL", {})


def test_lower_case_types_and_odd_shapes_are_read() -> None:
    odd: list[dict[str, Any]] = [
        {"type": "body", "text": "Hi {{1}}", "example": {"body_text": "?"}},
        {"type": "buttons", "buttons": None},
        {"type": "footer", "text": 5},
    ]
    assert [v.key for v in variables(odd)] == ["body.1"]
    assert render(odd, {"body.1": "Ana"}).body == "Hi Ana"
    assert unsupported(odd) == () and unsupported(NAMED) == ()


def test_media_headers_show_their_format() -> None:
    rendered = render([{"type": "HEADER", "format": "DOCUMENT"}, *body("Hello.")], {})
    assert (rendered.header, rendered.header_format) == (None, "DOCUMENT")
