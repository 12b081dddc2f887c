"""The page "Play Meta": a person decides for Meta. Its forms call the verbs of the control API."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import (
    control_account,
    control_fields,
    control_numbers,
    control_people,
    meta_templates,
    meta_view,
)
from sandbox.phones import Refused
from sandbox.records import Business, Json
from sandbox.views import page

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def _restrict(sb: "Sandbox", given: Json) -> Json:
    kind = str(given.get("restriction_type") or "")
    if kind not in dict(meta_view.RESTRICTIONS):
        raise Refused("Choose what is not allowed any more.")
    info: Json = {"restriction_type": kind}
    hours = str(given.get("hours") or "")
    if hours:
        if not hours.isdecimal() or not 1 <= int(hours) <= 24 * 365:
            raise Refused("Give whole hours, 1 to 8760, or leave the field empty.")
        info["expiration"] = int(sb.clock.now()) + int(hours) * 3600
    return _account(sb, given, "ACCOUNT_RESTRICTION", restriction_info=[info])


def _account(sb: "Sandbox", given: Json, event: str, **info: object) -> Json:
    whole = {"waba_id": given["waba_id"], "event": event} | info
    return control_account.account(sb, whole)


def _violation(sb: "Sandbox", given: Json) -> Json:
    kind = str(given.get("violation_type") or "")
    if kind not in dict(meta_view.VIOLATIONS):
        raise Refused("Choose a policy.")
    info = {"violation_type": kind}
    return _account(sb, given, "ACCOUNT_VIOLATION", violation_info=info)


def _ban(sb: "Sandbox", given: Json) -> Json:
    state = "REINSTATE" if given.get("on") == "" else "DISABLE"
    info = {"waba_ban_state": state, "waba_ban_date": sb.clock.day()}
    return _account(sb, given, "DISABLED_UPDATE", ban_info=info)


def _leave(sb: "Sandbox", given: Json) -> Json:
    dead = given.get("how") == "app"
    return _account(sb, given, "PARTNER_APP_UNINSTALLED" if dead else "PARTNER_REMOVED")


def _outside(sb: "Sandbox", given: Json) -> Json:
    switches = {name: given.get("what") == name for name in ("on_app", "elsewhere", "verified")}
    return control_numbers.outside(sb, {"number": given.get("number", "")} | switches)


def _name(sb: "Sandbox", given: Json) -> Json:
    reason = given.get("rejection_reason") if given.get("decision") == "REJECTED" else None
    return control_fields.number_name(sb, given | {"rejection_reason": reason})


ACTIONS: dict[str, Callable[["Sandbox", Json], Json]] = {
    "name": _name,
    "quality": control_fields.number_quality,
    "status": control_fields.number_status,
    "official": control_numbers.official,
    "limit": control_account.limit,
    "verified": control_account.verification,
    "review": control_account.account_review,
    "restrict": _restrict,
    "release": control_account.release,
    "violation": _violation,
    "ban": _ban,
    "revoke": control_people.revoke,
    "leave": _leave,
    "outside": _outside,
} | meta_templates.ACTIONS


def routes(sb: "Sandbox") -> list[Route]:
    def found(request: Request) -> Business:
        business = sb.world.wabas.get(request.path_params["waba_id"])
        if business is None:
            raise Refused("This account is gone: the sandbox was reset.")
        return business

    async def first(request: Request) -> Response:
        business = next(iter(sb.world.wabas.values()), None)
        if business is not None:
            return RedirectResponse(f"/meta/{business.waba_id}")
        return page("meta.html", meta_view.view(sb, None, ""))

    async def show(request: Request) -> Response:
        try:
            business = found(request)
        except Refused as error:
            return page("meta.html", meta_view.view(sb, None, "", str(error)), 404)
        asked = request.query_params
        told, template = asked.get("told", ""), asked.get("template", "")
        return page("meta.html", meta_view.view(sb, business, told, template=template))

    async def act(request: Request) -> Response:
        form = {k: v for k, v in (await request.form()).items() if isinstance(v, str)}
        action = ACTIONS.get(request.path_params["action"])
        business: Business | None = None
        try:
            business = found(request)
            if action is None:
                raise Refused("There is no such step.")
            said = action(sb, {**form, "waba_id": business.waba_id})
        except Refused as error:
            template = form.get("template_id", "")
            shown = meta_view.view(sb, business, "", str(error), template)
            return page("meta.html", shown, 400)
        sb.live.changed()
        told = str(said["field"] if said.get("told") else "nobody") if "told" in said else "none"
        query = {"told": told}
        if "template_id" in form:
            query["template"] = form["template_id"]
        return RedirectResponse(f"/meta/{business.waba_id}?{urlencode(query)}", 303)

    return [
        Route("/meta", first),
        Route("/meta/", first),
        Route("/meta/{waba_id}", show, methods=["GET"]),
        Route("/meta/{waba_id}/{action}", act, methods=["POST"]),
    ]
