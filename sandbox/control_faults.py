"""The control API's part that disturbs: slow, failing and held calls, and the webhook line."""

import re
from typing import TYPE_CHECKING

from sandbox.envelope import MOST_UPDATES
from sandbox.errors import GraphError
from sandbox.faults import Fault
from sandbox.phones import Refused
from sandbox.records import Json

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def latency(sb: "Sandbox", given: Json) -> Json:
    sb.faults.latency = float(given["ms"]) / 1000
    return {"ms": sb.faults.latency * 1000}


def _match(given: Json) -> re.Pattern[str] | None:
    return re.compile(str(given["match"])) if given.get("match") else None


def fail(sb: "Sandbox", given: Json) -> Json:
    count = int(given.get("count", 1))
    if given.get("after_accept"):
        sb.faults.rules.append(Fault("lose", count, _match(given)))
        return {"count": count}
    error = GraphError(
        int(given["code"]),
        str(given.get("details", "")),
        message=str(given.get("message", "")),
        http=int(given.get("http_status", 0)),
    )
    sb.faults.rules.append(Fault("fail", count, _match(given), error))
    return {"count": count}


def hang(sb: "Sandbox", given: Json) -> Json:
    seconds = float(given["seconds"]) if given.get("seconds") else None
    rule = Fault("hang", int(given.get("count", 1)), _match(given), None, seconds)
    sb.faults.rules.append(rule)
    return {"held": sb.faults.held}


def hanging(sb: "Sandbox", given: Json) -> Json:
    return {"held": sb.faults.held}


def unhang(sb: "Sandbox", given: Json) -> Json:
    return {"released": sb.faults.unhang()}


def clear_faults(sb: "Sandbox", given: Json) -> Json:
    sb.faults.clear()
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
