"""Templates over the Graph API: submitted, read, edited, deleted, unpaused.

"Template management" (14 November 2025).
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox import ids, resumable, template_life, template_news, template_rules
from sandbox import template_errors as errors
from sandbox.checks import keys
from sandbox.errors import GraphError, no_such_object, required
from sandbox.fields import Fields, pick
from sandbox.paging import page
from sandbox.records import Business, Json, Template
from sandbox.sending import HELD

if TYPE_CHECKING:
    from sandbox.core import Sandbox

DAY, HOUR = 24 * 3600, 3600
CAP, CAP_VERIFIED = 250, 6000
SUBMISSIONS_AN_HOUR = 100  # "Template creation", per WABA
NAME_HELD_FOR = 30 * DAY
EDITABLE = frozenset({"APPROVED", "REJECTED", "PAUSED"})
EDITS = ((DAY, 1, "24 hours"), (30 * DAY, 10, "30 days"))
EDIT_KEYS = frozenset(
    {"category", "components", "message_send_ttl_seconds", "parameter_format"}
    | {"access_token", "appsecret_proof"}
    | {"cta_url_link_tracking_opted_out"}
)
MOST_DELETED = 100
FILTERS = ("status", "name", "language", "category")
UNDER_WAY = frozenset({"accepted", "sent", HELD})


def create(sb: "Sandbox", business: Business, given: Json) -> Json:
    now = sb.clock.now()
    _not_too_often(sb, business, now)
    asked = template_rules.check(given, lambda handle: _type_of(sb, handle))
    _name_is_free(business, asked.name, asked.language, now)
    if len(business.templates) >= cap(business):
        raise errors.refused(
            errors.LIMIT, f"This account has {cap(business)} templates. Delete one and try again."
        )
    again = [] if business.template(asked.name, asked.language) is None else [str(now)]
    again += [str(now)] if asked.name in business.names_left else []
    made = Template(
        id=ids.node_id("template", business.waba_id, asked.name, asked.language, *again),
        name=asked.name,
        language=asked.language,
        category=asked.category,
        status="PENDING",
        components=asked.components,
        parameter_format=asked.parameter_format,
        ttl=asked.ttl,
        link_tracking_opted_out=asked.opted_out,
        special=asked.special,
    )
    business.templates[made.id] = made
    business.submissions.append(now)
    template_life.submit(sb, made)
    _save(sb, business, made)
    return {"id": made.id, "status": made.status, "category": made.category}


def _save(sb: "Sandbox", business: Business, template: Template) -> None:
    sb.shapes.pop((business.id, template.name, template.language), None)
    sb.world.save_business(business)
    sb.live.changed()


def _type_of(sb: "Sandbox", handle: str) -> str | None:
    found = resumable.found(sb, handle)
    return found.mime_type if found else None


def cap(business: Business) -> int:
    """6,000 once the business is verified and a number has an approved display name."""
    named = any(n.name_status == "APPROVED" for n in business.numbers.values())
    return CAP_VERIFIED if business.verified and named else CAP


def _not_too_often(sb: "Sandbox", business: Business, now: float) -> None:
    business.submissions = [at for at in business.submissions if now - at < HOUR]
    if sb.world.settings.enforce and len(business.submissions) >= SUBMISSIONS_AN_HOUR:
        raise GraphError(80008)


def _name_is_free(business: Business, name: str, language: str, now: float) -> None:
    found = business.template(name, language)
    if found is not None and found.status != "PENDING_DELETION":
        raise errors.refused(
            errors.EXISTS,
            f"There is already {language} content for this template. You can create a new "
            "template and try again.",
        )
    left = business.names_left.get(name, {})
    held = {code for code, at in left.items() if now - at < NAME_HELD_FOR}
    whole = not any(each.name == name for each in business.templates.values())
    if found is not None or language in held or (held and whole):
        raise errors.refused(
            errors.DELETING,
            f"New {language} content can't be added while the existing {language} content is "
            "being deleted. Try again in 4 weeks or create a new template.",
        )


# Reading


def listed(business: Business, given: Json, here: str) -> Json:
    def fits(template: Template) -> bool:
        for name in FILTERS:
            wanted = given.get(name)
            if wanted and str(wanted).lower() != str(getattr(template, name)).lower():
                return False
        return True

    matching = [t for t in business.templates.values() if fits(t)]
    shown, paging = page(matching, lambda t: t.id, given, here)
    return {"data": [read(t, given) for t in shown]} | paging


def read(found: Template, given: Json) -> Json:
    known: Fields = {
        "name": lambda: found.name,
        "language": lambda: found.language,
        "category": lambda: found.category,
        "status": lambda: found.status,
        "components": lambda: found.components,
        "parameter_format": lambda: found.parameter_format,
        "quality_score": lambda: {"score": found.quality, "date": int(found.updated_at)},
        "rejected_reason": lambda: found.rejected_reason,
        "previous_category": lambda: found.previous_category or None,
        "correct_category": lambda: found.correct_category or None,
        "sub_category": lambda: None,
        "message_send_ttl_seconds": lambda: found.ttl,
        "library_template_name": lambda: None,
        "cta_url_link_tracking_opted_out": lambda: found.link_tracking_opted_out,
        "last_updated_time": lambda: _when(found.updated_at),
    }
    default = "name,parameter_format,components,language,status,category,id"
    return pick("WhatsAppMessageTemplate", found.id, known, default, given)


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


# Changing


def node(
    sb: "Sandbox", method: str, business: Business, template: Template, edge: str, given: Json
) -> Json:
    match method, edge:
        case "GET", "":
            return read(template, given)
        case "POST", "":
            return edit(sb, business, template, given)
        case "POST", "unpause":
            return unpause(sb, business, template)
    raise no_such_object(template.id, method)


def edit(sb: "Sandbox", business: Business, template: Template, given: Json) -> Json:
    keys(given, EDIT_KEYS, "message_template")
    if not given.keys() - {"access_token", "appsecret_proof"}:
        raise required("components")
    if template.status not in EDITABLE:
        raise errors.refused(
            errors.STATUS,
            f"A template of status {template.status} can't be edited: only approved, rejected and "
            "paused ones can.",
        )
    now = sb.clock.now()
    if template.status == "APPROVED":
        _not_edited_too_often(template, now)
    category = str(given.get("category") or template.category).upper()
    if category != template.category and template.status != "REJECTED":
        raise errors.invalid(
            "Category Cannot Be Changed", "The category of an approved template can't be edited."
        )
    base = template_rules.Definition(
        template.name,
        template.language,
        template_rules.choice({"category": category}, "category", template_rules.CATEGORIES),
        template_rules.choice(
            given, "parameter_format", template_rules.FORMATS, template.parameter_format
        )
        == "NAMED",
        template.components,
        template.ttl,
        template.special,
        template.link_tracking_opted_out,
    )
    _apply(sb, template, base, given)
    if template.status == "APPROVED":
        template.edits.append(now)
    template.edited = template.status != "REJECTED"
    template_life.submit(sb, template)
    _save(sb, business, template)
    return {"success": True}


def _apply(sb: "Sandbox", template: Template, base: template_rules.Definition, given: Json) -> None:
    """A new category or format is checked with the components that it goes with."""
    whole = {"components": base.components} | given
    if base.category == "AUTHENTICATION" and "components" not in given:
        if template.category != "AUTHENTICATION":
            raise required("components")
        ttl = given.get("message_send_ttl_seconds")
        template.ttl = base.ttl if ttl is None else template_rules.check_ttl(ttl, base.category)
        return

    def type_of(handle: str) -> str | None:
        return _type_of(sb, handle)

    found = template_rules.check_content(whole, base, type_of)
    template.category, template.components, template.ttl = (
        found.category, found.components, found.ttl,
    )  # fmt: skip
    template.parameter_format, template.special = found.parameter_format, found.special
    template.link_tracking_opted_out = found.opted_out


def _not_edited_too_often(template: Template, now: float) -> None:
    for seconds, most, says in EDITS:
        if sum(now - at < seconds for at in template.edits) >= most:
            raise errors.invalid(
                "Edit Limit Reached",
                f"An approved template can be edited {most} {'time' if most == 1 else 'times'} in "
                f"{says}. Try again later.",
            )


def unpause(sb: "Sandbox", business: Business, template: Template) -> Json:
    """Only for one that pacing paused: other pauses end by themselves."""
    if template.status != "PAUSED" or template.paused_until:
        return {"success": False, "reason": "The template was not paused by template pacing."}
    template_life.unpause(sb, business, template)
    _save(sb, business, template)
    return {"success": True}


# Deleting


def delete(sb: "Sandbox", business: Business, given: Json) -> Json:
    """By name every language; by name and `hsm_id` one; by `hsm_ids` up to 100. All or none."""
    found = _meant(business, given)
    for template in found:
        if template.status == "DISABLED":
            raise errors.invalid(
                "Message Template Cannot Be Deleted",
                f"The template {template.name} is disabled, and disabled templates stay.",
            )
    now = sb.clock.now()
    for template in found:
        if template.was_approved or template.status == "APPROVED":
            business.names_left.setdefault(template.name, {})[template.language] = now
        if _under_way(sb, business, template, now):
            template.status, template.deleted_at, template.updated_at = "PENDING_DELETION", now, now
            template.review_at = template.paused_until = template.category_at = 0.0
            template_news.status(sb, business, template, "PENDING_DELETION", "NONE")
        else:
            template_life.remove(sb, business, template)
    sb.lives.changed()
    sb.world.save_business(business)
    sb.live.changed()
    return {"success": True}


def _meant(business: Business, given: Json) -> list[Template]:
    there = [t for t in business.templates.values() if t.status != "PENDING_DELETION"]
    name, one = given.get("name"), given.get("hsm_id")
    if given.get("hsm_ids"):
        if name or one:
            raise GraphError(100, message="Param hsm_ids cannot be given with name or hsm_id.")
        wanted = _id_list(given["hsm_ids"])
        return [_by_id(there, each) for each in dict.fromkeys(wanted)]
    if not name:
        raise required("name")
    if one:
        found = _by_id(there, str(one))
        if found.name != name:
            raise _not_found(f"{name} with id {one}")
        return [found]
    named = [t for t in there if t.name == name]
    if not named:
        raise _not_found(str(name))
    return named


def _id_list(given: object) -> list[str]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_DELETED:
        raise GraphError(100, message=f"Param hsm_ids must be a list of 1 to {MOST_DELETED} ids.")
    return [str(each) for each in given]


def _by_id(there: Iterable[Template], template_id: str) -> Template:
    for template in there:
        if template.id == template_id:
            return template
    raise _not_found(template_id)


def _not_found(what: str) -> GraphError:
    return errors.invalid("Message Template Not Found", f"There is no message template {what}.")


def _under_way(sb: "Sandbox", business: Business, template: Template, now: float) -> bool:
    """Whether a message of it is accepted and not delivered yet."""
    return any(
        message.type == "template"
        and message.outbound
        and message.status in UNDER_WAY
        and not message.error
        and now - message.at < template_life.DELETING_FOR
        and message.phone_id in business.numbers
        and message.content.get("template") == template.name
        and message.content.get("language") == template.language
        for message in sb.world.messages.values()
    )
