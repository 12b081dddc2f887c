"""What a send gives for a template always fits its definition, whatever that is made of."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import template_text as theirs
from sandbox.records import Template
from whatsapp.meta.template_parameters import HeaderMedia, send_components
from whatsapp.meta.template_text import variables

NAMES = ("first_name", "day", "place_2", "x")
words = st.text("abcdefgh äéالع,.?!", min_size=1, max_size=12).map(lambda one: f"w{one}".strip())


@st.composite
def texts(draw: st.DrawFn, *, named: bool, most: int) -> str:
    count = draw(st.integers(0, most))
    names = draw(st.permutations(NAMES))[:count]
    places = names if named else draw(st.permutations([str(n + 1) for n in range(count)]))
    return " ".join([draw(words), *(f"{{{{{one}}}}} {draw(words)}" for one in places)])


def button(kind: str, url: str = "https://caravella.example/i/{{1}}") -> dict[str, Any]:
    more = {"URL": {"url": url}, "PHONE_NUMBER": {"phone_number": "15550051310"}}
    return {"type": kind, "text": "Words"} | more.get(kind, {})


BUTTONS = (
    button("QUICK_REPLY"),
    button("URL"),
    button("URL", "https://caravella.example/jobs"),
    button("PHONE_NUMBER"),
    {"type": "COPY_CODE", "example": "250FF"},
    button("VOICE_CALL"),
    {"type": "REQUEST_CONTACT_INFO"},
)


@st.composite
def templates(draw: st.DrawFn) -> Template:
    named = draw(st.booleans())
    header = draw(st.sampled_from(["", "TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"]))
    components: list[dict[str, Any]] = []
    if header:
        components.append({"type": "HEADER", "format": header})
    if header == "TEXT":
        components[0]["text"] = draw(texts(named=named, most=1))
    components.append({"type": "BODY", "text": draw(texts(named=named, most=4))})
    given = draw(st.lists(st.sampled_from(BUTTONS), max_size=10))
    if given:
        components.append({"type": "BUTTONS", "buttons": given})
    elif draw(st.booleans()):
        components.append({"type": "CALL_PERMISSION_REQUEST"})
    return Template(
        id="1",
        name="any",
        language="en",
        category="UTILITY",
        status="APPROVED",
        parameter_format="NAMED" if named else "POSITIONAL",
        components=components,
    )


def value_of(name: str, meaning: str, drawn: str) -> str:
    if meaning == "place":
        return {"latitude": "-1.28", "longitude": "36.8"}.get(name, drawn)
    return drawn


@settings(max_examples=300)
@given(templates(), st.data())
def test_what_is_sent_always_fits_what_was_approved(
    template: Template, data: st.DataObject
) -> None:
    found = variables(template.components, template.parameter_format)
    values = {one.key: value_of(one.name, one.meaning, data.draw(words)) for one in found}
    media = HeaderMedia("123", "offer.pdf")
    sent = send_components(template.components, template.parameter_format, values, media=media)
    # The sandbox refuses what Meta would refuse (132000, 132012, 131008 and others).
    seen = theirs.fill(theirs.shape_of(template), sent, lambda kind, file: {"kind": kind, **file})
    assert "{{" not in seen["body"]
