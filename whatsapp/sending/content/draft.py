"""What every draft and every kind of message answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from whatsapp.media.outgoing import OutgoingFile
from whatsapp.meta.client import GraphClient
from whatsapp.meta.payloads import free_message
from whatsapp.models import Message, MessageKind, MessageTemplate, Sender
from whatsapp.policy.facts import Content


class Draft(ABC):
    """What is to be sent, before it is a message.

    `text` is what a person reads of it, `content` what is stored beside it (JSON). A field that
    takes a property's place says `field()`, or the property would be its default.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def kind(self) -> MessageKind: ...

    @property
    def template(self) -> MessageTemplate | None:
        return None

    @property
    def context_wamid(self) -> str:
        """The message that it answers, or is about."""
        return ""

    @property
    def file(self) -> OutgoingFile | None:
        return None

    @property
    def is_answer(self) -> bool:
        """Whether it says something: whoever waits for an answer has it then."""
        return True

    @abstractmethod
    def facts(self, sender: Sender | None, *, now: datetime) -> Content:
        """What the rules must know of it."""

    @abstractmethod
    def text(self) -> str: ...

    @abstractmethod
    def content(self) -> dict[str, Any]: ...

    def is_same_as(self, message: Message) -> bool:
        """Whether the message is what came of this draft."""
        return (message.kind, message.text, message.context_wamid, message.content) == (
            self.kind,
            self.text(),
            self.context_wamid,
            self.content(),
        )


class Kind(ABC):
    """A kind of message that is stored: back to its draft, and on to Meta."""

    @abstractmethod
    def draft_of(self, message: Message) -> Draft: ...

    @abstractmethod
    def payload(self, message: Message, *, to: str) -> dict[str, Any]: ...

    def waits_for_file(self, message: Message) -> bool:
        """Whether `prepare` may have something to do, which can last minutes."""
        return False

    def forget_upload(self, message: Message, payload: Mapping[str, Any], *, now: datetime) -> bool:
        """Meta does not know the file of `payload`: whether it can be given again."""
        return False

    def prepare(self, message: Message, client: GraphClient, *, now: datetime) -> None:
        """What Meta must have before the message; of most kinds nothing."""
        return


class FreeKind(Kind):
    """Any kind but a template: an envelope around what Meta takes of the kind."""

    @abstractmethod
    def inner(self, message: Message) -> dict[str, Any] | list[dict[str, Any]]:
        """What stands in Meta's JSON under the kind."""

    def payload(self, message: Message, *, to: str) -> dict[str, Any]:
        return free_message(
            to,
            message.kind,
            self.inner(message),
            context_wamid=message.context_wamid or None,
            callback_data=str(message.callback_id),
        )
