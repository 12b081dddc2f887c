"""The words for each fault of a template: what, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from whatsapp.policy.template_faults import Fault
from whatsapp.policy.written import is_number


@dataclass(frozen=True, slots=True)
class FaultSaid:
    """A fault in words; `title` is shown strong before `sentence`. `mend` is what a press of a
    button would do about it: the name of an act of the form, and its label."""

    where: str
    code: str
    title: str
    sentence: str
    refuses: bool
    mend: tuple[str, str] | None = None


# Code → title and sentence; braces are filled from the fault's details.
_WORDS: Mapping[str, tuple[str, str]] = {
    "name_missing": (
        "No name yet.",
        "Meta keeps a template under its name, for example interview_reminder.",
    ),
    "name_signs": (
        "The name has {signs}.",
        "Meta takes lower-case letters a to z, digits and _ only: no spaces, capitals, "
        "accents or emoji.",
    ),
    "name_long": (
        "The name has {long} characters.",
        "Meta takes at most {most}. Shorten it.",
    ),
    "name_reserved": (
        "“{name}” is Meta’s own.",
        "Every account has a sample of that name. Choose another.",
    ),
    "name_taken": (
        "There is another template of that name.",
        "Choose another name, or add this language to “{name}”.",
    ),
    "name_waits": (
        "“{name}” was deleted not long ago.",
        "Meta keeps the name of a deleted template until {until}. Choose another one, for "
        "example {name}_2.",
    ),
    "language_unknown": (
        "Meta has no templates in this language.",
        "Choose one of the list.",
    ),
    "category_unknown": (
        "No category yet.",
        "Choose Utility, Marketing or Authentication.",
    ),
    "category_fixed": (
        "The category is fixed.",
        "Meta does not change the category of an approved template. It stays {category}; for "
        "another category start a new template.",
    ),
    "header_unknown": (
        "Unknown kind of header.",
        "Choose one of the kinds above.",
    ),
    "header_no_file": (
        "No sample {kind}.",
        "Meta reviews the template with an example. Add the file that candidates usually get.",
    ),
    "header_missing": (
        "The header is empty.",
        "Write it, or choose “None”.",
    ),
    "header_long": (
        "The header has {long} characters.",
        "Meta takes at most {most}. Shorten it.",
    ),
    "header_variables": (
        "Too many fields in the header.",
        "Meta takes {most} there. Move the others into the text.",
    ),
    "header_line_break": (
        "The header has a line break.",
        "Meta takes one line there.",
    ),
    "header_emoji": (
        "The header has an emoji.",
        "Meta takes none there; in the text below they are fine.",
    ),
    "header_formatting": (
        "The header has formatting.",
        "It is bold by itself. Remove *, _, ~ and ```.",
    ),
    "header_braces": (
        "Braces that do not match in the header.",
        "A field is written {{{{name}}}}: two braces on either side, nothing else between.",
    ),
    "header_variable_name": (
        "“{variable}” cannot be the name of a field.",
        "Meta takes lower-case letters, digits and _ only, beginning with a letter, and no space "
        "beside the braces. Write {{{{{better}}}}}, or insert one from the menu “Field”.",
    ),
    "header_variable_empty": (
        "A field without a name.",
        "Write one between the braces, for example {{{{first_name}}}}, or insert one from the "
        "menu “Field”.",
    ),
    "header_variable_numbers": (
        "The numbers of the fields have gaps.",
        "They go 1, 2, 3 … from the beginning of the header.",
    ),
    "header_html": (
        "HTML does not work in WhatsApp.",
        "“{html}” would be shown as it stands. Remove it.",
    ),
    "header_shortened": (
        "{host} hides where the link leads.",
        "Meta refuses short addresses and links to WhatsApp. Write the page’s own address.",
    ),
    "body_missing": (
        "No text yet.",
        "Every template has one.",
    ),
    "body_long": (
        "The text has {long} characters.",
        "Meta takes at most {most}. Shorten it.",
    ),
    "body_begins": (
        "Begins with a field.",
        "Meta refuses text that begins or ends with one. Write a word before "
        "{{{{{variable}}}}}, for example a greeting.",
    ),
    "body_ends": (
        "Ends with a field.",
        "Meta refuses text that begins or ends with one, also with a full stop after it. Add a "
        "word after {{{{{variable}}}}}.",
    ),
    "body_side_by_side": (
        "Two fields side by side.",
        "Meta refuses that. Write a word between them.",
    ),
    "body_ratio": (
        "Too many fields for so few words.",
        "{variables} fields want at least {least} words around them; there are {words}. Write"
        " more, or use fewer fields.",
    ),
    "body_braces": (
        "Braces that do not match.",
        "A field is written {{{{name}}}}: two braces on either side, nothing else between.",
    ),
    "body_variable_name": (
        "“{variable}” cannot be the name of a field.",
        "Meta takes lower-case letters, digits and _ only, beginning with a letter, and no space "
        "beside the braces. Write {{{{{better}}}}}, or insert one from the menu “Field”.",
    ),
    "body_variable_empty": (
        "A field without a name.",
        "Write one between the braces, for example {{{{first_name}}}}, or insert one from the "
        "menu “Field”.",
    ),
    "body_variable_numbers": (
        "The numbers of the fields have gaps.",
        "They go 1, 2, 3 … from the beginning of the text.",
    ),
    "body_html": (
        "HTML does not work in WhatsApp.",
        "“{html}” would be shown as it stands. For bold write *so*, for italic _so_.",
    ),
    "body_shortened": (
        "{host} hides where the link leads.",
        "Meta refuses short addresses and links to WhatsApp. Write the page’s own address.",
    ),
    "body_twice": (
        "Another template says the same.",
        "Meta refuses a second one with the same text and footer. Use the other, or change "
        "this one.",
    ),
    "body_untranslated": (
        "This is still the {language} text.",
        "Translate it: Meta refuses a text that is not in the language that was chosen.",
    ),
    "variable_mixed": (
        "Named and numbered fields together.",
        "Meta takes either {{{{first_name}}}} or {{{{1}}}} in one template. Use names.",
    ),
    "reads_promotional": (
        "“{phrase}” reads like advertising.",
        "Meta may move the template to Marketing: it then costs more, and goes only to people"
        " who agreed to marketing.",
    ),
    "footer_long": (
        "The footer has {long} characters.",
        "Meta takes at most {most}. Shorten it.",
    ),
    "footer_variable": (
        "A field in the footer.",
        "Meta takes none there. Move it into the text.",
    ),
    "footer_line_break": (
        "The footer has a line break.",
        "Meta takes one line there.",
    ),
    "footer_html": (
        "HTML does not work in WhatsApp.",
        "“{html}” would be shown as it stands. Remove it.",
    ),
    "footer_shortened": (
        "{host} hides where the link leads.",
        "Meta refuses short addresses and links to WhatsApp. Write the page’s own address.",
    ),
    "sample_missing": (
        "No sample for {variable}.",
        "Meta reads the template with samples and refuses one without.",
    ),
    "sample_signs": (
        "The sample for {variable} has a line break, a tab or many spaces.",
        "Meta takes plain text there.",
    ),
    "sample_variable": (
        "The sample for {variable} has braces.",
        "Write what a candidate would read, for example a name.",
    ),
    "buttons_many": (
        "Too many buttons.",
        "Meta takes at most {most}.",
    ),
    "urls_many": (
        "Too many web pages.",
        "Meta takes at most {most} buttons that open a page.",
    ),
    "phones_many": (
        "Too many telephone numbers.",
        "Meta takes {most} button that calls a number.",
    ),
    "codes_many": (
        "Too many codes.",
        "Meta takes {most} button that copies a code.",
    ),
    "calls_many": (
        "Too many WhatsApp calls.",
        "Meta takes {most} button that calls on WhatsApp.",
    ),
    "buttons_order": (
        "Quick replies stand apart.",
        "Meta wants all of them together, before or after the other buttons. Move them.",
    ),
    "button_text_twice": (
        "Two buttons have the same text.",
        "Candidates could not tell them apart, and Meta refuses it. Change one.",
    ),
    "button_unknown": (
        "This kind of button cannot be made here.",
        "It stays as it is at Meta; change the template in WhatsApp Manager.",
    ),
    "button_text_missing": (
        "The button has no text.",
        "Write what the candidate reads on it.",
    ),
    "button_text_long": (
        "The button’s text has {long} characters.",
        "Meta takes at most {most}. Shorten it.",
    ),
    "button_text_signs": (
        "Signs on the button that Meta does not take.",
        "No field, line break, emoji, * or ~ there: plain words.",
    ),
    "url_missing": (
        "No address yet.",
        "Write where the button leads, beginning with https://.",
    ),
    "url_long": (
        "The address has {long} characters.",
        "Meta takes at most {most}.",
    ),
    "url_wrong": (
        "This is not a web address.",
        "Write it whole, for example https://www.example.com/jobs.",
    ),
    "url_variable": (
        "The field is not at the end of the address.",
        "Meta takes one, written {{{{1}}}}, as the very end.",
    ),
    "url_variable_host": (
        "The field stands in the name of the site.",
        "Meta takes it after the whole name only, for example https://www.example.com/{{{{1}}}}.",
    ),
    "url_sample": (
        "No sample for the end of the address.",
        "Write what stands there for one candidate, for example 4711.",
    ),
    "url_sample_signs": (
        "The sample for the end of the address has a space or braces.",
        "Write what stands there for one candidate, for example 4711.",
    ),
    "url_sample_long": (
        "The address with its sample is too long.",
        "Meta takes at most {most} characters. Shorten the sample.",
    ),
    "url_shortened": (
        "{host} hides where the button leads.",
        "Meta refuses short addresses and links to WhatsApp. Write the page’s own address.",
    ),
    "phone_missing": (
        "No number yet.",
        "Write it with its country code, for example +390612345678.",
    ),
    "phone_long": (
        "The number is too long.",
        "Meta takes at most {most} characters.",
    ),
    "phone_wrong": (
        "This is not a telephone number.",
        "Write it with its country code, for example +390612345678.",
    ),
    "code_missing": (
        "No sample code.",
        "Meta reviews the template with one, for example 25OFF.",
    ),
    "code_long": (
        "The code has {long} characters.",
        "Meta takes at most {most}.",
    ),
    "code_signs": (
        "The code has signs that cannot be copied.",
        "Use letters, digits, - and _.",
    ),
    "call_and_buttons": (
        "Buttons beside the question for calls.",
        "WhatsApp shows its own buttons there. Remove the others, or switch the question off.",
    ),
    "code_minutes": (
        "How long the code lasts is out of bounds.",
        "Meta takes {least} to {most} minutes.",
    ),
    "code_button_long": (
        "The button’s text has {long} characters.",
        "Meta takes at most {most}.",
    ),
    "too_many": (
        "No template more.",
        "Meta keeps at most {most} for this WhatsApp account. Delete some that nobody uses.",
    ),
    "not_now": (
        "It cannot be changed now.",
        "Meta takes changes of approved, rejected and paused templates; this one is {status}."
        " What you write is kept here.",
    ),
    "edits_day": (
        "Changed already today.",
        "Meta takes one change of an approved template in 24 hours. The next is possible from"
        " {until}; what you write is kept here.",
    ),
    "edits_month": (
        "Changed {most} times this month.",
        "Meta takes no more in 30 days. The next is possible from {until}; what you write is "
        "kept here.",
    ),
}

_MENDS: Mapping[str, tuple[str, str]] = {"footer_variable": ("plain-footer", "Remove it")}

CODES = frozenset(_WORDS)


def say_fault(fault: Fault, *, tz: tzinfo) -> FaultSaid:
    """Times are told in `tz`. KeyError for a code without words."""
    title, sentence = _WORDS[fault.code]
    details = {name: _word(value, tz) for name, value in fault.details.items()}
    if fault.code.startswith("sample_"):
        said = say_field(str(fault.details["variable"]))
        details["variable"] = said.replace("Field ", "field ", 1) if " " in said else said
    return FaultSaid(
        where=fault.where,
        code=fault.code,
        title=title.format(**details),
        sentence=sentence.format(**details),
        refuses=fault.refuses,
        mend=_MENDS.get(fault.code),
    )


_PLACES: Mapping[str, str] = {"header": "Header", "body": "Text", "footer": "Footer"}


def say_in_list(said: FaultSaid, *, is_alone: bool) -> str:
    """The title where it stands away from its place: with the place, where the title does not say
    it, or is not `is_alone` with these words."""
    part, _, number = said.where.partition(".")
    if part == "button":
        title = said.title.removeprefix("The button has ").removeprefix("The button’s ")
        return f"Button {int(number) + 1}: {title[:1].lower()}{title[1:]}"
    if is_alone or part not in _PLACES:
        return said.title
    return f"{_PLACES[part]}: {said.title}"


def say_field(key: str) -> str:
    """What a variable is called for people: its name, or where its number stands."""
    part, _, number = key.rpartition(".")
    if not is_number(number):
        return key
    return f"Field {number} of the {'header' if part == 'header' else 'text'}"


NAME_IS_FREE = "The name is free."


def say_body_is_fine(fields: int, words: int) -> str:
    """Of a text with fields in which nothing is wrong; empty without any."""
    if not fields:
        return ""
    return f"{fields} field{'s' if fields > 1 else ''} among {words} words, none side by side."


def _word(value: Any, tz: tzinfo) -> str:
    if isinstance(value, datetime):
        there = value.astimezone(tz)
        return f"{there.day} {there:%B, %H:%M}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).lower() if str(value).isupper() and len(str(value)) > 3 else str(value)
