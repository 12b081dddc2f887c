"""Meta's two addresses of a file, on a loopback port: what the Graph says, and the bytes."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Meta:
    """`troubles` are answered before anything else: part of the path, status, body."""

    files: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    troubles: list[tuple[str, int, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    # Called while a file is being handed over.
    meanwhile: Callable[[], None] = lambda: None
    url: str = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        for trouble in self.troubles:
            if trouble[0] in path:
                self.troubles.remove(trouble)
                body = trouble[2]
                return trouble[1], body if isinstance(body, bytes) else json.dumps(body).encode()
        media_id = urlsplit(path).path.rsplit("/", 1)[-1]
        data = self.files.get(media_id)
        if data is None:
            error = {"message": "Unsupported get request", "code": 100, "error_subcode": 33}
            return 400, json.dumps({"error": error}).encode()
        if path.startswith("/file/"):
            self.meanwhile()
            return 200, data
        said = {
            "messaging_product": "whatsapp",
            "url": f"{self.url}/file/{media_id}",
            "mime_type": "image/jpeg",
            "sha256": hashlib.sha256(data).hexdigest(),
            "file_size": str(len(data)),
            "id": media_id,
        }
        return 200, json.dumps(said | self.told).encode()


@contextmanager
def serving() -> Iterator[Meta]:
    meta = Meta()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            meta.asked.append((self.path, self.headers.get("Authorization", "")))
            status, body = meta.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    meta.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield meta
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
