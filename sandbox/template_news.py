"""What Meta tells of a template: its status, category, quality and components, each a field."""

from typing import TYPE_CHECKING

from sandbox.account import tell
from sandbox.records import Business, Json, Template

if TYPE_CHECKING:
    from sandbox.core import Sandbox

DAY = 24 * 3600


def named(template: Template) -> Json:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def status(
    sb: "Sandbox", business: Business, template: Template, event: str, reason: str, **info: Json
) -> Json:
    """`info` is `disable_info`, `other_info` or `rejection_info`."""
    value = {"event": event, **named(template), "message_template_category": template.category}
    value |= {"reason": reason} | info
    return tell(sb, business, "message_template_status_update", value)


def category(sb: "Sandbox", business: Business, template: Template, new: str) -> Json:
    """The category changes now."""
    template.previous_category, template.category = template.category, new
    template.correct_category, template.category_at = "", 0.0
    value = named(template)
    value |= {"previous_category": template.previous_category, "new_category": new}
    return tell(sb, business, "template_category_update", value)


def category_announced(
    sb: "Sandbox", business: Business, template: Template, new: str, at: int
) -> Json:
    """The category changes at `at` (Unix seconds): 24 hours' notice, as a rule."""
    template.correct_category = new
    template.category_at = float(at) if at > sb.clock.now() else 0.0
    value = named(template)
    value |= {
        "correct_category": new,
        "new_category": template.category,
        "category_update_timestamp": at,
    }
    return tell(sb, business, "template_category_update", value)


def components(sb: "Sandbox", business: Business, template: Template) -> Json:
    value = named(template)
    for component in template.components:
        text = component.get("text")
        match str(component.get("type", "")).upper():
            case "HEADER" if text:
                value["message_template_title"] = text
            case "BODY":
                value["message_template_element"] = text
            case "FOOTER":
                value["message_template_footer"] = text
            case "BUTTONS":
                value["message_template_buttons"] = [_button(b) for b in component["buttons"]]
    return tell(sb, business, "message_template_components_update", value)


def _button(button: Json) -> Json:
    told = {"message_template_button_type": str(button.get("type", "")).upper()}
    told["message_template_button_text"] = str(button.get("text", ""))
    for name in ("url", "phone_number"):
        if name in button:
            told[f"message_template_button_{name}"] = button[name]
    return told
