"""The Graph API: one entry for every call, and the nodes and edges that exist."""

import asyncio
import re
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from sandbox import (
    account,
    edges,
    ids,
    media,
    numbers,
    oauth,
    profile,
    resumable,
    sending,
    template_edges,
    upload,
    wire,
)
from sandbox.errors import GraphError, no_such_object, unknown_path
from sandbox.faults import Fault
from sandbox.records import Business, Json, Number, Token

if TYPE_CHECKING:
    from sandbox.core import Sandbox

PATH = re.compile(r"^/v\d{1,3}\.\d{1,2}/(.*?)/?$")


async def serve(sb: "Sandbox", scope: Scope, receive: Receive, send: Send) -> None:
    """Runs one call: fault first, then the answer, then what a fault does to the answer."""
    began = time.perf_counter()
    path: str = scope["path"]
    body = await wire.read_body(receive)
    trace = ids.trace()
    fault: Fault | None = None
    if sb.faults.active:
        if sb.faults.latency:
            await asyncio.sleep(sb.faults.latency)
        fault = sb.faults.take(path, body)
    waba_id = _waba_of(sb, path) if sb.usage.shown else ""
    status, code = 200, 0
    payload: Json | wire.Raw
    try:
        if fault is not None and not fault.what.accepts:
            payload = _refusal(fault)
        else:
            _refuse_used_up(sb, waba_id)
            found = route(sb, scope, path, body)
            payload = found if isinstance(found, dict | wire.Raw) else await found
            if fault is not None and fault.kind == "late" and fault.error is not None:
                _fail_later(sb, payload, fault.error.code)
        if isinstance(payload, wire.Raw):
            status = payload.status
    except GraphError as error:
        status, code, payload = error.http, error.code, error.body(trace)
    if sb.sends.on and status != 200:
        _note_refused(sb, scope, path, body, code)
    ms = (time.perf_counter() - began) * 1000
    note = "" if fault is None else f"fault: {fault.kind}"
    sb.log.add(sb.clock.now(), "call", f"{scope['method']} {path}", status, code, ms, note)
    if fault is not None and fault.what.waits:
        gone = asyncio.ensure_future(_gone(receive))
        await sb.faults.hang(fault.seconds, gone)
        gone.cancel()
    if fault is not None and fault.what.hangs_up:
        await wire.hang_up(scope, receive, send)
        return
    await wire.answer(send, status, payload, trace, sb.usage.headers(waba_id))


def _refusal(fault: Fault) -> wire.Raw:
    """What a call gets that is not accepted: an error of Meta's, or no sense at all."""
    if fault.error is not None:
        raise fault.error
    return wire.Raw(500, "text/html; charset=utf-8", b"<!doctype html><title>Error</title>Sorry")


def _fail_later(sb: "Sandbox", payload: Json | wire.Raw, code: int) -> None:
    """Accepted, and then told as failed: by webhook, as Meta mostly does."""
    for sent in payload.get("messages", []) if isinstance(payload, dict) else []:
        sb.world.not_delivered(sb.world.messages[sent["id"]], code)


def _waba_of(sb: "Sandbox", path: str) -> str:
    """The WABA that a call is about, by its first step; empty for none."""
    found = PATH.match(path)
    node = found[1].split("/")[0] if found else ""
    if node in sb.world.numbers:
        return sb.world.numbers[node][0].waba_id
    return node if node in sb.world.wabas else ""


def _refuse_used_up(sb: "Sandbox", waba_id: str) -> None:
    refusal = sb.usage.refusal(waba_id) if sb.usage.refused else None
    if refusal is not None:
        raise refusal


def _note_refused(sb: "Sandbox", scope: Scope, path: str, body: bytes, code: int) -> None:
    steps = path.strip("/").split("/")
    if scope["method"] == "POST" and steps[-1] == "messages":
        given = wire.parameters(scope, body)
        if "status" not in given:
            callback, to = given.get("biz_opaque_callback_data"), str(given.get("to", ""))
            sb.sends.refused(steps[-2], sb.clock.now(), code, callback, to)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def route(sb: "Sandbox", scope: Scope, path: str, body: bytes) -> Json | wire.Raw | Awaitable[Json]:
    method: str = scope["method"]
    if path == media.PATH and method == "GET":
        given = wire.parameters(scope, b"")
        return media.download(sb, bearer(scope, {}), given)
    found = PATH.match(path)
    if found is None:
        raise unknown_path()
    steps = found[1].split("/")
    given = wire.parameters(scope, body)
    if steps == ["oauth", "access_token"] and method in ("GET", "POST"):
        return oauth.exchange(sb, given)
    presented = bearer(scope, given)
    if steps == ["debug_token"] and method == "GET":
        return oauth.debug(sb, presented, given)
    if not presented:
        raise GraphError(104)
    token = oauth.check(sb, presented)
    oauth.permit(token, method, steps[-1])
    node, edge = steps[0], "/".join(steps[1:])
    if (method, steps) == ("POST", [sb.options.app_id, "uploads"]):
        return resumable.begin(sb, token, given)
    if node.startswith(resumable.NODE) and not edge:
        return resumable.answer(sb, scope, token, node, given, body)
    if node in sb.world.numbers:
        business, number = sb.world.numbers[node]
        if (method, edge) == ("POST", "media"):
            _allow(token, business, number, method)
            content_type = wire.header(scope, b"content-type")
            return upload.answer(sb, business, number, content_type, body)
        return _number(sb, method, token, business, number, edge, given)
    if node in sb.world.wabas:
        return _waba(sb, scope, method, token, sb.world.wabas[node], edge, given)
    if node in sb.world.media and not edge and method in ("GET", "DELETE"):
        base = f"{scope['scheme']}://{wire.header(scope, b'host')}"
        return media.answer(sb, method, token, sb.world.media[node], given, base)
    if node.isdigit():
        return _template(sb, method, token, node, edge, given)
    raise unknown_path()


def bearer(scope: Scope, given: Json) -> str:
    authorization = wire.header(scope, b"authorization")
    if authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    if authorization[:6].lower() == "oauth ":
        return authorization[6:].strip()
    return str(given.get("access_token", ""))


def _allow(token: Token, business: Business, number: Number, method: str) -> None:
    if business.waba_id not in token.waba_ids or number.id in token.hidden_numbers:
        raise no_such_object(number.id, method)


def _template(sb: "Sandbox", method: str, token: Token, node: str, edge: str, given: Json) -> Json:
    """The node may be a template; nothing else is left that it could be."""
    found = sb.world.find_template(node)
    if found is None or found[0].waba_id not in token.waba_ids:
        raise no_such_object(node, method)
    return template_edges.node(sb, method, *found, edge, given)


def _number(
    sb: "Sandbox",
    method: str,
    token: Token,
    business: Business,
    number: Number,
    edge: str,
    given: Json,
) -> Json:
    allowed = business.waba_id in token.waba_ids and number.id not in token.hidden_numbers
    if not allowed and edge == "messages":
        raise GraphError(131005, "The token has no permission to send from this phone number")
    _allow(token, business, number, method)
    match method, edge:
        case "POST", "messages":
            return sending.answer(sb, business, number, given)
        case "GET", "":
            return edges.number(sb, business, number, given)
        case "POST", "request_code":
            return numbers.request_code(sb, business, number, given)
        case "POST", "verify_code":
            return numbers.verify_code(sb, business, number, given)
        case "POST", "register":
            return numbers.register(sb, business, number, given)
        case "POST", "deregister":
            return numbers.deregister(sb, business, number)
        case "GET", "whatsapp_business_profile":
            return profile.read(sb, number, given)
        case "POST", "whatsapp_business_profile":
            return profile.write(sb, business, number, given)
        case "POST", "":
            return numbers.change(sb, business, number, given)
    raise unknown_path()


def _waba(
    sb: "Sandbox",
    scope: Scope,
    method: str,
    token: Token,
    business: Business,
    edge: str,
    given: Json,
) -> Json | Awaitable[Json]:
    if business.waba_id not in token.waba_ids:
        raise GraphError(
            200,
            message="You do not have the necessary permissions required to access this "
            "WhatsApp Business Account.",
        )
    here = f"{scope['scheme']}://{wire.header(scope, b'host')}{scope['path']}"
    match method, edge:
        case "GET", "":
            return edges.waba(sb, business, given)
        case "GET", "phone_numbers":
            return edges.phone_numbers(sb, business, token, given, here)
        case "POST", "phone_numbers":
            account.may_add_number(business, sb.clock.now())
            return numbers.add(sb, business, given)
        case "GET", "message_templates":
            return template_edges.listed(business, given, here)
        case "POST", "message_templates":
            return template_edges.create(sb, business, given)
        case "DELETE", "message_templates":
            return template_edges.delete(sb, business, given)
        case "GET", "subscribed_apps":
            return edges.subscribed(sb, business)
        case "POST", "subscribed_apps":
            return edges.subscribe(sb, business, given)
        case "DELETE", "subscribed_apps":
            return edges.unsubscribe(sb, business)
    raise unknown_path()
