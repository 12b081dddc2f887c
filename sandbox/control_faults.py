"""The control API's part that disturbs: slow, failing and held calls, and the webhook line."""

import re
from typing import TYPE_CHECKING

from sandbox import ids
from sandbox.envelope import MOST_UPDATES
from sandbox.errors import CODES, GraphError
from sandbox.faults import CHANCES, Aim, Chaos, Fault, Rule
from sandbox.phones import Refused
from sandbox.records import Json
from sandbox.usage import APP

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def latency(sb: "Sandbox", given: Json) -> Json:
    sb.faults.latency = float(given["ms"]) / 1000
    return {"ms": sb.faults.latency * 1000}


def _texts(given: Json, name: str) -> list[str]:
    """One text, or a list of them."""
    value = given.get(name) or []
    return [str(each) for each in (value if isinstance(value, list) else [value])]


def _aim(given: Json) -> Aim:
    """Which calls a fault is for: `match`, `to`, `template`, `phone_number_id`."""
    people = _texts(given, "to")
    return Aim(
        match=re.compile(str(given["match"])) if given.get("match") else None,
        # A user id has its country before a dot; anything else is a number, however written.
        people=frozenset(each if each[2:3] == "." else ids.digits_of(each) for each in people),
        templates=frozenset(_texts(given, "template")),
        phone_ids=frozenset(_texts(given, "phone_number_id")),
    )


def _count(given: Json) -> int | None:
    """How many calls; 0 is until faults are cleared."""
    return int(given.get("count", 1)) or None


def fail(sb: "Sandbox", given: Json) -> Json:
    rule = Rule(_aim(given), Fault("drop_after"), _count(given))
    if not given.get("after_accept"):
        error = GraphError(
            int(given["code"]),
            str(given.get("details", "")),
            message=str(given.get("message", "")),
            http=int(given.get("http_status", 0)),
        )
        rule.fault = Fault("late" if given.get("late") else "fail", error)
        if given.get("late") and error.code not in CODES:
            raise Refused(f"{error.code} is no code of Meta's that the sandbox knows.")
    sb.faults.rules.append(rule)
    return {"count": rule.left or 0}


def hang(sb: "Sandbox", given: Json) -> Json:
    seconds = float(given["seconds"]) if given.get("seconds") else None
    sb.faults.rules.append(Rule(_aim(given), Fault("hang", seconds=seconds), _count(given)))
    return {"held": sb.faults.held}


def chaos(sb: "Sandbox", given: Json) -> Json:
    """Replaces what was set before; without rates it ends."""
    rates = {str(name): float(rate) for name, rate in (given.get("rates") or {}).items()}
    wrong = sorted(set(rates) - set(CHANCES))
    if wrong:
        raise Refused(f"rates has {', '.join(wrong)}; it takes {', '.join(CHANCES)}.")
    if any(rate < 0 for rate in rates.values()) or sum(rates.values()) > 1:
        raise Refused("Each rate is a share from 0 to 1, and together they are at most 1.")
    seconds, seed = float(given.get("seconds", 30)), int(given.get("seed", 1))
    sb.faults.chaos = Chaos(_aim(given), rates, seconds, seed) if any(rates.values()) else None
    return chaos_done(sb, {})


def chaos_done(sb: "Sandbox", given: Json) -> Json:
    """What chance did so far."""
    found = sb.faults.chaos
    if found is None:
        return {"on": False}
    return {"on": True, "seed": found.seed, "calls": found.calls, "done": found.done}


# What the header of a WABA shows; the app's own has the first three only.
USAGE = ("call_count", "total_cputime", "total_time")


def usage(sb: "Sandbox", given: Json) -> Json:
    """The share of the allowed calls that is used, in percent; without call_count no header."""
    waba_id = str(given.get("waba_id") or APP)
    if waba_id and waba_id not in sb.world.wabas:
        raise Refused("No such waba_id. Without one it is about the app as a whole.")
    entry: Json | None = None
    if given.get("call_count") is not None:
        entry = {name: int(given.get(name, 0)) for name in USAGE}
        if waba_id:
            regain = int(given.get("estimated_time_to_regain_access", 0))
            kind = str(given.get("type", "whatsapp_business_management"))
            entry |= {"type": kind, "estimated_time_to_regain_access": regain}
    sb.usage.show(waba_id, entry, refuse=bool(given.get("refuse")))
    return {"shown": sb.usage.shown}


def hanging(sb: "Sandbox", given: Json) -> Json:
    return {"held": sb.faults.held}


def unhang(sb: "Sandbox", given: Json) -> Json:
    return {"released": sb.faults.unhang()}


def clear_faults(sb: "Sandbox", given: Json) -> Json:
    sb.faults.clear()
    sb.usage.clear()
    return {}


def set_webhooks(sb: "Sandbox", given: Json) -> Json:
    settings = sb.world.settings
    if "hold" in given:
        settings.hold = bool(given["hold"])
    if "duplicate" in given:
        settings.copies = max(1, int(given["duplicate"]))
    if "shuffle" in given:
        settings.shuffle = bool(given["shuffle"])
    if "batch_ms" in given:
        settings.batch_ms = max(0, int(given["batch_ms"]))
    if "batch_max" in given:
        settings.batch_max = min(MOST_UPDATES, max(1, int(given["batch_max"])))
    if "retry_base_ms" in given:
        settings.retry_base_ms = max(1, int(given["retry_base_ms"]))
    if "url" in given:
        settings.url = str(given["url"] or "")
    if "statuses" in given:
        if given["statuses"] not in ("auto", "off"):
            raise Refused('statuses is "auto" or "off".')
        settings.statuses = given["statuses"]
    sb.world.save_settings()
    sb.webhooks.wake.set()
    sb.live.changed()
    return get_webhooks(sb, {})


def get_webhooks(sb: "Sandbox", given: Json) -> Json:
    settings = sb.world.settings
    return {
        "pending": len(sb.world.updates),
        "delivered": sb.webhooks.delivered,
        "failed_attempts": sb.webhooks.failed_attempts,
        "last_answers": list(sb.webhooks.answers),
        "url": settings.url or sb.options.webhook_url,
        "hold": settings.hold,
        "duplicate": settings.copies,
        "shuffle": settings.shuffle,
        "batch_ms": settings.batch_ms,
        "batch_max": settings.batch_max,
        "retry_base_ms": settings.retry_base_ms,
        "statuses": settings.statuses,
    }


def release(sb: "Sandbox", given: Json) -> Json:
    """Lets held webhooks go, and tries again at once what waits for its next attempt."""
    sb.world.settings.hold = False
    sb.world.save_settings()
    sb.webhooks.retry_now()
    return {"pending": len(sb.world.updates)}


def webhook(sb: "Sandbox", given: Json) -> Json:
    """Posts `body` (any JSON, or text as it is) as a whole; `once` asks for no second try."""
    if "body" not in given and "payload" not in given:
        raise Refused("Give body: the JSON or text to post.")
    body = given["body"] if "body" in given else given["payload"]
    sb.webhooks.tell_raw(body, sign=bool(given.get("sign", True)), once=bool(given.get("once")))
    return {}


async def verify_webhook(sb: "Sandbox", given: Json) -> Json:
    url = str(given.get("url") or sb.world.settings.url or sb.options.webhook_url)
    token = str(given.get("verify_token") or sb.options.verify_token)
    return await sb.webhooks.verify(url, token)
