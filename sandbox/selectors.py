"""Page-shaped reads: what each page of the sandbox shows."""

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from sandbox import chat, ids
from sandbox.faults import CHANCES, KINDS, LIMITED, Fault
from sandbox.log import Line, Told
from sandbox.phones import on_phone, says
from sandbox.records import Json, Message, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox

SHOWN = 200
SAMPLES = (
    ("photo", "Photo", "image"),
    ("voice", "Voice note", "mic"),
    ("pdf", "Document", "file"),
    ("video", "Video", "play"),
    ("sticker", "Sticker", "smile"),
    ("location", "Location", "pin"),
    ("contacts", "Contact card", "user"),
)
REACTIONS = (("👍", "Thumbs up"), ("❤️", "Heart"), ("😂", "Laughing"), ("😮", "Surprised"))


def phone_page(
    sb: "Sandbox", phone: Phone | None, sender: str, problem: str = ""
) -> dict[str, Any]:
    senders = _senders(sb, phone)
    current = next((s for s in senders if s["id"] == sender), None)
    if current is None and senders:
        current = max(senders, key=lambda s: (bool(s["unread"]), s["last_at"]))
    bubbles: list[Json] = []
    typing = False
    if phone is not None and current is not None:
        bubbles = chat.rows(sb, phone, current["id"], current["name"])
        typing = sb.world.typing.get((phone.number, current["id"]), 0.0) > sb.clock.now()
    return {
        "tab": "phones",
        "phones": [_row(sb, each) for each in sb.world.phones.values()],
        "phone": phone,
        "first_name": phone.name.split()[0] if phone else "",
        "senders": senders,
        "sender": current,
        "chat": bubbles,
        "stopped": phone is not None and _stopped(sb, phone, current),
        "typing": typing,
        "problem": problem,
        "why_not": _why_not(phone, current),
        "now": datetime.fromtimestamp(sb.clock.now()).strftime("%H:%M"),
        "settings": sb.world.settings,
        "events": _events(sb, phone),
        "samples": SAMPLES,
        "reactions": REACTIONS,
    }


def _stopped(sb: "Sandbox", phone: Phone, sender: Json | None) -> bool:
    """Whether the person wants no marketing from this company."""
    return sender is not None and sb.world.numbers[sender["id"]][0].id in phone.stopped


def _why_not(phone: Phone | None, sender: Json | None) -> str:
    """Why nothing can be written on this phone now, or nothing."""
    if phone is None:
        return ""
    if sender is None:
        return "No company has a number yet. One appears here after the first login."
    if not phone.on:
        return "The phone is switched off. Messages wait until it is on."
    if phone.blocked:
        return f"{phone.name.split()[0]} has blocked the company. Unblock it to write."
    return ""


def _senders(sb: "Sandbox", phone: Phone | None) -> list[Json]:
    rows: list[Json] = []
    for business, number in sb.world.numbers.values():
        messages = sb.world.chats.get((phone.number, number.id), []) if phone else []
        seen = [m for m in messages if on_phone(m)]
        rows.append(
            {
                "id": number.id,
                "name": number.verified_name,
                "number": ids.spoken("+" + number.digits),
                "business": business.name,
                "unread": sum(_unread(m) for m in seen),
                "last_at": seen[-1].at if seen else 0.0,
            }
        )
    return rows


def _unread(message: Message) -> bool:
    return message.outbound and message.status == "delivered" and not message.seen


def _row(sb: "Sandbox", phone: Phone) -> Json:
    seen = [m for _, chat in sb.world.chats_of(phone) for m in chat if on_phone(m)]
    last = max(seen, key=lambda m: m.at, default=None)
    return {
        "phone": phone,
        "unread": sum(_unread(m) for m in seen),
        "last": says(last) if last else "nothing yet",
    }


def _events(sb: "Sandbox", phone: Phone | None) -> list[Json]:
    if phone is None:
        return []
    concerned = (
        _event(line, told)
        for line in reversed(sb.log.lines)
        for told in reversed(line.told)
        if told.number in ("", phone.number)
    )
    return list(islice(concerned, 8))


def _event(line: Line, told: Told) -> Json:
    what = told.label
    if line.status != 200:
        answered = f"answered {line.status}" if line.status else f"no answer ({line.note})"
        what = f"{what}, {answered}, will be tried again"
    elif line.note:
        what = f"{what}, {line.note}"
    return {
        "key": f"{line.seq}-{told.label}-{told.tail}",
        "ok": line.status == 200,
        "what": what,
        "tail": told.tail,
        "at": datetime.fromtimestamp(line.at).strftime("%H:%M:%S"),
    }


def faults_page(sb: "Sandbox") -> dict[str, Any]:
    return {
        "tab": "faults",
        "settings": sb.world.settings,
        "latency": int(sb.faults.latency * 1000),
        "rules": [
            {
                "kind": _says(rule.fault),
                "left": rule.left or "all",
                "match": rule.aim.says(),
            }
            for rule in sb.faults.rules
        ],
        "chaos": _chances(sb),
        "held": sb.faults.held,
        "pending": len(sb.world.updates),
        "now": datetime.fromtimestamp(sb.clock.now()).strftime("%A, %d %B %Y, %H:%M"),
        "moved": abs(sb.clock.offset) > 1,
    }


def _says(fault: Fault) -> str:
    error = f" with {fault.error.code}" if fault.error else ""
    return fault.what.says + error


def _chances(sb: "Sandbox") -> list[str]:
    """What chance does, each with its share."""
    chaos = sb.faults.chaos
    if chaos is None:
        return []
    names = {name: KINDS[name].says for name in CHANCES if name in KINDS}
    names["limited"] = f"fail with {LIMITED}"
    return [f"{rate:.1%} {names[name]}" for name, rate in chaos.rates.items() if rate]


def log_page(sb: "Sandbox") -> dict[str, Any]:
    lines = [
        {"line": line, "at": datetime.fromtimestamp(line.at).strftime("%H:%M:%S")}
        for line in islice(reversed(sb.log.lines), SHOWN)
    ]
    return {"tab": "log", "lines": lines}
