"""Every rule of templates, once: what breaks it, our code for it, and Meta's answer to the same.

`test_template_cases` asks our policy and the sandbox's Meta about each. A new code of
`template_sentences` wants a case here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import template_edges
from sandbox import template_errors as meta
from sandbox.core import Sandbox
from sandbox.records import Business, Template
from whatsapp.message_templates.build import creation
from whatsapp.policy.written import Around, Button, CodeText, Header, Written

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# Handles that the sandbox knows, and the types of their files.
FILES = {"photo": "image/jpeg", "clip": "video/mp4", "offer": "application/pdf"}
HANDLES = {"IMAGE": "photo", "VIDEO": "clip", "DOCUMENT": "offer"}
NO_SUBCODE = 0


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Meta refuses the submission: code 100 and a subcode, 0 where Meta names none."""

    subcode: int = NO_SUBCODE


@dataclass(frozen=True, slots=True)
class InReview:
    """Meta takes the submission, and rejects it then for `reason`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Meta approves it, in another category."""

    category: str = "MARKETING"


@dataclass(frozen=True, slots=True)
class Beside:
    """Meta refuses it for what else the account has, or did: `asks` makes that so, and asks."""

    subcode: int
    asks: Callable[[Sandbox, Business], object]


@dataclass(frozen=True, slots=True)
class OursOnly:
    """Meta takes it. We do not, because of `why`."""

    why: str


@dataclass(frozen=True, slots=True)
class Case:
    """`handle` is the sample that would be uploaded with it."""

    code: str
    written: Written
    at_meta: AtOnce | InReview | Moved | Beside | OursOnly
    around: Around = Around()
    handle: str = ""


GOOD = Written(
    name="interview_reminder",
    language="en",
    header=Header("TEXT", "Your interview"),
    body="Hello {{first_name}}, we look forward to your interview on {{date}} at our hotel.",
    footer="Reply STOP to end",
    buttons=(Button("QUICK_REPLY", "I will be there"),),
    samples={"first_name": "Amina", "date": "Friday 27 November"},
)
REPLY = Button("QUICK_REPLY", "Confirm")
PAGE = Button("URL", "Open", url="https://caravella.example/jobs")
LINK = Button("URL", "Your page", url="https://caravella.example/i/{{1}}", example="4711")
CALL = Button("PHONE_NUMBER", "Call us", phone="+39 06 5550 1188")
CODE = Button("COPY_CODE", example="25OFF")
VOICE = Button("VOICE_CALL", "Call on WhatsApp")
CODE_BY_META = Written(name="login_code", language="en", category="AUTHENTICATION")


def body(text: str, **samples: str) -> Written:
    return replace(GOOD, body=text, samples=samples)


def numbered(text: str, *samples: str) -> Written:
    return body(text, **{f"body.{n}": one for n, one in enumerate(samples, start=1)})


def header(text: str, **samples: str) -> Written:
    return replace(
        GOOD,
        header=Header("TEXT", text),
        body="Thank you for your time.",
        samples={key.replace("__", "."): one for key, one in samples.items()},
    )


def media(kind: str, **more: Any) -> Written:
    return replace(GOOD, header=Header(kind, **({"has_file": True} | more)))


def buttons(*each: Button) -> Written:
    return replace(GOOD, buttons=each)


def code(**given: Any) -> Written:
    return replace(CODE_BY_META, code=CodeText(**given))


# What the account has, or did

OTHER = Written(name="other", language="en", body="Something else altogether.")
PARSED: Mapping[str, Any] = creation(GOOD)


def _submit(sb: Sandbox, business: Business, written: Written = GOOD) -> Template:
    made = template_edges.create(sb, business, creation(written))
    return business.templates[made["id"]]


def _again(sb: Sandbox, business: Business) -> None:
    _submit(sb, business)
    _submit(sb, business)


def _after_deletion(sb: Sandbox, business: Business) -> None:
    _submit(sb, business).was_approved = True
    template_edges.delete(sb, business, {"name": GOOD.name})
    _submit(sb, business)


def _full(sb: Sandbox, business: Business) -> None:
    one = _submit(sb, business, OTHER)
    for number in range(249):
        business.templates[str(number)] = replace(one, id=str(number), name=f"other_{number}")
    _submit(sb, business)


def _while_reviewed(sb: Sandbox, business: Business) -> None:
    _edit(sb, business, _submit(sb, business))


def _edit(sb: Sandbox, business: Business, template: Template, **more: Any) -> None:
    components = {"components": PARSED["components"]}
    template_edges.edit(sb, business, template, more or components)


def _edits(count: int, apart: timedelta) -> Callable[[Sandbox, Business], None]:
    def ask(sb: Sandbox, business: Business) -> None:
        template = _submit(sb, business)
        for _ in range(count + 1):
            template.status = "APPROVED"
            _edit(sb, business, template)
            sb.clock.advance(apart.total_seconds())

    return ask


def _other_category(status: str) -> Callable[[Sandbox, Business], None]:
    def ask(sb: Sandbox, business: Business) -> None:
        template = _submit(sb, business)
        template.status = status
        _edit(sb, business, template, category="MARKETING")

    return ask


APPROVED = Around(status="APPROVED", approved_category="UTILITY")
HTML = OursOnly("Meta takes it, and candidates would read the tags")
ONE_LINE = OursOnly("WhatsApp shows a footer in one line; Meta’s pages do not say what it refuses")

REFUSED: Mapping[str, Case] = {
    "no name": Case("name_missing", replace(GOOD, name=""), AtOnce()),
    "an emoji in the name": Case("name_signs", replace(GOOD, name="hi_🎉"), AtOnce(meta.NAME)),
    "a capital in the name": Case("name_signs", replace(GOOD, name="Hi"), AtOnce(meta.NAME)),
    "a name of 513": Case("name_long", replace(GOOD, name="a" * 513), AtOnce(meta.LONG)),
    "the name of Meta’s sample": Case(
        "name_reserved", replace(GOOD, name="hello_world"), AtOnce(meta.SAMPLE)
    ),
    "a name that another has": Case(
        "name_taken", GOOD, Beside(meta.EXISTS, _again), Around(taken=frozenset({GOOD.name}))
    ),
    "a name that was deleted": Case(
        "name_waits",
        GOOD,
        Beside(meta.DELETING, _after_deletion),
        Around(waits={GOOD.name: NOW + timedelta(days=30)}),
    ),
    "a language of nobody": Case("language_unknown", replace(GOOD, language="en_XX"), AtOnce()),
    "a category of nobody": Case("category_unknown", replace(GOOD, category="SOME"), AtOnce()),
    "another category once approved": Case(
        "category_fixed",
        replace(GOOD, category="MARKETING"),
        Beside(NO_SUBCODE, _other_category("APPROVED")),
        APPROVED,
    ),
    "another category while paused": Case(
        "category_fixed",
        replace(GOOD, category="MARKETING"),
        Beside(NO_SUBCODE, _other_category("PAUSED")),
        replace(APPROVED, status="PAUSED"),
    ),
    "a header of nobody": Case("header_unknown", replace(GOOD, header=Header("GIF")), AtOnce()),
    "a photo without a sample": Case("header_no_file", media("IMAGE", has_file=False), AtOnce()),
    "a document as photo": Case(
        "header_no_file", media("IMAGE", has_file=False), AtOnce(), handle="offer"
    ),
    "an empty header": Case("header_missing", header(" "), AtOnce(meta.EXPECTED)),
    "a header of 61": Case("header_long", header("a" * 61), AtOnce(meta.LONG)),
    "two fields in the header": Case(
        "header_variables", header("{{a}} on {{b}}", a="x", b="y"), AtOnce(meta.HEADER)
    ),
    "one field twice in the header": Case(
        "header_variables", header("Hi {{a}}{{a}}", a="x"), AtOnce(meta.HEADER)
    ),
    "a header of two lines": Case("header_line_break", header("Hi\nthere"), AtOnce(meta.HEADER)),
    "an emoji in the header": Case("header_emoji", header("Hi 🎉"), AtOnce(meta.HEADER)),
    "a dingbat in the header": Case("header_emoji", header("❶ Hi"), AtOnce(meta.HEADER)),
    "bold in the header": Case("header_formatting", header("*Hi*"), AtOnce(meta.HEADER)),
    "italics round a field in the header": Case(
        "header_formatting", header("_To {{first_name}} too_", first_name="x"), AtOnce(meta.HEADER)
    ),
    "a brace too few in the header": Case("header_braces", header("Hi {{a}"), AtOnce(meta.HEADER)),
    "a capital in a field of the header": Case(
        "header_variable_name", header("Hi {{A}}", A="x"), AtOnce(meta.HEADER)
    ),
    "braces with nothing in the header": Case(
        "header_variable_empty", header("Hi {{}}"), AtOnce(meta.HEADER)
    ),
    "numbers of the header from two on": Case(
        "header_variable_numbers", header("Hi {{2}}", header__2="x"), AtOnce(meta.HEADER)
    ),
    "HTML in the header": Case("header_html", header("<b>Hi</b>"), HTML),
    "a short link in the header": Case(
        "header_shortened", header("Look at bit.ly/jobs"), InReview("INVALID_FORMAT")
    ),
    "no body": Case("body_missing", body(" \n"), AtOnce(meta.EXPECTED)),
    "a body of 1,025": Case("body_long", body("a" * 1025), AtOnce(meta.LONG)),
    "a field first": Case(
        "body_begins", body("{{a}}, thank you for your time", a="x"), AtOnce(meta.DANGLING)
    ),
    "a field last": Case(
        "body_ends", body("Thank you for your time, {{a}}", a="x"), AtOnce(meta.DANGLING)
    ),
    "a full stop after it": Case(
        "body_ends", body("Thank you for your time, {{a}}.", a="x"), AtOnce(meta.DANGLING)
    ),
    "struck through at the end": Case(
        "body_ends", body("Thank you for your time, ~{{a}}~", a="x"), AtOnce(meta.DANGLING)
    ),
    "fields side by side": Case(
        "body_side_by_side",
        body("We meet you on {{a}} {{b}} in our hotel in town", a="x", b="y"),
        AtOnce(meta.BODY),
    ),
    "too many fields": Case(
        "body_ratio", body("Hi {{a}} and {{b}} bye", a="x", b="y"), AtOnce(meta.RATIO)
    ),
    "a brace too few": Case("body_braces", body("Hi {{a}, we meet you soon"), AtOnce(meta.BODY)),
    "a capital in a field": Case(
        "body_variable_name", body("Hi {{Name}}, we meet you soon", Name="x"), AtOnce(meta.BODY)
    ),
    "braces with nothing between": Case(
        "body_variable_empty",
        body("Hi {{ }}, we meet you soon", **{" ": "x"}),
        AtOnce(meta.BODY),
    ),
    "a sign in a field": Case(
        "body_variable_name",
        body("Hi {{a#}}, we meet you soon", **{"a#": "x"}),
        InReview("INVALID_FORMAT"),
    ),
    "a gap in the numbers": Case(
        "body_variable_numbers",
        replace(
            GOOD,
            body="Hello {{1}}, we meet you at {{3}} there in town.",
            samples={"body.1": "x", "body.3": "y"},
        ),
        AtOnce(meta.BODY),
    ),
    "HTML in the text": Case("body_html", body("Please <b>come</b> early"), HTML),
    "a link to WhatsApp": Case(
        "body_shortened", body("Write to wa.me/390655501188 please"), InReview("INVALID_FORMAT")
    ),
    "the words of another": Case(
        "body_twice",
        GOOD,
        InReview("INVALID_FORMAT"),
        Around(texts=frozenset({(GOOD.body, GOOD.footer)})),
    ),
    "names and numbers": Case(
        "variable_mixed",
        replace(
            GOOD,
            body="Hello {{first_name}}, we meet you at {{1}} there in town.",
            samples={"first_name": "x", "body.1": "y"},
        ),
        AtOnce(meta.BODY),
    ),
    "a footer of 61": Case("footer_long", replace(GOOD, footer="a" * 61), AtOnce(meta.LONG)),
    "a field in the footer": Case(
        "footer_variable", replace(GOOD, footer="By {{a}} now"), AtOnce(meta.FOOTER)
    ),
    "a footer of two lines": Case("footer_line_break", replace(GOOD, footer="Hi\nyou"), ONE_LINE),
    "HTML in the footer": Case("footer_html", replace(GOOD, footer="<i>Hi</i>"), HTML),
    "a short link in the footer": Case(
        "footer_shortened", replace(GOOD, footer="See t.co/jobs"), InReview("INVALID_FORMAT")
    ),
    "no sample": Case("sample_missing", replace(GOOD, samples={}), AtOnce(meta.EXPECTED)),
    "a sample of two lines": Case(
        "sample_signs",
        replace(GOOD, samples={**GOOD.samples, "date": "Friday\nor later"}),
        OursOnly("Meta refuses such a value when it is sent; its sample would promise it"),
    ),
    "braces in a sample": Case(
        "sample_variable",
        replace(GOOD, samples={**GOOD.samples, "date": "{{date}}"}),
        OursOnly("Meta’s reviewer would read the braces, not a text"),
    ),
    "eleven buttons": Case(
        "buttons_many",
        buttons(*[replace(REPLY, text=f"Slot {number}") for number in range(11)]),
        AtOnce(),
    ),
    "three pages": Case("urls_many", buttons(PAGE, LINK, replace(PAGE, text="More")), AtOnce()),
    "two telephones": Case("phones_many", buttons(CALL, replace(CALL, text="Us")), AtOnce()),
    "two codes": Case("codes_many", buttons(CODE, CODE), AtOnce()),
    "two calls": Case("calls_many", buttons(VOICE, replace(VOICE, text="Call")), AtOnce()),
    "quick replies apart": Case(
        "buttons_order", buttons(REPLY, PAGE, replace(REPLY, text="No")), AtOnce()
    ),
    "two buttons alike": Case(
        "button_text_twice",
        buttons(REPLY, REPLY),
        OursOnly("nobody could tell them apart; Meta’s pages do not say that it refuses them"),
    ),
    "a button of nobody": Case("button_unknown", buttons(Button("SHOUT", "Hey")), AtOnce()),
    "a button without text": Case(
        "button_text_missing", buttons(Button("QUICK_REPLY")), AtOnce(meta.EXPECTED)
    ),
    "a button’s text of 26": Case(
        "button_text_long", buttons(replace(REPLY, text="a" * 26)), AtOnce(meta.LONG)
    ),
    "an emoji on a button": Case(
        "button_text_signs", buttons(replace(REPLY, text="Yes 🎉")), AtOnce()
    ),
    "a field on a button": Case(
        "button_text_signs", buttons(replace(REPLY, text="Hi {{1}}")), AtOnce()
    ),
    "a page without address": Case(
        "url_missing", buttons(replace(PAGE, url="")), AtOnce(meta.EXPECTED)
    ),
    "an address of 2,001": Case(
        "url_long",
        buttons(replace(PAGE, url="https://a.example/" + "a" * 1983)),
        AtOnce(meta.LONG),
    ),
    "half an address": Case("url_wrong", buttons(replace(PAGE, url="a.example")), AtOnce()),
    "a field amid the address": Case(
        "url_variable", buttons(replace(LINK, url="https://a.example/{{1}}/open")), AtOnce()
    ),
    "a name in the address": Case(
        "url_variable", buttons(replace(LINK, url="https://a.example/{{name}}")), AtOnce()
    ),
    "one brace in the address": Case(
        "url_variable", buttons(replace(PAGE, url="https://a.example/{job}")), AtOnce()
    ),
    "a field in the name of the site": Case(
        "url_variable_host", buttons(replace(LINK, url="https://a.example{{1}}")), AtOnce()
    ),
    "an address without a sample": Case(
        "url_sample",
        buttons(replace(LINK, url="https://a.example/{{1}}", example="")),
        OursOnly("what is given to Meta is the address with an empty end, a sample to its check"),
    ),
    "a space in the sample of an address": Case(
        "url_sample_signs",
        buttons(replace(LINK, example="47 11")),
        OursOnly("no address of a page has a space"),
    ),
    "a sample that makes the address 2,001": Case(
        "url_sample_long",
        buttons(replace(LINK, url="https://a.example/{{1}}", example="a" * 1983)),
        AtOnce(meta.LONG),
    ),
    "a short link": Case(
        "url_shortened", buttons(replace(PAGE, url="https://bit.ly/x")), InReview("INVALID_FORMAT")
    ),
    "a telephone without number": Case("phone_missing", buttons(replace(CALL, phone="")), AtOnce()),
    "a number of 21": Case(
        "phone_long", buttons(replace(CALL, phone="+" + "1" * 20)), AtOnce(meta.LONG)
    ),
    "a number of 20 without its plus": Case(
        "phone_long", buttons(replace(CALL, phone="1" * 20)), AtOnce(meta.LONG)
    ),
    "words for a number": Case("phone_wrong", buttons(replace(CALL, phone="us")), AtOnce()),
    "no code": Case("code_missing", buttons(replace(CODE, example="")), AtOnce(meta.EXPECTED)),
    "a code of 21": Case("code_long", buttons(replace(CODE, example="a" * 21)), AtOnce(meta.LONG)),
    "a space in the code": Case(
        "code_signs",
        buttons(replace(CODE, example="25 OFF")),
        OursOnly("a code is pasted into a field; Meta’s pages name its length only"),
    ),
    "buttons beside the question for calls": Case(
        "call_and_buttons", replace(GOOD, asks_to_call=True), AtOnce()
    ),
    "a one-time code for 91 minutes": Case("code_minutes", code(minutes=91), AtOnce()),
    "a one-time code for no time": Case("code_minutes", code(minutes=0), AtOnce()),
    "a long word to copy a one-time code": Case(
        "code_button_long", code(button="a" * 26), AtOnce(meta.LONG)
    ),
    "a template more than there may be": Case(
        "too_many", GOOD, Beside(meta.LIMIT, _full), Around(count=250)
    ),
    "a change while it is reviewed": Case(
        "not_now", GOOD, Beside(meta.STATUS, _while_reviewed), Around(status="PENDING")
    ),
    "a second change in a day": Case(
        "edits_day",
        GOOD,
        Beside(NO_SUBCODE, _edits(1, timedelta(hours=23))),
        replace(APPROVED, edits=(NOW - timedelta(hours=23),)),
    ),
    "an eleventh change in a month": Case(
        "edits_month",
        GOOD,
        Beside(NO_SUBCODE, _edits(10, timedelta(days=2))),
        replace(APPROVED, edits=tuple(NOW - timedelta(days=2 * n) for n in range(1, 11))),
    ),
}
# Not refused: what Meta would make of it.
ADVISED: Mapping[str, Case] = {
    "words that sell": Case(
        "reads_promotional", body("We have a special offer for your next stay"), Moved()
    ),
    # Meta's people read it; whoever reviews by rules alone leaves it where it is.
    "the words of another language of the name": Case(
        "body_untranslated", GOOD, Moved("UTILITY"), Around(siblings={GOOD.body: "English"})
    ),
}

ACCEPTED: Mapping[str, Written] = {
    "text with everything": GOOD,
    "a body alone": Written(name="thanks", language="en", body="Thank you for your application."),
    "the longest": replace(
        body("a" * 1024), name="a" * 512, header=Header("TEXT", "a" * 60), footer="a" * 60
    ),
    "numbered fields": numbered(
        "Hello {{1}}, we meet you at {{2}} in our hotel.", "Amina", "10:00"
    ),
    "a named field in the header": replace(GOOD, header=Header("TEXT", "Interview on {{date}}")),
    "numbered fields in header and text": replace(
        numbered("Hello {{1}}, we meet you there.", "Amina"),
        header=Header("TEXT", "Interview on {{1}}"),
        samples={"header.1": "Friday", "body.1": "Amina"},
    ),
    "a photo": media("IMAGE"),
    "a video": media("VIDEO"),
    "a document": media("DOCUMENT"),
    "a map": replace(GOOD, header=Header("LOCATION")),
    "every kind of button": buttons(REPLY, PAGE, LINK, CALL, CODE, VOICE),
    "quick replies last": buttons(CALL, REPLY),
    "ten quick replies": buttons(*[replace(REPLY, text=f"Slot {n}") for n in range(10)]),
    "a field behind a question mark": buttons(replace(LINK, url="https://a.example?job={{1}}")),
    "marketing": replace(GOOD, category="MARKETING"),
    "a question for calls": replace(GOOD, buttons=(), asks_to_call=True),
    "a one-time code": CODE_BY_META,
    "a one-time code with all of it": code(warns=False, minutes=90, button="Copy it"),
    "Arabic": replace(
        GOOD,
        language="ar",
        header=Header("TEXT", "موعد المقابلة"),
        body="مرحبًا {{first_name}}، نتطلع إلى لقائك يوم {{date}} في مكتبنا بإذن الله.",
        footer="أرسل STOP لإيقاف الرسائل",
        samples={"first_name": "أمينة", "date": "الجمعة 27 نوفمبر"},
        buttons=(Button("QUICK_REPLY", "سأحضر"),),
    ),
    "an emoji in the text": body("See you soon at {{a}} in the lobby 🎉", a="10:00"),
    "lines in the text": body("Hello {{a}},\n\nthank you for your time.", a="Amina"),
}
