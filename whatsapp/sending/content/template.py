"""An approved template with values: what is sent is what Meta approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from whatsapp.meta import template_text
from whatsapp.meta.payloads import template_message
from whatsapp.models import Message, MessageKind, MessageTemplate, Sender
from whatsapp.policy.facts import TemplateContent


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """`values` by the keys of `template_text.variables`."""

    template: MessageTemplate
    values: Mapping[str, str]

    kind = MessageKind.TEMPLATE

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
                for problem in template_text.problems(components, self.values, now=now)
            ),
        )

    def text(self) -> str:
        return template_text.render(self.template.components, self.values).body

    def content(self) -> dict[str, Any]:
        """Kept with the message: the thread shows what was sent, whatever becomes of the
        template."""
        rendered = template_text.render(self.template.components, self.values)
        return {
            "values": dict(self.values),
            "rendered": asdict(rendered),
            "name": self.template.name,
            "language": self.template.language,
            "category": self.template.category,
        }


class TemplateKind:
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
        return TemplateDraft(template, message.content["values"])

    def payload(self, message: Message, *, to: str) -> dict[str, Any]:
        draft = self.draft_of(message)
        template = draft.template
        return template_message(
            to,
            template.name,
            template.language,
            template_text.send_components(
                template.components, template.parameter_format, draft.values
            ),
            callback_data=str(message.callback_id),
        )
