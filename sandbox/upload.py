"""POST /{phone-number-id}/media: a file of the company's, kept under an id for 30 days."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from sandbox.errors import GraphError, one_of, required
from sandbox.media_kinds import ALLOWED, DOCUMENTS, MOST_DOCUMENT
from sandbox.records import Business, Json, Number

if TYPE_CHECKING:
    from sandbox.core import Sandbox

MOST = {mime: most for allowed, most in ALLOWED.values() for mime in allowed} | dict.fromkeys(
    DOCUMENTS, MOST_DOCUMENT
)


async def answer(
    sb: "Sandbox", business: Business, number: Number, content_type: str, body: bytes
) -> Json:
    if not content_type.startswith("multipart/form-data"):
        raise required("file")

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parser = MultiPartParser(Headers({"content-type": content_type}), stream())
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise GraphError(100, message=f"The multipart body cannot be read: {error}") from error
    if form.get("messaging_product") != "whatsapp":
        raise one_of("messaging_product", '"WHATSAPP"', form.get("messaging_product"))
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise required("file")
    mime_type = str(form.get("type") or file.content_type or "").strip()
    most = MOST.get(mime_type.split(";")[0].strip().lower())
    if most is None:
        raise GraphError(
            100,
            message="Param file must be a file with one of the following types: "
            f"{', '.join(sorted(MOST))}. Received file of type '{mime_type}'.",
        )
    data = await file.read()
    if not data or len(data) > most:
        raise GraphError(131053, f"The file has {len(data)} bytes; 1 to {most} are taken")
    filename = file.filename or ""
    made = sb.media.add(business.waba_id, number.id, data, mime_type, filename, inbound=False)
    return {"id": made.id}
