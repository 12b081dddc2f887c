"""An approved template with its parameters."""

from sandbox.checks import keys, object_of
from sandbox.content import files, place
from sandbox.content.asked import Asked, Content
from sandbox.errors import GraphError, required
from sandbox.records import Json
from sandbox.template_text import fill, shape_of

KEYS = frozenset({"name", "language", "components"})
LANGUAGE_KEYS = frozenset({"code", "policy"})


def build(asked: Asked) -> Content:
    given = object_of(asked.payload, "template")
    keys(given, KEYS, "template")
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise required("template['name']")
    language = given.get("language")
    code = language.get("code") if isinstance(language, dict) else None
    if not isinstance(language, dict) or not isinstance(code, str) or not code:
        raise required("template['language']['code']")
    keys(language, LANGUAGE_KEYS, "template['language']")
    sb, business = asked.sb, asked.business
    shapes = sb.shapes.get((business.id, name, code))
    if shapes is None:
        template = business.template(name, code)
        if template is None:
            raise GraphError(132001, f"template name ({name}) does not exist in {code}")
        shapes = sb.shapes[business.id, name, code] = (template, shape_of(template))
    template, shape = shapes
    _usable(template.status, name, code)
    if template.violates:
        raise GraphError(132007, f"Template ({name}) in {code} violates a WhatsApp policy")
    if asked.by_user_id and shape.passcode:
        raise GraphError(131062, "An authentication template needs a phone number in to")

    def attached(kind: str, file: Json) -> Json:
        where = f"template['components'] header {kind}"
        if kind == "location":
            return place.read(file, where)
        return files.header(asked, kind, file, where)

    content = fill(shape, given.get("components"), attached)
    content["template"] = name
    content["language"] = code
    return Content(content, template.category.lower(), template)


def _usable(status: str, name: str, code: str) -> None:
    if status == "PAUSED":
        raise GraphError(132015, f"Template ({name}) in {code} is paused because of its quality")
    if status == "DISABLED":
        raise GraphError(132016, f"Template ({name}) in {code} is disabled for good")
    if status != "APPROVED":
        raise GraphError(132001, f"template name ({name}) is not approved in {code}")
