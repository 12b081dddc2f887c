"""Puts the sandbox's faces together: Graph calls, control API, dialog and pages."""

import re
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox import control, dialog, graph, ids, media, meta_page, pages
from sandbox.core import Sandbox
from sandbox.errors import unknown_path

HERE = Path(__file__).parent
GRAPH = re.compile(r"^/v\d{1,3}\.\d{1,2}/")
DIALOG = re.compile(r"^/v\d{1,3}\.\d{1,2}/dialog/oauth/?$")


def build(sb: Sandbox) -> ASGIApp:
    async def controls(request: Request) -> Response:
        return await control.answer(sb, request)

    async def unknown(request: Request, error: Exception) -> Response:
        found = unknown_path()
        return JSONResponse(found.body(ids.trace()), found.http)

    site = Starlette(
        routes=[
            Route("/_control/{path:path}", controls, methods=["GET", "POST"]),
            *dialog.routes(sb),
            *meta_page.routes(sb),
            *pages.routes(sb),
            Mount("/assets", StaticFiles(directory=HERE.parent / "static")),
            Mount("/sandbox", StaticFiles(directory=HERE / "static")),
        ],
        exception_handlers={404: unknown},
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            graphic = GRAPH.match(path) or path.startswith(media.PATH)
            if graphic and not DIALOG.match(path):
                await graph.serve(sb, scope, receive, send)
                return
        elif scope["type"] == "lifespan":
            await _lifespan(sb, receive, send)
            return
        await site(scope, receive, send)

    return app


async def _lifespan(sb: Sandbox, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            sb.start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await sb.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
