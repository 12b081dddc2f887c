"""GET and POST /{phone}/whatsapp_business_profile: what candidates read about the company.

Limits from "Business profiles", 4 November 2025.
"""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sandbox import resumable
from sandbox.checks import keys
from sandbox.errors import GraphError, one_of, too_long
from sandbox.fields import names
from sandbox.records import Business, Json, Number

if TYPE_CHECKING:
    from sandbox.core import Sandbox

LONGEST = {"about": 139, "address": 256, "description": 512, "email": 128}
WEBSITES, WEBSITE = 2, 256
VERTICALS = frozenset(
    {
        "ALCOHOL", "APPAREL", "AUTO", "BEAUTY", "EDU", "ENTERTAIN", "EVENT_PLAN", "FINANCE",
        "GOVT", "GROCERY", "HEALTH", "HOTEL", "NONPROFIT", "ONLINE_GAMBLING", "OTC_DRUGS", "OTHER",
        "PHYSICAL_GAMBLING", "PROF_SERVICES", "RESTAURANT", "RETAIL", "TRAVEL",
    }
)  # fmt: skip
SHOWN = ("about", "address", "description", "email", "profile_picture_url", "websites", "vertical")
TAKEN = frozenset(
    {*LONGEST, "websites", "vertical", "profile_picture_handle", "messaging_product"}
    | {"access_token", "appsecret_proof"}
)
PICTURES = ("image/jpeg", "image/jpg", "image/png")
EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
PICTURE_LIVES = 24 * 3600


def read(sb: "Sandbox", number: Number, given: Json) -> Json:
    """What was never filled in is left out."""
    wanted = names(str(given.get("fields") or ",".join(SHOWN)))
    unknown = [name for name in wanted if name not in (*SHOWN, "messaging_product", "id")]
    if unknown:
        raise GraphError(
            100,
            message=f"Tried accessing nonexisting field ({unknown[0]}) on node type "
            "(WhatsAppBusinessProfile)",
        )
    profile = {name: number.profile[name] for name in wanted if number.profile.get(name)}
    picture = sb.world.media.get(number.picture)
    if picture is not None and "profile_picture_url" in wanted:
        profile["profile_picture_url"] = sb.media.picture(picture, PICTURE_LIVES)
    return {"data": [profile | {"messaging_product": "whatsapp"}]}


def write(sb: "Sandbox", business: Business, number: Number, given: Json) -> Json:
    """All or nothing: one wrong field leaves the others as they were."""
    if given.get("messaging_product") != "whatsapp":
        raise one_of("messaging_product", '"WHATSAPP"', given.get("messaging_product"))
    keys(given, TAKEN, "whatsapp_business_profile")
    if not number.registered:
        raise GraphError(133010, "The phone number is not registered")
    changed: Json = {name: _text(name, given[name]) for name in LONGEST if name in given}
    if "about" in changed and not changed["about"]:
        raise GraphError(100, message="Param about must not be empty.")
    if changed.get("email") and not EMAIL.match(changed["email"]):
        raise GraphError(100, message="Param email must be a valid email address.")
    if "websites" in given:
        changed["websites"] = _websites(given["websites"])
    if "vertical" in given:
        if given["vertical"] not in VERTICALS:
            raise one_of("vertical", ", ".join(sorted(VERTICALS)), given["vertical"])
        changed["vertical"] = given["vertical"]
    if "profile_picture_handle" in given:
        picture = resumable.found(sb, given["profile_picture_handle"])
        if picture is None or picture.mime_type not in PICTURES:
            raise GraphError(
                100, message="Param profile_picture_handle is not the handle of an uploaded image."
            )
        number.picture = picture.id
    number.profile |= changed
    sb.world.save_business(business)
    sb.live.changed()
    return {"success": True}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise GraphError(100, message=f"Param {name} must be a string.")
    if len(value) > LONGEST[name]:
        raise too_long(name, LONGEST[name])
    return value.strip()


def _websites(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise GraphError(100, message="Param websites must be an array of strings.")
    if len(value) > WEBSITES:
        raise GraphError(100, message=f"Param websites must have at most {WEBSITES} elements.")
    for each in value:
        parts = urlsplit(each)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise GraphError(100, message="Param websites must have http or https addresses only.")
        if len(each) > WEBSITE:
            raise too_long("websites", WEBSITE)
    return value
