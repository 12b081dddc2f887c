"""Files at Meta: made from bytes, described by the Graph API, served for a token, gone in time."""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sandbox.clock import Clock
from sandbox.errors import GraphError, no_such_object
from sandbox.records import Json, Media, Token
from sandbox.wire import Raw

if TYPE_CHECKING:
    from sandbox.core import Sandbox
    from sandbox.options import Options
    from sandbox.world import World

# "Media", 11 December 2025: from a webhook 7 days (since 9 October 2025), from an upload 30, the
# download address 5 minutes.
INBOUND_LIVES = 7 * 24 * 3600
UPLOAD_LIVES = 30 * 24 * 3600
ADDRESS_LIVES = 300
PATH = "/_media/"
PICTURES = "/_pictures"

# Small real files: Opus in Ogg, H.264 and AAC in MP4, and so on.
SAMPLES: dict[str, tuple[str, str, str]] = {
    "photo": ("image", "image/jpeg", "photo.jpg"),
    "voice": ("audio", "audio/ogg; codecs=opus", "voice.ogg"),
    "video": ("video", "video/mp4", "video.mp4"),
    "pdf": ("document", "application/pdf", "cv.pdf"),
    "sticker": ("sticker", "image/webp", "sticker.webp"),
}
HERE = Path(__file__).parent / "samples"


def sample(name: str) -> bytes:
    return (HERE / SAMPLES[name][2]).read_bytes()


class Store:
    """The files and their addresses."""

    def __init__(self, world: "World", clock: Clock, options: "Options") -> None:
        self.world = world
        self.clock = clock
        self.options = options
        self.directory = options.state / "media"
        self.directory.mkdir(exist_ok=True)
        for path in self.directory.iterdir():
            if path.name not in world.media:
                path.unlink()  # a kill came between the bytes and the journal

    def add(
        self, waba_id: str, phone_id: str, data: bytes, mime_type: str, filename: str, inbound: bool
    ) -> Media:
        media = Media(
            id=str(10**15 + secrets.randbelow(9 * 10**15)),
            waba_id=waba_id,
            phone_id=phone_id,
            mime_type=mime_type,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            at=self.clock.now(),
            filename=filename,
            inbound=inbound,
        )
        # Before the record: what a restart finds in the journal has to have its bytes.
        (self.directory / media.id).write_bytes(data)
        self.world.save_media(media)
        return media

    def find(self, media_id: str) -> Media | None:
        """None once it was deleted, its time is over, or somebody removed its bytes."""
        media = self.world.media.get(media_id)
        if media is None or not (self.directory / media.id).exists():
            return None
        lives = INBOUND_LIVES if media.inbound else UPLOAD_LIVES
        return media if self.clock.now() < media.at + lives else None

    def read(self, media: Media) -> bytes:
        data = (self.directory / media.id).read_bytes()
        if media.corrupt:
            return bytes(byte ^ 0xFF for byte in data[:64]) + data[64:]
        return data

    def start(self, media: Media, size: int) -> bytes:
        """The first bytes, which say what kind of file it really is."""
        with (self.directory / media.id).open("rb") as file:
            return file.read(size)

    def drop(self, media: Media) -> None:
        self.world.drop_media(media)
        (self.directory / media.id).unlink(missing_ok=True)

    def clear(self) -> None:
        for path in self.directory.iterdir():
            path.unlink(missing_ok=True)

    def address(self, media: Media, base: str) -> str:
        """A download address that holds for five minutes of the sandbox's clock."""
        until = str(int(self.clock.now()) + ADDRESS_LIVES)
        asked = {"mid": media.id, "ext": until, "hash": self._seal(media.id, until)}
        return f"{base}{PATH}?{urlencode(asked)}"

    def picture(self, media: Media, lives: int) -> str:
        """A profile picture's address: open to everybody, and short-lived."""
        until = str(int(self.clock.now()) + lives)
        asked = {"mid": media.id, "ext": until, "hash": self._seal(media.id, until)}
        return f"{self.options.base}{PICTURES}?{urlencode(asked)}"

    def _seal(self, media_id: str, until: str) -> str:
        key = self.options.app_secret.encode()
        return hmac.new(key, f"{media_id}.{until}".encode(), hashlib.sha256).hexdigest()[:32]

    def holds(self, given: Json) -> bool:
        media_id, until = str(given.get("mid", "")), str(given.get("ext", ""))
        shown = str(given.get("hash", "")).encode()
        sealed = hmac.compare_digest(shown, self._seal(media_id, until).encode())
        return sealed and until.isdecimal() and self.clock.now() < int(until)


def _may(token: Token, media: Media) -> bool:
    return media.waba_id in token.waba_ids and media.phone_id not in token.hidden_numbers


def answer(sb: "Sandbox", method: str, token: Token, media: Media, given: Json, base: str) -> Json:
    """GET and DELETE of a media id."""
    found = sb.media.find(media.id)
    elsewhere = given.get("phone_number_id") not in (None, "", media.phone_id)
    if found is None or not _may(token, media) or elsewhere:
        raise no_such_object(media.id, method)
    if method == "DELETE":
        sb.media.drop(media)
        return {"success": True}
    return {
        "messaging_product": "whatsapp",
        "url": sb.media.address(media, base),
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        "file_size": str(media.size),
        "id": media.id,
    }


def download(sb: "Sandbox", presented: str, given: Json) -> Raw:
    """The bytes behind a download address, for a token of the business they were sent to."""
    token = sb.world.tokens.get(presented)
    if token is None or token.revoked or (token.expires_at and sb.clock.now() >= token.expires_at):
        raise GraphError(190, http=401)
    media = sb.media.find(str(given.get("mid", "")))
    if media is None or not sb.media.holds(given) or not _may(token, media):
        page = b"<!doctype html><title>Error</title><p>This content isn't available right now.</p>"
        return Raw(404, "text/html; charset=utf-8", page)
    return Raw(200, media.mime_type, sb.media.read(media))
