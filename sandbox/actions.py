"""What the forms of the phone page do, one function an action."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile

from sandbox import control_faults, identity, inbound, phones, taps
from sandbox.media_kinds import ALLOWED
from sandbox.phones import Refused
from sandbox.records import Json, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox

Form = Mapping[str, UploadFile | str]
SAMPLES = {"photo": "image", "voice": "audio", "video": "video", "pdf": "document"} | {
    "sticker": "sticker"
}


def _text(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _send(sb: "Sandbox", phone: Phone, form: Form, given: Json) -> None:
    business, number = phones.chat_with(sb, phone, _text(form, "sender"))
    inbound.send(sb, phone, business, number, given)


async def write(sb: "Sandbox", phone: Phone, form: Form) -> None:
    phones.write(sb, phone, _text(form, "sender"), _text(form, "text"))


async def tap(sb: "Sandbox", phone: Phone, form: Form) -> None:
    taps.tap(sb, phone, _text(form, "wamid"), int(_text(form, "index") or "-1"))


async def open_chat(sb: "Sandbox", phone: Phone, form: Form) -> None:
    phones.open_chat(sb, phone, _text(form, "sender"))


async def attach(sb: "Sandbox", phone: Phone, form: Form) -> None:
    what, caption = _text(form, "what"), _text(form, "caption").strip()
    given: Json = {"caption": caption} if caption else {}
    if what in SAMPLES:
        captioned = SAMPLES[what] in ("image", "video", "document")
        given = (given if captioned else {}) | {"type": SAMPLES[what], "sample": what}
    elif what == "location":
        given = {"type": "location", "location": taps.PLACE}
    elif what == "contacts":
        given = {"type": "contacts"}
    elif what in ("image", "document"):
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Refused("Choose a file first.")
        given |= {"data": await file.read(), "filename": file.filename}
        given |= _kind(what, file.content_type or "application/octet-stream")
    else:
        raise Refused("There is nothing of this kind to attach.")
    _send(sb, phone, form, given)


def _kind(asked: str, mime_type: str) -> Json:
    """A file sent as itself goes as what it is, otherwise as a document."""
    if asked == "document":
        return {"type": "document", "mime_type": mime_type}
    kinds = (kind for kind, (allowed, _) in ALLOWED.items() if mime_type in allowed)
    return {"type": next(kinds, "image"), "mime_type": mime_type}


async def react(sb: "Sandbox", phone: Phone, form: Form) -> None:
    given: Json = {"type": "reaction", "message_id": _text(form, "wamid")}
    if _text(form, "emoji"):
        given["emoji"] = _text(form, "emoji")
    _send(sb, phone, form, given)


async def edit(sb: "Sandbox", phone: Phone, form: Form) -> None:
    about, text = _text(form, "wamid"), _text(form, "text").strip()
    _send(sb, phone, form, {"type": "edit", "original_message_id": about, "text": text})


async def revoke(sb: "Sandbox", phone: Phone, form: Form) -> None:
    _send(sb, phone, form, {"type": "revoke", "original_message_id": _text(form, "wamid")})


async def play(sb: "Sandbox", phone: Phone, form: Form) -> None:
    message = sb.world.messages.get(_text(form, "wamid"))
    if message is not None and message.number == phone.number:
        sb.statuses.play(message)


async def switch(sb: "Sandbox", phone: Phone, form: Form) -> None:
    switches: dict[str, bool | str] = {name: name in form for name in phones.SWITCHES}
    if "username" in form:
        switches["username"] = phones.username(_text(form, "username"))
    phones.save(sb, phone.number, phone.name, **switches)


async def marketing(sb: "Sandbox", phone: Phone, form: Form) -> None:
    business, number = phones.chat_with(sb, phone, _text(form, "sender"))
    # Enter on the switch posts it as it stands; WhatsApp tells of a change only.
    if ("stop" in form) != (business.id in phone.stopped):
        identity.prefer(sb, phone, business, number, "stop" if "stop" in form else "resume")


async def number(sb: "Sandbox", phone: Phone, form: Form) -> None:
    identity.change_number(sb, phone, _text(form, "new_number"))


async def line(sb: "Sandbox", phone: Phone, form: Form) -> None:
    settings = {"duplicate": 2 if "twice" in form else 1, "shuffle": "mix" in form}
    control_faults.set_webhooks(sb, settings)


ACTIONS: dict[str, Callable[["Sandbox", Phone, Form], Awaitable[None]]] = {
    "write": write,
    "tap": tap,
    "open": open_chat,
    "attach": attach,
    "react": react,
    "edit": edit,
    "revoke": revoke,
    "play": play,
    "switch": switch,
    "marketing": marketing,
    "number": number,
    "line": line,
}
