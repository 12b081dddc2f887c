"""The login page of Embedded Signup: choose a business and its numbers, continue or cancel."""

import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import ids, provision
from sandbox.phones import Refused
from sandbox.records import Business, Code, Json
from sandbox.views import page

if TYPE_CHECKING:
    from sandbox.core import Sandbox

DENIED = {
    "error": "access_denied",
    "error_code": "200",
    "error_description": "Permissions error",
    "error_reason": "user_denied",
}
NEW = "new"


def routes(sb: "Sandbox") -> list[Route]:
    async def show(request: Request) -> Response:
        problem = _problem(sb, dict(request.query_params))
        if problem:
            return page("dialog_error.html", {"problem": problem}, 400)
        return _choose(sb, dict(request.query_params), {}, "")

    async def submit(request: Request) -> Response:
        asked = dict(request.query_params)
        problem = _problem(sb, asked)
        if problem:
            return page("dialog_error.html", {"problem": problem}, 400)
        form = await request.form()
        given: Json = {k: v for k, v in form.items() if isinstance(v, str)}
        given["numbers"] = [n for n in form.getlist("numbers") if isinstance(n, str)]
        given["also"] = [n for n in form.getlist("also") if isinstance(n, str)]
        if given.get("do") == "cancel":
            return _cancelled(asked)
        try:
            return _finished(sb, asked, given)
        except Refused as error:
            return _choose(sb, asked, given, str(error))

    path = "/v{version}/dialog/oauth"
    return [Route(path, show, methods=["GET"]), Route(path, submit, methods=["POST"])]


def _problem(sb: "Sandbox", asked: Json) -> str:
    if asked.get("client_id") != sb.options.app_id:
        return "Invalid App ID: The provided app ID does not look like a valid app ID."
    uri = asked.get("redirect_uri")
    if not uri:
        return "The parameter redirect_uri is required."
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return "Invalid redirect_uri: Given URL is not allowed by the Application configuration."
    if not asked.get("state"):
        return "The parameter state is required: without it an answer could be forged."
    if asked.get("response_type") != "code":
        return "Invalid response_type: this login answers with a code only."
    return ""


def _choose(sb: "Sandbox", asked: Json, given: Json, problem: str) -> Response:
    businesses = list(sb.world.businesses.values())
    chosen = given.get("business") or (businesses[0].id if businesses else NEW)
    view = {
        "query": urlencode(asked),
        "businesses": businesses,
        "chosen": chosen,
        "given": given,
        "ticked": given.get("numbers"),
        "also": given.get("also", []),
        "siblings": {one.id: _siblings(sb, one) for one in businesses},
        "problem": problem,
        "product": urlsplit(asked["redirect_uri"]).netloc,
    }
    return page("dialog.html", view, 400 if problem else 200)


def _finished(sb: "Sandbox", asked: Json, given: Json) -> Response:
    if given.get("business") == NEW:
        business = _new_business(sb, given)
        ticked = list(business.numbers)
    else:
        found = sb.world.businesses.get(str(given.get("business")))
        if found is None:
            raise Refused("Choose a business to continue.")
        business = found
        ticked = [n for n in given["numbers"] if n in business.numbers]
    hidden = [n for n in business.numbers if n not in ticked]
    others = [one.id for one in _siblings(sb, business) if one.id in given["also"]]
    code = Code(
        ids.code(),
        asked["redirect_uri"],
        business.id,
        hidden,
        sb.clock.now(),
        other_ids=others,
    )
    sb.world.save_code(code)
    data = {"waba_id": business.waba_id, "business_id": business.portfolio_id}
    if ticked:
        data = {"phone_number_id": ticked[0]} | data
    event = "FINISH" if ticked else "FINISH_ONLY_WABA"
    message = {"type": "WA_EMBEDDED_SIGNUP", "version": 3, "event": event, "data": data}
    return _leave(asked, message, {"code": code.code, "state": asked["state"]})


def _siblings(sb: "Sandbox", business: Business) -> list[Business]:
    return [one for one in sb.world.portfolio(business) if one.id != business.id]


def _new_business(sb: "Sandbox", given: Json) -> Business:
    name = str(given.get("new_name", "")).strip()
    shown = str(given.get("new_number", "")).strip()
    if not name or not shown:
        raise Refused("A new business needs a name and a phone number with country code.")
    if ids.node_id("business", name) in sb.world.businesses:
        raise Refused(f"{name} exists already: choose it in the list, or take another name.")
    number = {"display_phone_number": shown, "verified_name": name, "registered": False}
    made = provision.business(
        sb, {"name": name, "numbers": [number], "templates": [provision.HELLO]}
    )
    return sb.world.businesses[made["business_id"]]


def _cancelled(asked: Json) -> Response:
    message = {
        "type": "WA_EMBEDDED_SIGNUP",
        "version": 3,
        "event": "CANCEL",
        "data": {"current_step": "BUSINESS_ACCOUNT_SELECTION"},
    }
    return _leave(asked, message, DENIED | {"state": asked["state"]})


def _leave(asked: Json, message: Json, answer: dict[str, str]) -> Response:
    """Tells the window that opened the login, then goes back to the product."""
    uri = asked["redirect_uri"]
    parts = urlsplit(uri)
    joined = f"{uri}{'&' if parts.query else '?'}{urlencode(answer)}"
    view = {
        "message": json.dumps(message),
        "origin": f"{parts.scheme}://{parts.netloc}",
        "redirect": joined,
    }
    return page("dialog_done.html", view)
