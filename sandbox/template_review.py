"""What Meta decides when it reviews a template: by rules here, where Meta has models and people.

"Template review" (31 October 2025) lists the common reasons; "Template categorization" (11
September 2026) says what is not utility. Which words give a template away is the sandbox's own
list, English and short: a test that wants a certain decision makes it with the control API.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.records import Json

SHORTENERS = frozenset(
    {"bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rb.gy"}
)
OWN = frozenset({"wa.me", "api.whatsapp.com", "chat.whatsapp.com"})
WEB = re.compile(r"(?:https?://|\b)((?:[a-z0-9-]+\.)+[a-z]{2,})(?=[/\s?#]|$)", re.IGNORECASE)
SENSITIVE = re.compile(
    r"\b(?:card number|credit card|cvv|bank account number|iban|social security number|ssn|"
    r"passport number|national id(?:entification)? number|tax id number)\b",
    re.IGNORECASE,
)
PROMOTIONAL = re.compile(
    r"\b(?:\d+ ?% off|discounts?|coupons?|promo(?:tion)?s?|sale|special offer|limited offer|"
    r"limited time|buy now|shop now|new vacanc(?:y|ies)|new jobs?|job alerts?|job offers for you|"
    r"we are hiring|we're hiring|hiring now|looking for (?:a new job|work)|refer a friend)\b",
    re.IGNORECASE,
)
PASSCODE = re.compile(
    r"\b(?:one[- ]time (?:passcode|password|code)|otp|verification code|login code)\b",
    re.IGNORECASE,
)
# Letters of a script that no language but its own is written in; enough to see a wrong tag.
SCRIPTS = {
    "arabic": (re.compile("[\u0600-\u06ff]"), ("ar", "fa", "ur", "ps", "prs")),
    "cyrillic": (re.compile("[\u0400-\u04ff]"), ("ru", "uk", "bg", "be", "mk")),
    "hebrew": (re.compile("[\u0590-\u05ff]"), ("he",)),
    "greek": (re.compile("[\u0370-\u03ff]"), ("el",)),
    "devanagari": (re.compile("[\u0900-\u097f]"), ("hi", "mr")),
}
TWO_SCRIPTS = frozenset({"sr", "kk", "ky", "uz", "az"})
LATIN = re.compile("[A-Za-z\u00c0-\u024f]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is NONE for an approval, whose `category` may be another than the one asked for."""

    reason: str
    category: str
    why: str = ""
    do: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a template: its body and footer apart, and everything together."""

    body: str
    footer: str
    whole: str
    urls: tuple[str, ...]

    @property
    def wording(self) -> tuple[str, str]:
        return self.body.strip(), self.footer.strip()


def text_of(components: Iterable[Json]) -> Text:
    texts: dict[str, str] = {}
    buttons: list[Json] = []
    for component in components:
        kind = str(component.get("type", "")).upper()
        texts[kind] = str(component.get("text", ""))
        if kind == "BUTTONS":
            buttons = component.get("buttons", [])
    whole = [*texts.values(), *(str(b.get("text", "")) for b in buttons)]
    urls = tuple(str(b["url"]) for b in buttons if "url" in b)
    return Text(texts.get("BODY", ""), texts.get("FOOTER", ""), "\n".join(whole), urls)


def review(
    components: list[Json],
    *,
    category: str,
    language: str,
    special: bool,
    others: Iterable[tuple[str, str]],
) -> Verdict:
    """`others` is the wording (body and footer) of the account's templates of other names."""
    if category == "AUTHENTICATION":
        return Verdict("NONE", category)
    text = text_of(components)
    hosts = [h.lower() for h in WEB.findall(text.whole)] + [_host(url) for url in text.urls]
    if special:
        return _no("INVALID_FORMAT", "A variable has special characters such as #, $ or %.")
    if text.wording in set(others):
        return _no("INVALID_FORMAT", "The body and footer are those of another template.")
    if any(host.removeprefix("www.") in SHORTENERS for host in hosts):
        return _no("INVALID_FORMAT", "A shortened link hides where it leads.")
    if any(host.removeprefix("www.") in OWN for host in hosts):
        return _no("INVALID_FORMAT", "A link leads back into WhatsApp.")
    if SENSITIVE.search(text.whole):
        return _no("SCAM", "The template asks for a sensitive identifier.")
    if PASSCODE.search(text.whole):
        return _no("INCORRECT_CATEGORY", "One-time passcodes are of category AUTHENTICATION.")
    if not _written_in(text.body, language):
        return _no("TAG_CONTENT_MISMATCH", "The text is not in the language that was chosen.")
    if category == "UTILITY" and PROMOTIONAL.search(text.whole):
        return Verdict("NONE", "MARKETING")
    return Verdict("NONE", category)


def _no(reason: str, why: str) -> Verdict:
    return Verdict(reason, "", why, "Change the template and submit it again.")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _written_in(body: str, language: str) -> bool:
    """Whether most letters are of a script that the language is written in."""
    plain = re.sub(r"\{\{[^{}]*\}\}", "", body)
    main = language.partition("_")[0]
    latin = len(LATIN.findall(plain))
    for letters, languages in SCRIPTS.values():
        count = len(letters.findall(plain))
        if main in TWO_SCRIPTS:
            continue
        if (count < latin) if main in languages else (count > latin):
            return False
    return True
