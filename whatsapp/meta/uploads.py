"""Files that are given to Meta by its Resumable Upload API, for a handle.

A handle is what a business profile's photo and a template's sample are named by; nothing can be
sent by it. Source: Graph API, "Resumable Upload API"
(https://developers.facebook.com/docs/graph-api/guides/upload).
"""

from __future__ import annotations

from typing import IO
from urllib.parse import parse_qsl, quote

from whatsapp.meta.client import GraphClient, node_path
from whatsapp.meta.errors import AnswerLost, GraphError, MetaError, NotSent, UnreadableAnswer
from whatsapp.meta.multipart import RestOfFile
from whatsapp.meta.reading import as_int, as_text
from whatsapp.meta.transport import OAuth


class UploadClient(GraphClient):
    """As `GraphClient`, with uploads for a handle."""

    def upload(
        self, file: IO[bytes], *, name: str, mime: str, app_id: str, seconds: float = 120.0
    ) -> str:
        """The handle of a file, read from its beginning, which begins with "4::".

        After a lost answer Meta is asked once how much it has, and gets the rest; where it does not
        know the upload any more, the whole file goes again. Raises GraphError where Meta refuses.
        Never AnswerLost: a file that Meta has twice does no harm, so that what is not certain is
        NotSent and may be tried again.
        """
        size = file.seek(0, 2)
        try:
            session = self._begin(app_id, name=name, size=size, mime=mime)
            try:
                handle = self._send(session, file, offset=0, seconds=seconds)
            except MetaError as error:
                if not (error.transient or isinstance(error, AnswerLost)):
                    raise
                offset = self._offset(session)
                if offset is None or offset >= size:
                    session, offset = self._begin(app_id, name=name, size=size, mime=mime), 0
                handle = self._send(session, file, offset=offset, seconds=seconds)
        except (AnswerLost, UnreadableAnswer) as error:
            raise NotSent(f"the file was not taken for certain: {error}") from error
        return handle

    def _begin(self, app_id: str, *, name: str, size: int, mime: str) -> str:
        """The id of an upload: a path and its signature, "upload:…?sig=…"."""
        query = {"file_name": name, "file_length": str(size), "file_type": mime}
        path = node_path(app_id, "uploads")
        session = as_text(self._safely(lambda: self._call("POST", path, params=query)).get("id"))
        if not session.startswith("upload:"):
            raise UnreadableAnswer(-1, details="Meta named no upload", http_status=200)
        return session

    def _send(self, session: str, file: IO[bytes], *, offset: int, seconds: float) -> str:
        path, query = _place(session)
        rest = RestOfFile(file, offset=offset, seconds=seconds)
        secrets = tuple(query.values())
        data = self._call("POST", path, params=query, rest=rest, auth=OAuth, secrets=secrets)
        handle = as_text(data.get("h"))
        if not handle:
            # It has a part only, and says so by the place where that ends.
            raise AnswerLost("Meta took a file and named no handle", http_status=200)
        return handle

    def _offset(self, session: str) -> int | None:
        """How many bytes Meta has; None where it knows nothing of the upload."""
        path, query = _place(session)
        secrets = tuple(query.values())
        try:
            data = self._safely(
                lambda: self._call("GET", path, params=query, auth=OAuth, secrets=secrets)
            )
        except GraphError as error:
            if error.transient:
                raise
            return None
        return as_int(data.get("file_offset"))


def _place(session: str) -> tuple[str, dict[str, str]]:
    """On our own host and version, whatever the id holds."""
    node, _, query = session.partition("?")
    return quote(node, safe=":"), dict(parse_qsl(query))
