"""Why a message of ours did not arrive, in words a recruiter can act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from whatsapp.meta.errors import explain
from whatsapp.models import Message, MessageStatus
from whatsapp.sending.causes import say_stored


@dataclass(frozen=True, slots=True)
class Failure:
    """`meta` is what stands behind "What Meta said"; empty where our own rules refused."""

    title: str
    sentence: str
    remedy: str
    meta: str = ""


def failure_of(message: Message, *, tz: tzinfo) -> Failure | None:
    """None for a message that has not failed."""
    if message.status != MessageStatus.FAILED:
        return None
    if message.refusal:
        said = say_stored(message.refusal, tz=tz)
        return Failure(said[0].title, " ".join(one.sentence for one in said), said[0].remedy)
    if message.error_code is None:
        return Failure(
            "Not sent",
            "Something in this system went wrong before anything reached WhatsApp.",
            "Write it again. If it comes back, tell whoever runs this system; the message has the "
            f"number {message.pk}.",
        )
    code = message.error_code
    words = explain(code, message.error_details)
    said_by_meta = f"{code} {message.error_title} {message.error_details}".strip()
    return Failure(words.title, words.sentence, words.action, said_by_meta)
