"""Posts the same kind of request over a few kept-alive connections, from this process."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Iterator

CONNECTIONS = 16


def delivery(
    number: int, phone_number_id: str, waba_id: str, *, people: int = 500, at: int | None = None
) -> bytes:
    """One inbound text, as Meta writes it."""
    wa_id = f"2547{number % people:08d}"
    message = {
        "from": wa_id,
        "from_user_id": f"KE.{number % people:08d}",
        "id": f"wamid.HBgMMjU0NzIyNTU1MDE0FQIAEhggQTk4N0Y2RDI4RUE{number:012d}A=",
        "timestamp": str(at or int(time.time())),
        "type": "text",
        "text": {"body": f"Yes, Friday at two is fine for me. See you there! ({number})"},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "254205550100", "phone_number_id": phone_number_id},
        "contacts": [
            {
                "profile": {"name": f"Person {number % people}"},
                "wa_id": wa_id,
                "user_id": message["from_user_id"],
            }
        ],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    entry = {"id": waba_id, "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def request(path: str, body: bytes, secret: str) -> bytes:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answers(port: int, requests: Iterator[bytes], statuses: dict[int, int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for raw in requests:
        writer.write(raw)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        statuses[status] = statuses.get(status, 0) + 1
        lines = head.lower().split(b"\r\n")
        length = next(int(one[15:]) for one in lines if one.startswith(b"content-length:"))
        await reader.readexactly(length)
        if b"connection: close" in lines:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def rate(port: int, requests: list[bytes], *, connections: int = CONNECTIONS) -> float:
    """Requests answered 200 a second. Raises SystemExit where any was answered otherwise."""
    statuses: dict[int, int] = {}
    left = iter(requests)

    async def all_of_them() -> None:
        await asyncio.gather(*(_answers(port, left, statuses) for _ in range(connections)))

    began = time.perf_counter()
    asyncio.run(all_of_them())
    took = time.perf_counter() - began
    if set(statuses) != {200}:
        raise SystemExit(f"Answers by status: {statuses}")
    return len(requests) / took


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def line(name: str, value: str, goal: str, raw: str) -> None:
    print(f"{name}: {value} (goal {goal}) · {raw}", flush=True)
