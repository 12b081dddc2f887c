"""The pages of the sandbox: phones, faults, log; and the stream that keeps them live."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox import control_faults, phones, selectors
from sandbox.phones import Refused
from sandbox.records import Phone
from sandbox.views import page

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def _to(phone: Phone, phone_id: str) -> str:
    sender = f"?sender={quote(phone_id)}" if phone_id else ""
    return f"/phones/{phone.number}{sender}"


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
        form = {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
        sender = form.get("sender", "")
        try:
            there = found(request)
            match request.path_params["action"]:
                case "write":
                    phones.write(sb, there, sender, form.get("text", ""))
                case "tap":
                    phones.tap(sb, there, form.get("wamid", ""), int(form.get("index", "-1")))
                case "open":
                    phones.open_chat(sb, there, sender)
                case "switch":
                    switches = {s: s in form for s in ("on", "read_receipts", "blocked")}
                    phones.save(sb, there.number, there.name, **switches)
                case "line":
                    settings = {"duplicate": 2 if "twice" in form else 1, "shuffle": "mix" in form}
                    control_faults.set_webhooks(sb, settings)
                case _:
                    return JSONResponse({"error": "There is no such action."}, 404)
        except Refused as error:
            return JSONResponse({"error": str(error)}, 400)
        if request.headers.get("accept", "").startswith("application/json"):
            return JSONResponse({"ok": True})
        return RedirectResponse(_to(there, sender), 303)

    async def another(request: Request) -> Response:
        form = await request.form()
        try:
            made = phones.save(sb, str(form.get("number", "")), str(form.get("name", "")).strip())
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
        Route("/phones", another, methods=["POST"]),
        Route("/phones/{number}", phone, methods=["GET"]),
        Route("/phones/{number}/{action}", act, methods=["POST"]),
    ]
