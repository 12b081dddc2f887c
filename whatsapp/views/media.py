"""Files of messages, through the gate. What a stranger sent is never run or drawn as a page.

Nobody gets an address of the storage itself: whoever asks is looked at each time, and a file whose
message was deleted is gone at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import IO, Any

from django.db.models.fields.files import FieldFile
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header, parse_etags
from django.views.decorators.http import require_POST, require_safe

from whatsapp import access, figures
from whatsapp.media import outcome
from whatsapp.media.kinds import UNKNOWN, drawn_types, named_types
from whatsapp.message_templates.header_files import TYPES
from whatsapp.models import MediaFile, MediaKind, MediaState
from whatsapp.views.byte_ranges import Span, Unsatisfiable, span_of
from whatsapp.views.people import signed_in

logger = logging.getLogger(__name__)

CHUNK = 64 * 1024
SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Kept by the browser of this person only, and asked about each time.
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}
# Tells apart thumbnails that a later version draws in another way.
THUMBNAIL = "t1"


@require_safe
@access.member
def media(request: HttpRequest, media_id: int) -> HttpResponseBase:
    row = _stored(request, media_id)
    known = figures.at(timezone.now())
    inline = row.mime in drawn_types(known)
    response = _serve(
        request,
        row,
        row.file,
        etag=f'"{row.sha256}"',
        mime=row.mime if inline or row.mime in named_types(known) else UNKNOWN,
    )
    name = row.filename.replace("/", "_").replace("\\", "_") or _name(row)
    disposition = content_disposition_header(as_attachment=not inline, filename=name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    return response


@require_safe
@access.member
def thumbnail(request: HttpRequest, media_id: int) -> HttpResponseBase:
    row = _stored(request, media_id)
    if not row.thumbnail:
        raise Http404("No such picture.")
    etag = f'"{row.sha256}-{THUMBNAIL}"'
    return _serve(request, row, row.thumbnail, etag=etag, mime="image/webp")


@require_safe
@access.template_writer
def template_photo(request: HttpRequest, translation_id: int) -> HttpResponseBase:
    """The sample picture of a header that is being written, for its preview."""
    translation = access.get_translation_for(signed_in(request), translation_id)
    file = translation.draft_file
    if file is None or file.kind != MediaKind.IMAGE or file.mime not in TYPES[file.kind]:
        raise Http404("No such picture.")
    try:
        opened = file.file.open("rb")
    except FileNotFoundError:
        logger.error("template_file_bytes_missing file=%s", file.pk)
        raise Http404("No such picture.") from None
    response = FileResponse(opened, content_type=file.mime)
    for name, value in (SAFETY | {"Cache-Control": "no-store", "Accept-Ranges": "none"}).items():
        response.headers[name] = value
    return response


@require_POST
@access.writer
def retry(request: HttpRequest, media_id: int) -> HttpResponse:
    """“Try again”. The bubble hears of what becomes of it."""
    user = signed_in(request)
    row = access.get_media_for(user, media_id)
    outcome.retry(media=row, by=user, now=timezone.now())
    return HttpResponse(status=204)


def _stored(request: HttpRequest, media_id: int) -> MediaFile:
    row = access.get_media_for(signed_in(request), media_id)
    if row.state != MediaState.STORED:
        raise Http404("No such file.")
    return row


def _name(row: MediaFile) -> str:
    """Photos and voice messages come without a name."""
    ending = row.mime.partition("/")[2].partition(".")[0][:8]
    return f"{row.kind}-{row.pk}.{ending}"


def _serve(
    request: HttpRequest, row: MediaFile, file: FieldFile, *, etag: str, mime: str
) -> HttpResponseBase:
    response: HttpResponseBase
    given = parse_etags(request.headers.get("If-None-Match", ""))
    if etag in (one.removeprefix("W/") for one in given) or given == ["*"]:
        response = HttpResponseNotModified()
    else:
        response = _bytes(request, row, file, etag=etag)
    if response.status_code in (200, 206):
        response.headers["Content-Type"] = mime
    response.headers["ETag"] = etag
    for name, value in SAFETY.items():
        response.headers[name] = value
    return response


def _bytes(request: HttpRequest, row: MediaFile, file: FieldFile, *, etag: str) -> HttpResponseBase:
    try:
        opened: Any = file.open("rb")
        size = opened.size
    except FileNotFoundError:
        logger.error("media_bytes_missing media=%s", row.pk)
        raise Http404("No such file.") from None
    try:
        span = _span(request, size, etag)
    except Unsatisfiable:
        opened.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = span or Span(0, size - 1)
    sent = part if request.method == "GET" else Span(0, -1)
    response = StreamingHttpResponse(Part(opened, sent), status=206 if span else 200)
    response.headers["Content-Length"] = str(part.length)
    if span:
        response.headers["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    return response


def _span(request: HttpRequest, size: int, etag: str) -> Span | None:
    header = request.headers.get("Range", "")
    condition = request.headers.get("If-Range", etag)
    return span_of(header, size) if header and condition == etag else None


class Part:
    """Some bytes of an open file. Closed with the response, also where nobody reads it."""

    def __init__(self, file: IO[bytes], span: Span) -> None:
        self.file, self.span = file, span

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.span.first)
        left = self.span.length
        while left > 0 and (chunk := self.file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self.file.close()
