"""Writes a story: people who write, react, edit, delete, call, move to other numbers and ids.

Every choice comes from the `random.Random` given, so a story can be told again, and hypothesis can
steer and shrink one. Moments are whole seconds, all different and growing, as if nothing had been
delayed; `tests.oracle.telling` then tells it in other ways.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One event: its webhook field, the number of ours, where in the value it stands, and what."""

    field: str
    phone_number_id: str
    part: str
    body: Json
    contact: Json | None = None
    # When Meta sent it, where that is what orders it.
    sent_at: int = 0


@dataclass(frozen=True)
class Ours:
    """A message of ours that statuses and reactions may be about; `wamid` is Meta's for it, which
    we may not know yet."""

    phone_number_id: str
    wamid: str
    callback_id: str
    wa_id: str


@dataclass
class Person:
    name: str
    wa_id: str
    user_id: str
    hides_number: bool = False
    # What they wrote that can still be changed, and what else is in their threads.
    wrote: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Story:
    rng: random.Random
    senders: list[str]
    ours: list[Ours]
    begins_at: int
    # Numbers that the people have at first: candidates of ours, or strangers.
    numbers: list[str]
    longest_pause: int = 90
    # Ids and numbers follow from it: two stories of one company need different ones.
    count: int = 0
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.begins_at
        self.left: list[str] = []
        self.told: set[tuple[str, str]] = set()
        self.people = [self._new_person(number) for number in self.numbers]

    def tell(self, events: int) -> list[Line]:
        while len(self.lines) < events:
            self.now += self.rng.randint(1, self.longest_pause)
            weights = [weight for weight, _ in CHAPTERS]
            [(_, chapter)] = self.rng.choices(CHAPTERS, weights)
            chapter(self)
        return self.lines

    def _new_person(self, wa_id: str) -> Person:
        self.count += 1
        user_id = f"KE.{self.count:06d}"
        kind = self.rng.randrange(8)
        return Person(
            name=f"Person {self.count}",
            wa_id=wa_id,
            user_id="" if kind == 0 else user_id,
            hides_number=kind == 1,
        )

    def new_id(self, prefix: str = "wamid") -> str:
        self.count += 1
        return f"{prefix}.{self.count:06d}"

    def new_number(self) -> str:
        self.count += 1
        return f"2547{self.count:08d}"

    def somebody(self) -> Person:
        return self.rng.choice(self.people)

    def say(self, person: Person, kind: str, inner: Any, **more: Any) -> tuple[str, str]:
        """A message of this person to one of our numbers; which number, and its wamid."""
        phone, wamid = self.rng.choice(self.senders), self.new_id()
        body: Json = {"id": wamid, "timestamp": str(self.now), "type": kind, kind: inner, **more}
        contact: Json = {"profile": {"name": person.name}}
        if person.wa_id and not person.hides_number:
            body["from"] = contact["wa_id"] = person.wa_id
        if person.user_id:
            body["from_user_id"] = contact["user_id"] = person.user_id
        self.lines.append(Line("messages", phone, "messages", body, contact))
        return phone, wamid


def writes(story: Story) -> None:
    person = story.somebody()
    kind = story.rng.choice(list(CONTENTS))
    context = {}
    if person.wrote and story.rng.random() < 0.2:
        context = {"context": {"id": story.rng.choice(person.wrote)[1]}}
    said = story.say(person, kind, CONTENTS[kind](story), **context)
    person.wrote.append(said)


def reacts(story: Story) -> None:
    person = story.somebody()
    known = [ours.wamid for ours in story.ours] + [wamid for _, wamid in person.wrote]
    inner = {"message_id": story.rng.choice(known or ["wamid.nowhere"])}
    if story.rng.random() < 0.7:
        inner["emoji"] = story.rng.choice(["👍", "❤️", "😂"])
    story.say(person, "reaction", inner)


def edits(story: Story) -> None:
    person = story.somebody()
    if person.wrote:
        phone, wamid = story.rng.choice(person.wrote)
        text = story.rng.choice(["Friday", "No, Saturday", "STOP"])
        inner = {"type": "text", "text": {"body": text}}
        _on(story, phone, person, "edit", {"original_message_id": wamid, "message": inner})


def deletes(story: Story) -> None:
    person = story.somebody()
    if person.wrote:
        phone, wamid = story.rng.choice(person.wrote)
        _on(story, phone, person, "revoke", {"original_message_id": wamid})


def _on(story: Story, phone: str, person: Person, kind: str, inner: Json) -> None:
    senders, story.senders = story.senders, [phone]
    story.say(person, kind, inner)
    story.senders = senders


def is_told(story: Story) -> None:
    """A status of ours, any of those not told yet."""
    if not story.ours:
        return
    ours = story.rng.choice(story.ours)
    word = story.rng.choice(["sent", "delivered", "read", "played", "failed"])
    if (ours.wamid, word) in story.told:
        return
    story.told.add((ours.wamid, word))
    body: Json = {
        "id": ours.wamid,
        "status": word,
        "timestamp": str(story.now),
        "recipient_id": ours.wa_id,
        "biz_opaque_callback_data": ours.callback_id,
    }
    holder = [one for one in story.people if one.wa_id == ours.wa_id and one.user_id]
    if holder:
        body["recipient_user_id"] = holder[-1].user_id
    if word == "failed":
        code = story.rng.choice([131026, 131047])
        body["errors"] = [{"code": code, "title": "Not sent", "error_data": {"details": "So."}}]
    story.lines.append(Line("messages", ours.phone_number_id, "statuses", body))


def moves(story: Story) -> None:
    """Changes the number, and with it the user id; Meta tells with one note or with both."""
    person = story.somebody()
    old, old_id = person.wa_id, person.user_id
    person.wa_id = story.new_number()
    story.left.append(old)
    who = {} if person.hides_number else {"from": old}
    if old_id and (person.hides_number or story.rng.random() < 0.5):
        who["from_user_id"] = old_id
    notes = [("user_changed_number", {"wa_id": person.wa_id}, who)]
    if old_id:
        person.user_id = f"KE.{story.new_id('u')}"
        ids = {"user_id": person.user_id, "previous_user_id": old_id}
        notes.append(("user_changed_user_id", ids, {}))
        if story.rng.random() < 0.3:
            notes.pop(story.rng.randrange(2))
    for kind, ids, who in notes:
        story.now += 1
        body = {
            "id": story.new_id(),
            "timestamp": str(story.now),
            "type": "system",
            "system": {"type": kind, "body": "changed", **ids},
            **who,
        }
        phone = story.rng.choice(story.senders)
        story.lines.append(Line("messages", phone, "messages", body))


def is_reborn(story: Story) -> None:
    """A new person gets a number that somebody had."""
    if story.left and len(story.people) < 12:
        newcomer = story._new_person(story.left.pop(0))
        newcomer.user_id = newcomer.user_id or f"KE.{story.new_id('u')}"
        newcomer.hides_number = False
        story.people.append(newcomer)
        newcomer.wrote.append(story.say(newcomer, "text", {"body": "It is me now"}))


def shows_number(story: Story) -> None:
    person = story.somebody()
    person.hides_number = False if not person.user_id else not person.hides_number


def renames(story: Story) -> None:
    person = story.somebody()
    person.name = f"{person.name.split(' alias')[0]} alias {story.rng.randrange(5)}"


def prefers(story: Story) -> None:
    person = story.somebody()
    one: Json = {
        "category": "marketing_messages",
        "value": story.rng.choice(["stop", "resume"]),
        "timestamp": story.now,
    }
    if person.user_id:
        one["user_id"] = person.user_id
    if not person.hides_number:
        one["wa_id"] = person.wa_id
    line = Line("user_preferences", story.rng.choice(story.senders), "user_preferences", one)
    story.lines.append(line)


def calls(story: Story) -> None:
    person = story.somebody()
    wacid, phone = story.new_id("wacid"), story.rng.choice(story.senders)
    contact: Json = {"profile": {"name": person.name}}
    common: Json = {"id": wacid, "direction": "USER_INITIATED"}
    if person.user_id:
        contact["user_id"] = common["from_user_id"] = person.user_id
    if not person.hides_number:
        contact["wa_id"] = common["from"] = person.wa_id
    begin = {**common, "event": "connect", "timestamp": str(story.now)}
    begin["session"] = {"sdp_type": "offer", "sdp": "v=0"}
    story.lines.append(Line("calls", phone, "calls", begin, contact))
    story.now += story.rng.randint(1, 40)
    end = {**common, "event": "terminate", "status": "COMPLETED", "timestamp": str(story.now)}
    if story.rng.random() < 0.5:
        end |= {"start_time": str(story.now - 1), "end_time": str(story.now), "duration": 1}
    story.lines.append(Line("calls", phone, "calls", end, contact))


def news(story: Story) -> None:
    """What is no conversation: an account's field, or one that nobody knows."""
    name = story.rng.choice(["message_template_status_update", "account_alerts", "brand_new_field"])
    story.lines.append(Line(name, "", "", {"event": "APPROVED", "number": story.now}))


def is_judged(story: Story) -> None:
    """A template of ours: its review, pauses, category and quality, whatever comes after what."""
    which = story.rng.randrange(TEMPLATES)
    body: Json = {
        "message_template_id": TEMPLATE_IDS + which,
        "message_template_name": f"told_{which}",
        "message_template_language": story.rng.choice(["en-US", "en_US"]),
    }
    name, words = story.rng.choice(JUDGEMENTS)(story)
    story.lines.append(Line(name, "", "", body | words, sent_at=story.now))


def _status(story: Story) -> tuple[str, Json]:
    event = story.rng.choice(
        ["APPROVED", "REJECTED", "PAUSED", "DISABLED", "FLAGGED", "PENDING_DELETION", "REINSTATED"]
    )
    words: Json = {"event": event, "reason": "SCAM" if event == "REJECTED" else "NONE"}
    if event == "REJECTED" and story.rng.random() < 0.7:
        words["rejection_info"] = {"reason": f"It is too long, {story.now}.", "recommendation": ""}
    if event == "PAUSED":
        title = story.rng.choice(["FIRST_PAUSE", "SECOND_PAUSE", "RATE_LIMITING_PAUSE"])
        words["other_info"] = {"title": title, "description": "Paused."}
    return "message_template_status_update", words


def _category(story: Story) -> tuple[str, Json]:
    old, new = story.rng.sample(["UTILITY", "MARKETING"], 2)
    words: Json = {"previous_category": old, "new_category": new}
    if story.rng.random() < 0.5:
        at = story.now + 86_400
        words = {"new_category": old, "correct_category": new, "category_update_timestamp": at}
    return "template_category_update", words


def _quality(story: Story) -> tuple[str, Json]:
    old, new = story.rng.sample(["GREEN", "YELLOW", "RED"], 2)
    words = {"previous_quality_score": old, "new_quality_score": new}
    # A sample of Meta's has it under the other name.
    name = story.rng.choice(["message_template_quality_update", "message_template_status_update"])
    return name, words


def _words(story: Story) -> tuple[str, Json]:
    text = story.rng.choice(["Hello {{1}}, see you soon then.", "Welcome {{1}} to the hotel."])
    return "message_template_components_update", {"message_template_element": text}


def _file(story: Story, mime: str, **more: Any) -> Json:
    return {"id": story.new_id("media"), "mime_type": mime, "sha256": "0" * 64, **more}


CONTENTS: dict[str, Callable[[Story], Any]] = {
    "text": lambda s: {"body": s.rng.choice(["Hello", "Friday at 2?", "STOP", "START", "Yes"])},
    "image": lambda s: _file(s, "image/jpeg", caption="My badge"),
    "video": lambda s: _file(s, "video/mp4"),
    "audio": lambda s: _file(s, "audio/ogg; codecs=opus", voice=True),
    "document": lambda s: _file(s, "application/pdf", filename="cv.pdf"),
    "sticker": lambda s: _file(s, "image/webp", animated=False),
    "location": lambda s: {"latitude": -1.29, "longitude": 36.82, "name": "Uhuru Park"},
    "contacts": lambda s: [{"name": {"formatted_name": "Joe"}, "phones": [{"phone": "+1"}]}],
    "button": lambda s: {"payload": "yes", "text": "Yes, I can"},
    "interactive": lambda s: {"type": "list_reply", "list_reply": {"id": "1", "title": "Monday"}},
    "order": lambda s: {"catalog_id": "1", "text": "Two", "product_items": []},
    "unsupported": lambda s: {"type": "poll"},
    "from_the_future": lambda s: {"what": "ever"},
}

# The templates that the stage has: their ids at Meta follow each other.
TEMPLATES = 2
TEMPLATE_IDS = 1_689_556_908_129_832
JUDGEMENTS = [_status, _category, _quality, _words]

CHAPTERS: list[tuple[int, Callable[[Story], None]]] = [
    (30, writes),
    (25, is_told),
    (8, reacts),
    (6, edits),
    (4, deletes),
    (3, moves),
    (3, is_reborn),
    (3, shows_number),
    (3, renames),
    (4, prefers),
    (4, calls),
    (2, news),
    (6, is_judged),
]
