"""The control API's part that spoils files: other bytes than promised, a wrong type."""

from typing import TYPE_CHECKING

from sandbox.phones import Refused
from sandbox.records import Json, Media

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def _media(sb: "Sandbox", given: Json) -> Media:
    found = sb.world.media.get(str(given.get("media_id")))
    if found is None:
        raise Refused("No such media_id: POST /_control/inbound gives it for a message with one.")
    return found


def corrupt(sb: "Sandbox", given: Json) -> Json:
    """From now on other bytes come than sha256 promises; `on` false undoes it."""
    media = _media(sb, given)
    media.corrupt = bool(given.get("on", True))
    sb.world.save_media(media)
    return {"media_id": media.id, "corrupt": media.corrupt}


def lie(sb: "Sandbox", given: Json) -> Json:
    """Declares another type in the Graph API's answer and as Content-Type."""
    media = _media(sb, given)
    media.mime_type = str(given["mime_type"])
    sb.world.save_media(media)
    return {"media_id": media.id, "mime_type": media.mime_type}
