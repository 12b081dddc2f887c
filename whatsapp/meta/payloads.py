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
    payload = _envelope(to, "text", callback_data)
    payload["text"] = {"body": body, "preview_url": preview_url}
    if context_wamid:
        payload["context"] = {"message_id": context_wamid}
    return payload


def template_message(
    to: str,
    name: str,
    language: str,
    components: Sequence[Mapping[str, Any]] = (),
    callback_data: str | None = None,
) -> dict[str, Any]:
    """An approved template; `components` as template_text.send_components() makes them."""
    payload = _envelope(to, "template", callback_data)
    template: dict[str, Any] = {"name": name, "language": {"code": language.replace("-", "_")}}
    if components:
        template["components"] = [dict(component) for component in components]
    payload["template"] = template
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
