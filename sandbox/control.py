"""The control API under /_control/: what tests, benchmarks and demo data drive the sandbox with."""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import (
    control_account,
    control_faults,
    control_fields,
    control_identity,
    control_media,
    control_numbers,
    control_people,
    control_sends,
    control_templates,
)
from sandbox.phones import Refused
from sandbox.records import Json

if TYPE_CHECKING:
    from sandbox.core import Sandbox

Handler = Callable[["Sandbox", Json], Json | Awaitable[Json]]


async def answer(sb: "Sandbox", request: Request) -> Response:
    path = request.url.path.removeprefix("/_control/").strip("/")
    try:
        given = await _given(request)
        called = re.fullmatch(r"phones/([^/]+)/messages", path)
        if called and request.method == "GET":
            return _ok(control_people.phone_messages(sb, called[1]))
        handler = HANDLERS.get((request.method, path))
        if handler is None:
            known = sorted({f"{m} /_control/{p}" for m, p in HANDLERS})
            return _no(404, f"No such control: {request.method} {path}", ", ".join(known))
        found = handler(sb, given)
        return _ok(found if isinstance(found, dict) else await found)
    except Refused as error:
        return _no(400, str(error), "")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return _no(400, f"{request.method} /_control/{path} was given something wrong", repr(error))


async def _given(request: Request) -> Json:
    given: Json = dict(request.query_params)
    body = await request.body()
    if body:
        parsed = json.loads(body)
        if not isinstance(parsed, dict):
            raise Refused("The body has to be a JSON object.")
        given.update(parsed)
    return given


def _ok(payload: Json) -> Response:
    return JSONResponse({"ok": True} | payload)


def _no(status: int, what: str, why: str) -> Response:
    return JSONResponse({"ok": False, "error": what, "why": why}, status_code=status)


def limits(sb: "Sandbox", given: Json) -> Json:
    settings = sb.world.settings
    if "enforce" in given:
        settings.enforce = bool(given["enforce"])
    if "mps" in given:
        settings.mps = max(1, int(given["mps"]))
    if "sync_errors" in given:
        settings.sync_errors = bool(given["sync_errors"])
    if "rise" in given:
        settings.rise = bool(given["rise"])
    sb.world.save_settings()
    return {
        "enforce": settings.enforce,
        "rise": settings.rise,
        "mps": settings.mps,
        "sync_errors": settings.sync_errors,
    }


def clock(sb: "Sandbox", given: Json) -> Json:
    before = sb.clock.offset
    if "set" in given:
        sb.clock.set(datetime.fromisoformat(str(given["set"])))
    if "advance" in given:
        sb.clock.advance(float(given["advance"]))
    sb.move_clock(sb.clock.offset - before)
    return {"now": sb.clock.iso(), "offset": sb.clock.offset}


def state(sb: "Sandbox", given: Json) -> Json:
    world = sb.world
    by_status: dict[str, int] = {}
    for message in world.messages.values():
        by_status[message.status] = by_status.get(message.status, 0) + 1
    return {
        "now": sb.clock.iso(),
        "businesses": len(world.businesses),
        "numbers": len(world.numbers),
        "phones": len(world.phones),
        "tokens": len(world.tokens),
        "messages": len(world.messages),
        "messages_by_status": by_status,
        "webhooks_pending": len(world.updates),
        "subscribed": [b.waba_id for b in world.businesses.values() if b.subscribed],
        "faults": [{"kind": r.fault.kind, "left": r.left or 0} for r in sb.faults.rules],
        "chaos": control_faults.chaos_done(sb, {}),
        "latency_ms": sb.faults.latency * 1000,
        "held": sb.faults.held,
    }


def log(sb: "Sandbox", given: Json) -> Json:
    return {"lines": sb.log.since(int(given.get("since", 0)))}


def reset(sb: "Sandbox", given: Json) -> Json:
    sb.reset()
    return {}


HANDLERS: dict[tuple[str, str], Any] = {
    ("POST", "reset"): reset,
    ("POST", "businesses"): control_people.businesses,
    ("GET", "businesses"): control_people.list_businesses,
    ("POST", "token"): control_people.token,
    ("POST", "token/revoke"): control_people.revoke,
    ("POST", "token/expire"): control_people.expire,
    ("POST", "token/scopes"): control_people.scopes,
    ("POST", "tokens"): control_people.tokens,
    ("POST", "templates"): control_people.templates,
    ("POST", "templates/status"): control_templates.status,
    ("POST", "templates/review"): control_templates.review,
    ("GET", "templates/review"): control_templates.review,
    ("POST", "templates/approve"): control_templates.approve,
    ("POST", "templates/reject"): control_templates.reject,
    ("POST", "templates/pause"): control_templates.pause,
    ("POST", "templates/unpause"): control_templates.unpause,
    ("POST", "templates/disable"): control_templates.disable,
    ("POST", "templates/violate"): control_templates.violate,
    ("POST", "templates/hold"): control_templates.hold,
    ("POST", "templates/let_go"): control_templates.let_go,
    ("POST", "templates/quality"): control_templates.quality,
    ("POST", "templates/category"): control_templates.category,
    ("POST", "numbers/status"): control_fields.number_status,
    ("POST", "numbers/quality"): control_fields.number_quality,
    ("POST", "numbers/name"): control_fields.number_name,
    ("POST", "numbers/security"): control_fields.number_security,
    ("POST", "numbers/username"): control_fields.number_username,
    ("POST", "numbers/code"): control_numbers.code,
    ("GET", "numbers/code"): control_numbers.code,
    ("POST", "numbers/outside"): control_numbers.outside,
    ("POST", "numbers/official"): control_numbers.official,
    ("POST", "businesses/verified"): control_account.verification,
    ("POST", "businesses/limit"): control_account.limit,
    ("POST", "account"): control_account.account,
    ("POST", "account/release"): control_account.release,
    ("POST", "account/alert"): control_account.account_alert,
    ("POST", "account/review"): control_account.account_review,
    ("POST", "field"): control_fields.field,
    ("POST", "phones"): control_people.save_phone,
    ("GET", "phones"): control_people.list_phones,
    ("GET", "messages"): control_people.list_messages,
    ("POST", "inbound"): control_people.inbound,
    ("POST", "change_number"): control_identity.change_number,
    ("POST", "preferences"): control_identity.preferences,
    ("POST", "calls"): control_identity.calls,
    ("POST", "read"): control_people.read,
    ("POST", "play"): control_people.play,
    ("POST", "tap"): control_people.tap,
    ("POST", "media/corrupt"): control_media.corrupt,
    ("POST", "media/lie"): control_media.lie,
    ("POST", "latency"): control_faults.latency,
    ("POST", "fail"): control_faults.fail,
    ("POST", "chaos"): control_faults.chaos,
    ("GET", "chaos"): control_faults.chaos_done,
    ("POST", "usage"): control_faults.usage,
    ("POST", "hang"): control_faults.hang,
    ("GET", "hang"): control_faults.hanging,
    ("POST", "unhang"): control_faults.unhang,
    ("POST", "faults/clear"): control_faults.clear_faults,
    ("POST", "webhooks"): control_faults.set_webhooks,
    ("GET", "webhooks"): control_faults.get_webhooks,
    ("POST", "webhooks/release"): control_faults.release,
    ("POST", "webhook"): control_faults.webhook,
    ("POST", "verify-webhook"): control_faults.verify_webhook,
    ("POST", "limits"): limits,
    ("GET", "limits"): limits,
    ("POST", "clock"): clock,
    ("GET", "clock"): clock,
    ("POST", "sends"): control_sends.keep,
    ("GET", "sends"): control_sends.show,
    ("GET", "state"): state,
    ("GET", "log"): log,
}
