"""An approved template with values: what is sent is what Meta approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from whatsapp.meta import template_text
from whatsapp.meta.payloads import template_message
from whatsapp.meta.template_text import RenderedTemplate
from whatsapp.models import Message, MessageKind, MessageTemplate, Sender
from whatsapp.policy.facts import TemplateContent
from whatsapp.sending.content.draft import Draft, Kind


@dataclass(frozen=True, slots=True)
class TemplateDraft(Draft):
    """`values` by the keys of `template_text.variables`."""

    template: MessageTemplate = field()
    values: Mapping[str, str]
    context_wamid: str = ""
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
        components = self.template.components
        lacking = tuple(one.label for one in template_text.missing(components, self.values))
        return TemplateContent(
            name=self.template.name,
            language=self.template.language,
            category=self.template.category,
            status="DELETED" if self.template.is_gone else self.template.status,
            # What text cannot fill is missing as well, and named.
            missing_values=(*lacking, *template_text.unsupported(components)),
            of_sender=sender is None or self.template.waba_id in (None, sender.waba_id),
            value_problems=tuple(
                problem.sentence
                for problem in template_text.problems(
                    components, self.values, now=now, rendered=self.rendered
                )
            ),
        )

    def text(self) -> str:
        return self.rendered.body

    def content(self) -> dict[str, Any]:
        """Kept with the message: the thread shows what was sent, whatever becomes of the
        template."""
        return {
            "values": dict(self.values),
            "rendered": asdict(self.rendered),
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

    def payload(self, *, to: str, callback_data: str | None = None) -> dict[str, Any]:
        """The body for Meta."""
        return template_message(
            to,
            self.template.name,
            self.template.language,
            template_text.send_components(
                self.template.components, self.template.parameter_format, self.values
            ),
            callback_data=callback_data,
            context_wamid=self.context_wamid or None,
        )


class TemplateKind(Kind):
    def draft_of(self, message: Message) -> TemplateDraft:
        template = message.template
        if template is None:
            # Deleted here since: nothing of it can be sent.
            content = message.content
            template = MessageTemplate(
                name=content["name"],
                language=content["language"],
                category=content["category"],
                status="DELETED",
                components=[],
            )
        return TemplateDraft(template, message.content["values"], message.context_wamid)

    def payload(self, message: Message, *, to: str) -> dict[str, Any]:
        return self.draft_of(message).payload(to=to, callback_data=str(message.callback_id))
