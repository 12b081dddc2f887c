"""A thread with a message of every kind that either side may send, in the states that differ."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from tests.factories.whatsapp import MediaFileFactory, MessageFactory
from whatsapp.models import (
    Call,
    Conversation,
    Direction,
    MediaFile,
    MediaState,
    Message,
    MessageChange,
    MessageStatus,
)
from whatsapp.sending.content import (
    ContactsDraft,
    Draft,
    InteractiveDraft,
    LocationDraft,
    reaction_to,
)

# Silent frames: MPEG 1, layer III, 128 kbit/s, 44.1 kHz, of 417 bytes and 26 ms each.
MP3 = (b"\xff\xfb\x90\x64" + bytes(413)) * 400
_serial = count(1)
OURS = {"direction": Direction.OUT, "status": MessageStatus.DELIVERED}
SHIFTS = {
    "type": "list",
    "header": {"type": "text", "text": "Shifts in December"},
    "body": {"text": "Which one suits you?"},
    "footer": {"text": "Caravella Hotels"},
    "action": {
        "button": "Choose a shift",
        "sections": [
            {
                "rows": [
                    {"id": "n", "title": "Night shift", "description": "22:00 to 6:00"},
                    {"id": "d", "title": "Day shift"},
                ]
            }
        ],
    },
}
CONFIRM = {
    "type": "button",
    "body": {"text": "Can you come on Friday at 14:00?"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "yes", "title": "Yes, I can"}},
            {"type": "reply", "reply": {"id": "no", "title": "Another day"}},
        ]
    },
}
BOOK = {
    "type": "cta_url",
    "body": {"text": "Or choose a time yourself."},
    "action": {
        "name": "cta_url",
        "parameters": {"display_text": "Choose", "url": "https://caravella.example/slots"},
    },
}


def photo(size: tuple[int, int] = (640, 400), colour: str = "#3f6f73") -> bytes:
    image = Image.new("RGB", size, colour)
    pen = ImageDraw.Draw(image)
    for step in range(6):
        edge = 30 + step * min(size) // 14
        box = (edge, edge, size[0] - edge, size[1] - edge)
        pen.rectangle(box, outline="#e8d9bc", width=6)
    out = io.BytesIO()
    image.save(out, "WEBP")
    return out.getvalue()


@dataclass
class Thread:
    """Writes messages of the candidate into a conversation, a minute apart; `root` is where the
    processes that serve files look for them."""

    conversation: Conversation
    begins: datetime
    root: Path | None = None
    last: Message | None = None
    minutes: Any = field(default_factory=count)

    def say(self, kind: str, text: str = "", *, about: Any = None, **given: Any) -> Message:
        """`about` is what stands in Meta's JSON under the kind."""
        content = {"type": kind} | ({} if about is None else {kind: about})
        content |= given.pop("content", {})
        values = {
            "company": self.conversation.company,
            "conversation": self.conversation,
            "direction": Direction.IN,
            "status": MessageStatus.RECEIVED,
            "next_try_at": None,
            "kind": kind,
            "text": text,
            "content": content,
            "wamid": f"wamid.K{next(_serial)}",
            "at": self.begins + timedelta(minutes=next(self.minutes)),
        }
        message: Message = MessageFactory(**(values | given))
        self.last = message
        return message

    def file(self, kind: str, data: bytes = b"", text: str = "", **given: Any) -> MediaFile:
        """A message with its file; stored where there is data."""
        voice = bool(given.get("voice"))
        ours = OURS if given.pop("ours", False) else {}
        message = self.say(kind, text, about={"id": "1", "voice": voice}, **ours)
        picture = given.pop("picture", b"")
        values: dict[str, Any] = {"kind": kind, "next_try_at": None}
        media: MediaFile = MediaFileFactory(
            company=self.conversation.company, message=message, **(values | given)
        )
        if data:
            self._store(media, data, picture)
        return media

    def _store(self, media: MediaFile, data: bytes, picture: bytes) -> None:
        media.state, media.size = MediaState.STORED, len(data)
        media.sha256 = f"{media.pk:064x}"
        media.file = media.path
        if picture:
            media.thumbnail = media.thumbnail_path
        media.save()
        for name, content in ((media.path, data), (media.thumbnail_path, picture)):
            if self.root is not None and content:
                target = self.root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)

    def change(self, kind: str, target: str, **given: Any) -> MessageChange:
        return MessageChange.objects.create(
            conversation=self.conversation,
            sender=self.conversation.sender,
            kind=kind,
            wamid=f"wamid.C{next(_serial)}",
            target_wamid=target,
            **({"at": self.begins, "created_at": self.begins} | given),
        )

    def call(self, *, by_candidate: bool, state: str = "ended", **given: Any) -> Call:
        direction = Direction.IN if by_candidate else Direction.NOTE
        message = self.say("call", direction=direction)
        return Call.objects.create(
            message=message,
            sender=self.conversation.sender,
            wacid=message.wamid,
            by_candidate=by_candidate,
            state=state,
            begun_at=message.at,
            **given,
        )


def write_every_kind(thread: Thread) -> None:
    """Inside the company's scope."""
    _words(thread)
    _files(thread)
    _places_and_cards(thread)
    _answers(thread)
    _ours(thread)
    _lines(thread)


def _words(thread: Thread) -> None:
    advertisement = {
        "source_url": "https://fb.me/caravella-open-day",
        "source_type": "ad",
        "headline": "Work where others holiday",
        "body": "Caravella Hotels is hiring for the season.",
    }
    thread.say("text", "Is the position open?", content={"referral": advertisement})
    thread.say("text", "مرحبا، هل ما زالت الوظيفة متاحة؟", content={"context": {"forwarded": True}})
    before = {"type": "text", "text": {"body": "I could come on Monday."}}
    edited = thread.say("text", "I could come on Tuesday.", content={"before": before})
    edited.edited_at = edited.at + timedelta(minutes=3)
    edited.save()
    asked = thread.say(
        "text",
        "Friday at 14:00, or Monday at 10:30?",
        direction=Direction.OUT,
        status=MessageStatus.READ,
    )
    thread.change("reaction", asked.wamid, emoji="👍")
    thread.say("button", "Friday, 14:00", context_wamid=asked.wamid)
    gone = thread.say("text", "")
    gone.deleted_at, gone.content = gone.at + timedelta(minutes=1), {}
    gone.save()


def _files(thread: Thread) -> None:
    picture, tall = photo(), photo((480, 640), "#6d4620")
    size = {"width": 640, "height": 400}
    about = {"mime": "image/webp", "picture": picture}
    first = thread.file("image", picture, "And this is my diploma", **about, **size)
    thread.change("reaction", first.message.wamid, emoji="❤️")
    thread.file("image", tall, **(about | {"picture": tall}), width=480, height=640)
    thread.file("image", state="fetching")
    thread.file("image", state="failed", cause="WhatsApp did not hand the file over. Try again.")
    thread.file("video", b"\0\0\0\x20ftypisom" + bytes(99), "The lobby", mime="video/mp4")
    thread.file("audio", MP3, mime="audio/mpeg", voice=True)
    thread.file("audio", state="waiting", cause="WhatsApp could not be reached.", voice=True)
    paper = {"mime": "application/pdf", "filename": "Amina_Njoroge_CV_2026.pdf"}
    thread.file("document", b"%PDF-1.7" + bytes(219000), **paper)
    program = {"mime": "application/octet-stream", "filename": "portfolio.exe"}
    thread.file("document", b"MZ" + bytes(4000), "My portfolio", **program)
    thread.file("document", state="refused", cause="This document is larger than 100 MB.")
    sticker = photo((512, 512), "#275639")
    thread.file("sticker", sticker, mime="image/webp", picture=sticker, width=512, height=512)


def _places_and_cards(thread: Thread) -> None:
    place = {"latitude": -1.2673, "longitude": 36.8111, "name": "Westlands", "address": "Nairobi"}
    thread.say("location", "Westlands, Nairobi", about=place)
    card = {
        "name": {"formatted_name": "Lucia Ferri"},
        "org": {"company": "Caravella Mombasa", "title": "Front office manager"},
        "phones": [{"phone": "+254 733 555 190", "type": "WORK"}],
        "emails": [{"email": "lucia.ferri@caravella.example"}],
    }
    thread.say("contacts", "Lucia Ferri", about=[card])
    own = {"name": {"formatted_name": "Amina Njoroge"}, "phones": [{"phone": "+254722555014"}]}
    thread.say("contacts", "Amina Njoroge", about=[own], content={"origin": "contact_request"})


def _answers(thread: Thread) -> None:
    choice = {"id": "1", "title": "Night shift", "description": "22:00 to 6:00, four nights"}
    thread.say("interactive", "Night shift", about={"type": "list_reply", "list_reply": choice})
    given = {"flow_token": "t", "screen_0_Start_date_0": "2026-12-01", "languages": ["en", "sw"]}
    form = {"name": "flow", "body": "Sent", "response_json": json.dumps(given)}
    thread.say("interactive", "Sent", about={"type": "nfm_reply", "nfm_reply": form})
    items = [
        {
            "product_retailer_id": "UNIFORM-M",
            "quantity": 2,
            "item_price": 1500,
            "currency": "KES",
        }
    ]
    thread.say("order", "For the season", about={"product_items": items})
    error = {"code": 131051, "title": "Message type unknown", "error_data": {"details": "poll"}}
    poll = {"errors": [error], "unsupported": {"type": "poll"}}
    thread.say("unsupported", content=poll)


def _ours(thread: Thread) -> None:
    asked = thread.say("text", "Where is it, and which shifts are there?")
    drafts: list[Draft] = [
        LocationDraft(-4.0435, 39.6682, "Caravella Mombasa", "Nyali Road"),
        ContactsDraft(
            [{"name": {"formatted_name": "Lucia Ferri"}, "phones": [{"phone": "+39 1"}]}]
        ),
        InteractiveDraft(SHIFTS, asked.wamid),
        InteractiveDraft(CONFIRM),
        InteractiveDraft(BOOK),
    ]
    for draft in drafts:
        about = {"content": draft.content(), "context_wamid": draft.context_wamid}
        thread.say(draft.kind, draft.text(), **about, **OURS)
    picture, sticker = photo(colour="#275639"), photo((512, 512), "#3f6f73")
    about = {"mime": "image/webp", "picture": picture, "width": 640, "height": 400, "ours": True}
    thread.file("image", picture, "The staff rooms", **about)
    thread.file("audio", MP3, mime="audio/mpeg", voice=True, ours=True)
    paper = {"mime": "application/pdf", "filename": "Offer_Amina_Njoroge.pdf", "ours": True}
    refused = thread.file("document", b"%PDF-1.7" + bytes(90000), "Please sign", **paper).message
    refused.status, refused.failed_at = MessageStatus.FAILED, refused.at
    refused.error_code, refused.error_title = 131053, "Media upload error"
    refused.save()
    square = {"mime": "image/webp", "picture": sticker, "width": 512, "height": 512, "ours": True}
    thread.file("sticker", sticker, **square)
    react(thread, asked, "🙏")


def react(thread: Thread, target: Message, emoji: str, **given: Any) -> Message:
    """Of ours, to a message of theirs."""
    draft = reaction_to(target, emoji)
    about = {"content": draft.content(), "context_wamid": draft.context_wamid}
    return thread.say(draft.kind, draft.text(), **(about | OURS | given))


def _lines(thread: Thread) -> None:
    until = int((thread.begins + timedelta(days=7)).timestamp())
    permission = {"response": "accept", "expiration_timestamp": until}
    about = {"type": "call_permission_reply", "call_permission_reply": permission}
    thread.say("interactive", about=about)
    thread.call(by_candidate=True, outcome="missed")
    thread.call(by_candidate=False, outcome="completed", duration=192)
    changed = {"type": "user_changed_number", "body": "Changed", "wa_id": "254733555190"}
    thread.say("system", "Changed", about=changed, direction=Direction.NOTE)
    at = thread.begins + timedelta(minutes=45)
    thread.change("reaction", "wamid.NOT-HERE", emoji="👍", at=at)
    thread.change("edit", "wamid.NEITHER", text="At ten, I meant", at=at)
