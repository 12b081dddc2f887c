"""Why a message of ours did not arrive, in words a recruiter can act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from whatsapp.countries import country_name
from whatsapp.meta.errors import explain
from whatsapp.models import Message, MessageStatus
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.sentences import say


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
        said = [say(_reason(entry), tz=tz, country_name=country_name) for entry in message.refusal]
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


def _reason(entry: dict[str, Any]) -> Reason:
    params = {key: _rich(value) for key, value in entry["params"].items()}
    return Reason(ReasonCode(entry["code"]), params)


def _rich(value: Any) -> Any:
    """Takes back what JSON flattened."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
