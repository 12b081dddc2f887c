"""What may stand around any message: quote, forwarding, advertisement, reaction, earlier words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils import timezone

from whatsapp.meta.reading import as_mapping, as_text
from whatsapp.models import (
    ChangeKind,
    Conversation,
    Direction,
    Message,
    MessageChange,
    MessageKind,
)
from whatsapp.selectors.bubbles import excerpt
from whatsapp.selectors.bubbles.drawn import clock_of
from whatsapp.sending.explain import failure_of


@dataclass(frozen=True, slots=True)
class Quote:
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Referral:
    """The advertisement or post that the candidate came from."""

    what: str
    headline: str
    body: str
    url: str


@dataclass(frozen=True, slots=True)
class Before:
    """What an edited message said first; `text` is empty where it had no words."""

    moment: str
    text: str


def quoted(conversation: Conversation, messages: Iterable[Message]) -> dict[str, Message]:
    wamids = {message.context_wamid for message in messages if message.context_wamid}
    if not wamids:
        return {}
    rows = Message.objects.filter(sender_id=conversation.sender_id, wamid__in=wamids)
    return {row.wamid: row for row in rows.select_related("author", "call")}


def quote_of(message: Message, rows: dict[str, Message], they: str) -> Quote | None:
    """Also where the quoted message is not here: an answer without its question misleads."""
    if not message.context_wamid or message.deleted_at is not None:
        return None
    row = rows.get(message.context_wamid)
    if row is None:
        return Quote("", "A message that is not here")
    text = excerpt(row)
    return Quote(
        by=(row.author.full_name if row.author else "Automatic") if row.is_ours else they,
        text=text if len(text) <= 60 else f"{text[:57]} …",
    )


def reactions(conversation: Conversation, messages: Iterable[Message]) -> dict[str, str]:
    """The emoji on each message, by wamid: the newest counts, and an empty one is none."""
    wamids = [message.wamid for message in messages if message.wamid]
    rows = MessageChange.objects.filter(
        sender_id=conversation.sender_id, target_wamid__in=wamids, kind=ChangeKind.REACTION
    )
    # Within one second Meta's stamps do not tell which came last; the ids decide, everywhere alike.
    return dict(rows.order_by("at", "wamid").values_list("target_wamid", "emoji"))


@dataclass(frozen=True, slots=True)
class OurReaction:
    """`emoji` is what shows on the candidate's phone; `failed` is one that did not get there."""

    emoji: str
    by: str
    failed: str
    failure: str


def our_reactions(
    conversation: Conversation, messages: Iterable[Message]
) -> dict[str, OurReaction]:
    """What we put on their messages, by wamid: the newest that did not fail counts."""
    wamids = [one.wamid for one in messages if one.direction == Direction.IN and one.wamid]
    rows = conversation.messages.filter(kind=MessageKind.REACTION, context_wamid__in=wamids)
    found: dict[str, OurReaction] = {}
    for row in rows.select_related("author").order_by("at", "pk"):
        before = found.get(row.context_wamid, OurReaction("", "", "", ""))
        failure = failure_of(row, tz=timezone.get_current_timezone())
        if failure is None:
            by = row.author.full_name if row.author else "Automatic"
            found[row.context_wamid] = OurReaction(row.text, by, "", "")
        else:
            said = f"{failure.sentence} {failure.remedy}"
            found[row.context_wamid] = replace(before, failed=row.text or "–", failure=said)
    return found


def forwarding(message: Message) -> str:
    context = as_mapping(message.content.get("context"))
    if context.get("frequently_forwarded") is True:
        return "Forwarded many times"
    return "Forwarded" if context.get("forwarded") is True else ""


def product(message: Message) -> str:
    """The number of the catalogue's product that the message asks about."""
    context = as_mapping(message.content.get("context"))
    return as_text(as_mapping(context.get("referred_product")).get("product_retailer_id"))


def referral(message: Message) -> Referral | None:
    about = as_mapping(message.content.get("referral"))
    if not about:
        return None
    url = as_text(about.get("source_url"))
    return Referral(
        what="Came from a post" if about.get("source_type") == "post" else "Came from an ad",
        headline=as_text(about.get("headline")),
        body=as_text(about.get("body")),
        url=url if url.startswith(("https://", "http://")) else "",
    )


def before(message: Message) -> Before | None:
    if message.edited_at is None or message.deleted_at is not None:
        return None
    original = as_mapping(message.content.get("before"))
    inner = as_mapping(original.get(as_text(original.get("type"))))
    words = (as_text(inner.get(name)) for name in ("body", "caption", "text"))
    return Before(clock_of(message.edited_at), next(filter(None, words), ""))
