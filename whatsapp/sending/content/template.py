"""An approved template with values: what is sent is what Meta approved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from whatsapp.media.causes import WHAT, with_article
from whatsapp.message_templates import header_files
from whatsapp.message_templates.header_files import known_media_id, media_id_of
from whatsapp.meta import template_text
from whatsapp.meta.client import GraphClient
from whatsapp.meta.payloads import template_message
from whatsapp.meta.template_parameters import HeaderMedia, send_components
from whatsapp.meta.template_text import RenderedTemplate
from whatsapp.models import (
    MediaKind,
    Message,
    MessageKind,
    MessageTemplate,
    Sender,
    TemplateFile,
    TemplateTeam,
    TemplateTranslation,
    TemplateUpload,
)
from whatsapp.policy.facts import TemplateContent
from whatsapp.sending.content.draft import Draft, Kind


@dataclass(frozen=True, slots=True)
class Around:
    """What is kept here beside what Meta has: the header's file, and the teams that may use it, as
    `TemplateContent` has them. `is_asked` says that Meta may have a change of it, and nobody knows
    yet."""

    file: TemplateFile | None
    teams: frozenset[int] | None
    is_asked: bool


def around(template: MessageTemplate) -> Around:
    """Read once for a row that is in memory, whatever the number of messages made of it."""
    kept: Around | None = template.__dict__.get("_around")
    if kept is None:
        kind = template_text.header_media(template.components)
        ours = TemplateTranslation.objects.of(template).select_related("file").first()
        kept = Around(
            file=ours.file if ours and ours.file and ours.file.kind == kind else None,
            is_asked=ours is not None and ours.given is not None,
            teams=TemplateTeam.objects.by_name(template.waba_id, template.name).get(template.name),
        )
        template.__dict__["_around"] = kept
    return kept


def digest_of(template: MessageTemplate) -> str:
    """Names how it reads, and the header's file: the same as long as both are. Hexadecimal."""
    text = template_text.text_digest(template.components)
    return hashlib.sha256(f"{text}{_file_name(template)}".encode()).hexdigest()


def status_of(template: MessageTemplate) -> str:
    """In Meta's words. One whose change Meta may have is in review as far as anybody knows."""
    if template.is_gone:
        return "DELETED"
    is_asked = template.status == "APPROVED" and around(template).is_asked
    return "PENDING" if is_asked else template.status


def _file_name(template: MessageTemplate) -> str:
    file = around(template).file
    return file.sha256 if file else ""


@dataclass(frozen=True, slots=True)
class TemplateDraft(Draft):
    """`values` by the keys of `template_text.variables`. `kept` is the content of the message that
    it was stored as: what people were shown is what goes, or nothing."""

    template: MessageTemplate = field()
    values: Mapping[str, str]
    context_wamid: str = ""
    kept: Mapping[str, Any] | None = None
    # What has been worked out already: text, content and rules all ask how it will read.
    _kept: dict[str, RenderedTemplate] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    kind = MessageKind.TEMPLATE

    @property
    def rendered(self) -> RenderedTemplate:
        """How it will read."""
        if "rendered" not in self._kept:
            self._kept["rendered"] = template_text.render(self.template.components, self.values)
        return self._kept["rendered"]

    def facts(self, sender: Sender | None, *, now: datetime) -> TemplateContent:
        components, beside = self.template.components, around(self.template)
        file_kind = template_text.header_media(components)
        lacking = tuple(one.label for one in template_text.missing(components, self.values))
        return TemplateContent(
            name=self.template.name,
            language=self.template.language,
            category=self.template.category,
            status=status_of(self.template),
            missing_values=lacking,
            unsupported=template_text.unsupported(components),
            needs_file=with_article(WHAT[MediaKind(file_kind)])
            if file_kind and beside.file is None
            else "",
            teams=beside.teams,
            is_changed=self.kept is not None and not self._reads_as(self.kept),
            of_sender=sender is None or self.template.waba_id in (None, sender.waba_id),
            value_problems=tuple(
                problem.sentence
                for problem in template_text.problems(
                    components, self.values, now=now, rendered=self.rendered
                )
            ),
        )

    def _reads_as(self, kept: Mapping[str, Any]) -> bool:
        here = self.content()
        return all(kept.get(name, here[name]) == here[name] for name in ("rendered", "file"))

    def text(self) -> str:
        return self.rendered.body

    def content(self) -> dict[str, Any]:
        """Kept with the message: the thread shows what was sent, whatever becomes of the
        template."""
        return {
            "values": dict(self.values),
            "rendered": template_text.as_kept(self.rendered),
            "file": _file_name(self.template),
            "name": self.template.name,
            "language": self.template.language,
            "category": self.template.category,
        }

    def is_same_as(self, message: Message) -> bool:
        """Meta may have moved it to another category since; what it says is what counts."""
        return (
            (message.kind, message.template_id) == (self.kind, self.template.pk)
            and (message.text, message.context_wamid) == (self.text(), self.context_wamid)
            and message.content.get("values") == dict(self.values)
        )

    def media_id(self, sender_id: int, *, now: datetime) -> str | None:
        """Meta's id of the header's file: empty until it is uploaded, None where none is needed."""
        if not template_text.header_media(self.template.components):
            return None
        file = around(self.template).file
        return known_media_id(file, sender_id, now=now) if file else ""

    def payload(
        self, *, to: str, callback_data: str | None = None, media_id: str | None = None
    ) -> dict[str, Any]:
        """The body for Meta."""
        file = around(self.template).file if media_id else None
        return template_message(
            to,
            self.template.name,
            self.template.language,
            send_components(
                self.template.components,
                self.template.parameter_format,
                self.values,
                media=HeaderMedia(media_id or "", file.filename) if file else None,
            ),
            callback_data=callback_data,
            context_wamid=self.context_wamid or None,
        )


class TemplateKind(Kind):
    def draft_of(self, message: Message) -> TemplateDraft:
        content, template = message.content, message.template
        if template is None:
            # Deleted here since: nothing of it can be sent.
            template = MessageTemplate(
                name=content["name"],
                language=content["language"],
                category=content["category"],
                status="DELETED",
                components=[],
            )
            return TemplateDraft(template, content["values"], message.context_wamid)
        return TemplateDraft(template, content["values"], message.context_wamid, content)

    def waits_for_file(self, message: Message) -> bool:
        template = message.template
        return template is not None and bool(template_text.header_media(template.components))

    def _media_id(self, message: Message) -> str | None:
        """Of the file that `prepare` has just seen to."""
        template = message.template
        file = around(template).file if template and self.waits_for_file(message) else None
        rows = TemplateUpload.objects.filter(file=file, sender=message.sender_id)
        return rows.values_list("media_id", flat=True).first() if file else None

    def prepare(self, message: Message, client: GraphClient, *, now: datetime) -> None:
        template = message.template
        file = around(template).file if template else None
        if file is not None and self.waits_for_file(message):
            media_id_of(file, message.sender, client, now=now)

    def forget_upload(self, message: Message, payload: Mapping[str, Any], *, now: datetime) -> bool:
        template = message.template
        file = around(template).file if template and self.waits_for_file(message) else None
        media_id = _header_id(payload)
        if file is None or not media_id:
            return False
        return header_files.forget_upload(file, message.sender_id, media_id, now=now)

    def payload(self, message: Message, *, to: str) -> dict[str, Any]:
        draft = self.draft_of(message)
        return draft.payload(
            to=to,
            callback_data=str(message.callback_id),
            media_id=self._media_id(message),
        )


def _header_id(payload: Mapping[str, Any]) -> str:
    """Meta's id of the file that a message was handed over with."""
    for part in payload["template"].get("components", []):
        for given in part["parameters"] if part["type"] == "header" else []:
            return str(given[given["type"]].get("id", ""))
    return ""
