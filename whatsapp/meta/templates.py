"""The Graph API's calls about message templates: creating, changing, deleting, unpausing.

Source: Meta, "Template management" (templates/template-management).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whatsapp.meta.client import node_path
from whatsapp.meta.errors import GraphError, UnreadableAnswer
from whatsapp.meta.reading import as_text
from whatsapp.meta.uploads import UploadClient


@dataclass(frozen=True)
class Created:
    """What Meta answers to a new template: in which category it has it, whatever was asked for."""

    id: str
    status: str
    category: str


class TemplateClient(UploadClient):
    """As `UploadClient`, with what people do to templates. None of the calls is repeated: after
    AnswerLost reading the list tells what was done."""

    def create_template(self, waba_id: str, body: Mapping[str, Any]) -> Created:
        """`body` is a name, language, category, parameter format and components."""
        data = self._call("POST", node_path(waba_id, "message_templates"), json_body=body)
        created = Created(
            as_text(data.get("id")),
            as_text(data.get("status")).upper() or "PENDING",
            as_text(data.get("category")).upper() or as_text(body.get("category")),
        )
        if not created.id:
            raise UnreadableAnswer(
                -1, details="Meta took a template and named no id", http_status=200
            )
        return created

    def edit_template(
        self, template_id: str, components: Sequence[Mapping[str, Any]], **changes: str
    ) -> None:
        """Replaces all components; `changes` are category and parameter_format."""
        self._done("POST", node_path(template_id, ""), {**changes, "components": list(components)})

    def delete_template(self, waba_id: str, *, template_id: str, name: str) -> None:
        """One language of a name."""
        query = {"hsm_id": template_id, "name": name}
        self._done("DELETE", node_path(waba_id, "message_templates"), query=query)

    def unpause_template(self, template_id: str) -> None:
        """Meta does so only after pacing. Otherwise it answers no error, but no success and why:
        a GraphError with its reason."""
        self._done("POST", node_path(template_id, "unpause"))

    def _done(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
    ) -> None:
        data = self._call(method, path.rstrip("/"), json_body=body, params=query)
        reason = as_text(data.get("reason"))
        if data.get("success") is False and reason:
            raise GraphError(-1, details=reason, http_status=200)
        if data.get("success") is not True:
            raise UnreadableAnswer(-1, details="Meta answered with no success", http_status=200)
