"""The bodies of POST /{phone_number_id}/messages."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

# "CC." and up to 128 letters and digits; a parent BSUID is "CC.ENT." and the same.
BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}", re.ASCII)
PHONE = re.compile(r"\+?[0-9]{5,15}", re.ASCII)


def text_message(
    to: str,
    body: str,
    *,
    preview_url: bool = False,
    context_wamid: str | None = None,
    callback_data: str | None = None,
) -> dict[str, Any]:
    """Free-form text. `to` is a phone number in E.164 or a BSUID."""
    content = {"body": body, "preview_url": preview_url}
    return free_message(
        to, "text", content, context_wamid=context_wamid, callback_data=callback_data
    )


def free_message(
    to: str,
    kind: str,
    content: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    context_wamid: str | None = None,
    callback_data: str | None = None,
) -> dict[str, Any]:
    """A message of any kind but a template; `content` as the functions below make it.

    `context_wamid` names the message that it answers, which a reaction does in its content.
    """
    payload = _envelope(to, kind, callback_data)
    payload[kind] = content
    if context_wamid:
        payload["context"] = {"message_id": context_wamid}
    return payload


def media(
    media_id: str, *, caption: str = "", filename: str = "", voice: bool = False
) -> dict[str, Any]:
    """Of an image, a video, a sound, a document or a sticker, by the id of its upload.

    Only images, videos and documents have a caption, only documents a name, and only sounds (OGG
    with Opus) are a voice message.
    """
    content: dict[str, Any] = {"id": media_id}
    if caption:
        content["caption"] = caption
    if filename:
        content["filename"] = filename
    if voice:
        content["voice"] = True
    return content


def location(
    latitude: float, longitude: float, *, name: str = "", address: str = ""
) -> dict[str, Any]:
    """A place; degrees go as text, to about a centimetre."""
    content = {"latitude": f"{latitude:.7f}", "longitude": f"{longitude:.7f}"}
    if name:
        content["name"] = name
    if address:
        content["address"] = address
    return content


def reaction(wamid: str, emoji: str) -> dict[str, Any]:
    """An emoji on a message of theirs; an empty one takes the last back."""
    return {"message_id": wamid, "emoji": emoji}


def template_message(
    to: str,
    name: str,
    language: str,
    components: Sequence[Mapping[str, Any]] = (),
    callback_data: str | None = None,
    context_wamid: str | None = None,
) -> dict[str, Any]:
    """An approved template; `components` as template_parameters.send_components() makes them."""
    payload = _envelope(to, "template", callback_data)
    template: dict[str, Any] = {"name": name, "language": {"code": language.replace("-", "_")}}
    if components:
        template["components"] = [dict(component) for component in components]
    payload["template"] = template
    if context_wamid:
        payload["context"] = {"message_id": context_wamid}
    return payload


def read_receipt(wamid: str, *, typing: bool = False) -> dict[str, Any]:
    """Marks this inbound message and the earlier ones read; `typing` shows that we write."""
    payload: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": wamid,
    }
    if typing:
        payload["typing_indicator"] = {"type": "text"}
    return payload


def _envelope(to: str, kind: str, callback_data: str | None) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_address(to),
        "type": kind,
    }
    if callback_data is not None:
        payload["biz_opaque_callback_data"] = callback_data
    return payload


def _address(to: str) -> dict[str, str]:
    if BSUID.fullmatch(to):
        return {"recipient": to}
    if PHONE.fullmatch(to):
        return {"to": to}
    raise ValueError("the recipient is neither a phone number in E.164 nor a BSUID")
