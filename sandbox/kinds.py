"""What each kind of inbound message says, in Meta's shape; refuses what Meta could never send."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox import ids
from sandbox.drafts import Built, Draft
from sandbox.errors import status_error
from sandbox.media_kinds import media
from sandbox.phones import Refused
from sandbox.records import Json, Message, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox

EDITABLE_FOR = 15 * 60  # WhatsApp's own limit on the phone
PERMISSION_LASTS = 7 * 24 * 3600
NO_TEXT_KINDS = frozenset({"reaction", "edit", "revoke", "system"})


def build(sb: "Sandbox", draft: Draft) -> Built:
    builder = KINDS.get(draft.kind)
    if builder is None:
        raise Refused(
            f"Meta sends no message of type {draft.kind}: the types are {', '.join(KINDS)}. "
            "Send anything else with POST /_control/field."
        )
    return builder(sb, draft)


def _words(draft: Draft, name: str) -> str:
    value = draft.of(name)
    if not isinstance(value, str) or not value:
        raise Refused(f"A message of type {draft.kind} needs {name}.")
    return value


def target(sb: "Sandbox", draft: Draft, wamid: object) -> Message:
    """The message in this chat that another one is about."""
    found = sb.world.messages.get(str(wamid or ""))
    here = found is not None and (found.number, found.phone_id) == (
        draft.phone.number,
        draft.number.id,
    )
    if found is None or not here:
        raise Refused(f"{draft.kind} needs the id of a message in this chat; {wamid} is none.")
    return found


def _text(sb: "Sandbox", draft: Draft) -> Built:
    content = draft.content
    body = content.get("body") if isinstance(content, dict) else content
    if not isinstance(body, str) or not body:
        raise Refused("A text message needs words: give text.")
    return Built({"body": body}, {})


def _location(sb: "Sandbox", draft: Draft) -> Built:
    place: Json = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = draft.of(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > most:
            raise Refused(f"A location needs {name}: a number between -{most} and {most}.")
        place[name] = value
    place |= {n: str(draft.of(n)) for n in ("name", "address", "url") if draft.of(n)}
    return Built(place, {})


def own_card(phone: Phone) -> Json:
    """The person's own contact card, as a contact request is answered with."""
    first, _, last = phone.name.partition(" ")
    shown = ids.spoken(phone.number)
    card = (
        f"BEGIN:VCARD\nVERSION:3.0\nN:{last};{first};;;\nFN:{phone.name}\n"
        f"TEL;type=CELL;waid={phone.wa_id}:{shown}\nEND:VCARD"
    )
    return {
        "name": {"first_name": first, "last_name": last, "formatted_name": phone.name},
        "phones": [{"phone": shown, "wa_id": phone.wa_id, "type": "CELL"}],
        "vcard": card,
    }


def _contacts(sb: "Sandbox", draft: Draft) -> Built:
    origin = draft.given.get("origin")
    if origin not in (None, "contact_request", "other"):
        raise Refused('origin is "contact_request" or "other".')
    cards = draft.content or [own_card(draft.phone)]
    if not isinstance(cards, list) or not all(_named(card) for card in cards):
        raise Refused("contacts is a list, each with a name that has a formatted_name.")
    return Built(cards, {"origin": origin} if origin else {})


def _named(card: object) -> bool:
    name = card.get("name") if isinstance(card, dict) else None
    return isinstance(name, dict) and bool(name.get("formatted_name"))


def _reaction(sb: "Sandbox", draft: Draft) -> Built:
    about = target(sb, draft, draft.of("message_id"))
    emoji = draft.of("emoji")
    if about.type in NO_TEXT_KINDS or about.revoked or about.error:
        raise Refused("Nobody can react to this message: it is not on the phone.")
    if not emoji and not about.reaction and not draft.again:
        raise Refused("There is no reaction on this message to remove: give an emoji to add one.")
    content = {"message_id": about.wamid}
    if emoji is not None:
        content["emoji"] = str(emoji)
    return Built(content, {})


def _edit(sb: "Sandbox", draft: Draft) -> Built:
    about = target(sb, draft, draft.of("original_message_id"))
    if about.outbound or about.revoked:
        raise Refused("Only one's own message can be edited, and not after it was deleted.")
    if draft.at - about.at > EDITABLE_FOR and not draft.again:
        raise Refused("This message is older than 15 minutes, so WhatsApp lets nobody edit it.")
    given = draft.of("message")
    if isinstance(given, dict) and isinstance(given.get(about.type), dict):
        changed: Json = given[about.type]
    else:
        changed = {k: draft.of(k) for k in ("body", "caption") if draft.of(k) is not None}
        if isinstance(draft.given.get("text"), str):
            changed = {"body" if about.type == "text" else "caption": draft.given["text"]}
    allowed = {"text": "body", "image": "caption", "video": "caption", "document": "caption"}
    name = allowed.get(about.type)
    if name is None or not changed.get(name):
        raise Refused("An edit needs the new text of a text message, or the new caption of a file.")
    message: Json = {"type": about.type, about.type: about.content | {name: str(changed[name])}}
    if about.context:
        quoted = sb.world.messages.get(about.context)
        by = draft.number.digits if quoted is None or quoted.outbound else draft.phone.wa_id
        message["context"] = {"from": by, "id": about.context}
    return Built({"original_message_id": about.wamid, "message": message}, {})


def _revoke(sb: "Sandbox", draft: Draft) -> Built:
    about = target(sb, draft, draft.of("original_message_id"))
    if about.outbound or about.type in NO_TEXT_KINDS:
        raise Refused("Only one's own message can be deleted for everyone.")
    if about.revoked and not draft.again:
        raise Refused("This message was deleted already.")
    return Built({"original_message_id": about.wamid}, {})


def _button(sb: "Sandbox", draft: Draft) -> Built:
    return Built({"payload": _words(draft, "payload"), "text": _words(draft, "text")}, {})


def _order(sb: "Sandbox", draft: Draft) -> Built:
    items = draft.of("product_items")
    keys = ("product_retailer_id", "quantity", "item_price", "currency")
    if not isinstance(items, list) or not items:
        raise Refused("An order needs product_items.")
    for item in items:
        missing = [k for k in keys if not isinstance(item, dict) or k not in item]
        if missing:
            raise Refused(f"Each of product_items needs {', '.join(missing)}.")
    order: Json = {"catalog_id": _words(draft, "catalog_id"), "product_items": items}
    if draft.of("text"):
        order["text"] = str(draft.of("text"))
    return Built(order, {})


def _unsupported(sb: "Sandbox", draft: Draft) -> Built:
    content = draft.content if isinstance(draft.content, dict) else {}
    errors = draft.given.get("errors") or [status_error(131051)]
    return Built({k: v for k, v in content.items() if k == "type"}, {"errors": errors})


def _chosen(draft: Draft, kind: str, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> Json:
    given = draft.of(kind)
    if not isinstance(given, dict) or any(given.get(k) in (None, "") for k in keys):
        raise Refused(f"An interactive {kind} needs {kind} with {', '.join(keys)}.")
    return {k: given[k] for k in keys + optional if k in given}


def _permission(draft: Draft) -> Json:
    given = _chosen(draft, "call_permission_reply", ("response",))
    full: Json = draft.of("call_permission_reply")
    if given["response"] not in ("accept", "reject"):
        raise Refused('The response to a call permission request is "accept" or "reject".')
    if given["response"] == "accept":
        given["is_permanent"] = bool(full.get("is_permanent", False))
        if not given["is_permanent"]:
            ends = full.get("expiration_timestamp", int(draft.at + PERMISSION_LASTS))
            given["expiration_timestamp"] = ends
    given["response_source"] = str(full.get("response_source", "user_action"))
    return given


def _interactive(sb: "Sandbox", draft: Draft) -> Built:
    kind = draft.content.get("type") if isinstance(draft.content, dict) else None
    match kind:
        case "button_reply":
            chosen = _chosen(draft, kind, ("id", "title"))
        case "list_reply":
            chosen = _chosen(draft, kind, ("id", "title"), ("description",))
        case "nfm_reply":
            chosen = _chosen(draft, kind, ("response_json",), ("name", "body"))
            if not isinstance(chosen["response_json"], str):
                chosen["response_json"] = json.dumps(chosen["response_json"])
            chosen = {"name": "flow", "body": "Sent"} | chosen
        case "call_permission_reply":
            chosen = _permission(draft)
        case _:
            raise Refused(
                "interactive.type is button_reply, list_reply, nfm_reply or call_permission_reply."
            )
    return Built({"type": kind, kind: chosen}, {})


def _system(sb: "Sandbox", draft: Draft) -> Built:
    given = draft.content if isinstance(draft.content, dict) else {}
    needs = {
        "user_changed_number": ("wa_id",),
        "user_changed_user_id": ("user_id", "previous_user_id"),
        "customer_identity_changed": (),
    }
    wanted = needs.get(str(given.get("type")))
    if wanted is None:
        raise Refused(f"system.type is one of {', '.join(needs)}.")
    missing = [name for name in wanted if not given.get(name)]
    if missing:
        raise Refused(f"A system message of type {given['type']} needs {', '.join(missing)}.")
    beside: Json = {}
    if given["type"] == "customer_identity_changed":
        beside["identity"] = draft.given.get("identity") or {
            "acknowledged": True,
            "created_timestamp": str(int(draft.at)),
            "hash": ids.node_id(draft.phone.number, str(draft.at)),
        }
    body = given.get("body") or f"User {draft.phone.name} changed"
    return Built({"type": given["type"], "body": body} | given, beside)


KINDS: dict[str, Callable[["Sandbox", Draft], Built]] = {
    "text": _text,
    **dict.fromkeys(("image", "video", "audio", "document", "sticker"), media),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "edit": _edit,
    "revoke": _revoke,
    "unsupported": _unsupported,
    "system": _system,
}
