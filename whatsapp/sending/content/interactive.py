"""Something to tap: reply buttons, a list, a link, or the request for a place.

The draft holds Meta's own JSON, whose shape the API has checked; how much of it there may be is
checked here. Shapes: Meta, "Interactive messages".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from whatsapp import figures
from whatsapp.figures.loader import ContentFigures
from whatsapp.models import Message, MessageKind, Sender
from whatsapp.policy.facts import FreeContent
from whatsapp.sending.content.draft import Draft, FreeKind

BUTTONS, LIST, LINK = "button", "list", "cta_url"
PLACE = "location_request_message"
# What WhatsApp itself writes on the button that sends a place.
SEND_PLACE = "Send location"


@dataclass(frozen=True, slots=True)
class InteractiveDraft(Draft):
    interactive: Mapping[str, Any]
    context_wamid: str = ""

    kind = MessageKind.INTERACTIVE

    def facts(self, sender: Sender | None, *, now: datetime) -> FreeContent:
        return FreeContent(self.kind, tuple(_problems(self.interactive, figures.at(now).content)))

    def text(self) -> str:
        return str(self.interactive["body"]["text"]).strip()

    def content(self) -> dict[str, Any]:
        """`rendered` is what the thread draws, as of a template."""
        return {
            "type": self.kind,
            self.kind: dict(self.interactive),
            "rendered": {
                "header": _part(self.interactive, "header"),
                "body": self.text(),
                "footer": _part(self.interactive, "footer"),
                "buttons": [{"text": one} for one in _offers(self.interactive)],
            },
        }


class InteractiveKind(FreeKind):
    def draft_of(self, message: Message) -> InteractiveDraft:
        return InteractiveDraft(message.content[MessageKind.INTERACTIVE], message.context_wamid)

    def inner(self, message: Message) -> dict[str, Any]:
        return dict(message.content[MessageKind.INTERACTIVE])


def _part(interactive: Mapping[str, Any], name: str) -> str:
    return str(interactive.get(name, {}).get("text", ""))


def _rows(interactive: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for section in interactive["action"]["sections"] for row in section["rows"]]


def _replies(interactive: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [button["reply"] for button in interactive["action"]["buttons"]]


def _offers(interactive: Mapping[str, Any]) -> list[str]:
    """What may be tapped, in the words of the screen."""
    action = interactive["action"]
    if interactive["type"] == BUTTONS:
        return [reply["title"] for reply in _replies(interactive)]
    if interactive["type"] == LIST:
        return [
            f"{row['title']} – {row['description']}" if row.get("description") else row["title"]
            for row in _rows(interactive)
        ]
    if interactive["type"] == LINK:
        return [f"{action['parameters']['display_text']} – {action['parameters']['url']}"]
    return [SEND_PLACE]


def _problems(interactive: Mapping[str, Any], most: ContentFigures) -> Iterator[str]:
    body = most.list_body if interactive["type"] == LIST else most.interactive_body
    yield from _text("text", interactive["body"]["text"], body)
    yield from _text("heading", _part(interactive, "header"), most.interactive_header, needed=False)
    yield from _text("footer", _part(interactive, "footer"), most.interactive_footer, needed=False)
    if interactive["type"] == BUTTONS:
        yield from _about_buttons(_replies(interactive), most)
    elif interactive["type"] == LIST:
        yield from _about_list(interactive, most)
    elif interactive["type"] == LINK:
        yield from _about_link(interactive["action"]["parameters"], most)


def _about_buttons(replies: Sequence[Mapping[str, Any]], most: ContentFigures) -> Iterator[str]:
    if not 1 <= len(replies) <= most.reply_buttons:
        yield (
            f"There are {len(replies)} buttons; WhatsApp takes 1 to {most.reply_buttons}."
            " For more choices send a list."
        )
    for place, reply in enumerate(replies, start=1):
        yield from _text(f"title of button {place}", reply["title"], most.reply_button_title)
        yield from _text(f"id of button {place}", reply["id"], most.reply_button_id)
    yield from _twice("buttons", "id", [reply["id"] for reply in replies])
    yield from _twice("buttons", "title", [reply["title"] for reply in replies])


def _about_list(interactive: Mapping[str, Any], most: ContentFigures) -> Iterator[str]:
    sections, rows = interactive["action"]["sections"], _rows(interactive)
    yield from _text(
        "button that opens the list", interactive["action"]["button"], most.list_button
    )
    if not 1 <= len(sections) <= most.list_sections:
        yield f"The list has {len(sections)} sections; WhatsApp takes 1 to {most.list_sections}."
    if not 1 <= len(rows) <= most.list_rows:
        yield f"The list has {len(rows)} rows in all; WhatsApp takes 1 to {most.list_rows}."
    for place, section in enumerate(sections, start=1):
        title, needed = section.get("title", ""), len(sections) > 1
        yield from _text(f"title of section {place}", title, most.list_section_title, needed=needed)
        if not section["rows"]:
            yield f"Section {place} has no rows. Add one, or leave the section out."
    for place, row in enumerate(rows, start=1):
        about = row.get("description", "")
        yield from _text(f"title of row {place}", row["title"], most.list_row_title)
        yield from _text(f"id of row {place}", row["id"], most.list_row_id)
        yield from _text(
            f"description of row {place}", about, most.list_row_description, needed=False
        )
    yield from _twice("rows", "id", [row["id"] for row in rows])


def _about_link(link: Mapping[str, Any], most: ContentFigures) -> Iterator[str]:
    yield from _text("title of the link", link["display_text"], most.link_button_title)
    if not _is_web_address(link["url"]):
        yield "The link is no web address. Write it whole, beginning with https://."


def _is_web_address(text: str) -> bool:
    try:
        address = urlsplit(text)
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.hostname)


def _text(what: str, text: str, most: int, *, needed: bool = True) -> Iterator[str]:
    if needed and not text.strip():
        yield f"The {what} is empty. Write something."
    elif len(text) > most:
        yield f"The {what} has {len(text)} characters; WhatsApp takes {most}. Shorten it."


def _twice(what: str, part: str, given: Sequence[str]) -> Iterator[str]:
    repeated = [one for one, times in Counter(given).items() if times > 1]
    if repeated:
        named = ", ".join(f"“{one}”" for one in repeated)
        yield f"Two {what} have the same {part} {named}. Give each its own."
