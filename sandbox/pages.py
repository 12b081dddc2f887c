"""The pages of the sandbox: phones, faults, log; and the stream that keeps them live."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox import actions, chat, phones, selectors
from sandbox.media import PICTURES
from sandbox.phones import Refused
from sandbox.records import Phone
from sandbox.views import page

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def _to(phone: Phone, phone_id: str) -> str:
    sender = f"?sender={quote(phone_id)}" if phone_id else ""
    return f"/phones/{phone.number}{sender}"


def _in_a_chat(sb: "Sandbox", phone: Phone, media_id: str) -> bool:
    return any(
        file is not None and file[1].get("id") == media_id
        for _, messages in sb.world.chats_of(phone)
        for file in map(chat.attached, messages)
    )


def routes(sb: "Sandbox") -> list[Route]:
    def found(request: Request) -> Phone:
        phone = sb.world.phones.get(request.path_params["number"])
        if phone is None:
            raise Refused("This phone is gone: the sandbox was reset. Go back to the phones.")
        return phone

    async def home(request: Request) -> Response:
        first = next(iter(sb.world.phones.values()), None)
        if first is None:
            return page("phones.html", selectors.phone_page(sb, None, ""))
        return RedirectResponse(_to(first, ""))

    async def phone(request: Request) -> Response:
        sender = request.query_params.get("sender", "")
        try:
            there = found(request)
            view = selectors.phone_page(sb, there, sender)
        except Refused as error:
            return page("phones.html", selectors.phone_page(sb, None, "", str(error)), 404)
        if view["sender"] is not None and view["sender"]["id"] != sender:
            # The address names the chat, so that news in another one cannot change what is shown.
            return RedirectResponse(_to(there, view["sender"]["id"]))
        return page("phones.html", view)

    async def act(request: Request) -> Response:
        form = dict(await request.form())
        sender = str(form.get("sender", ""))
        action = actions.ACTIONS.get(request.path_params["action"])
        if action is None:
            return JSONResponse({"error": "There is no such action."}, 404)
        try:
            there = found(request)
            before = there.number
            await action(sb, there, form)
        except Refused as error:
            return JSONResponse({"error": str(error)}, 400)
        if request.headers.get("accept", "").startswith("application/json"):
            moved = {"go": _to(there, sender)} if there.number != before else {}
            return JSONResponse({"ok": True} | moved)
        return RedirectResponse(_to(there, sender), 303)

    async def file(request: Request) -> Response:
        """A file as the phone shows it; only what is in one of its chats."""
        media = sb.world.media.get(request.path_params["media_id"])
        try:
            there = found(request)
        except Refused:
            media = None
        if media is None or not _in_a_chat(sb, there, media.id):
            return Response(status_code=404)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        if media.mime_type.partition("/")[0] not in ("image", "video", "audio"):
            headers["Content-Disposition"] = "attachment"
        headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return Response(sb.media.read(media), media_type=media.mime_type, headers=headers)

    async def picture(request: Request) -> Response:
        """A profile picture by the address that the Graph API gave."""
        media = sb.world.media.get(request.query_params.get("mid", ""))
        if media is None or not sb.media.holds(dict(request.query_params)):
            return Response(status_code=404)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return Response(sb.media.read(media), media_type=media.mime_type, headers=headers)

    async def another(request: Request) -> Response:
        form = await request.form()
        try:
            number = phones.unused(sb, str(form.get("number", "")))
            made = phones.save(sb, number, str(form.get("name", "")).strip())
        except Refused as error:
            return JSONResponse({"error": str(error)}, 400)
        if request.headers.get("accept", "").startswith("application/json"):
            return JSONResponse({"ok": True, "go": _to(made, "")})
        return RedirectResponse(_to(made, ""), 303)

    async def live(request: Request) -> Response:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(sb.live.stream(), media_type="text/event-stream", headers=headers)

    async def faults(request: Request) -> Response:
        return page("faults.html", selectors.faults_page(sb))

    async def log(request: Request) -> Response:
        return page("log.html", selectors.log_page(sb))

    return [
        Route("/", home),
        Route("/live", live),
        Route("/faults", faults),
        Route("/log", log),
        Route(PICTURES, picture),
        Route("/phones", another, methods=["POST"]),
        Route("/phones/{number}", phone, methods=["GET"]),
        Route("/phones/{number}/media/{media_id}", file, methods=["GET"]),
        Route("/phones/{number}/{action}", act, methods=["POST"]),
    ]
