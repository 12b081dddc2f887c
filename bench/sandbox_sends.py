"""How many message sends a second the sandbox takes: it must never be what limits a benchmark.

    python -m bench.sandbox_sends [--sends 20000] [--answered]

The sandbox runs as its own process on one core; this process is the client. Webhooks are held back,
or with --answered go to a receiver that answers 200 (a third process).
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from typing import Any

GOAL = 2000
CONNECTIONS = 16
PEOPLE = 500


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def control(base: str, path: str, given: dict[str, Any] | None = None) -> Any:
    data = None if given is None else json.dumps(given).encode()
    with urllib.request.urlopen(f"{base}/_control/{path}", data, timeout=30) as answer:
        return json.load(answer)


async def receiver(port: int) -> None:
    """Reads each POST whole and answers 200."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                size = next(int(x[15:]) for x in lines if x.startswith(b"content-length:"))
                await reader.readexactly(size)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, limit=2**24)
    await server.serve_forever()


async def sends(port: int, phone_id: str, token: str, count: int) -> list[float]:
    """Sends `count` messages over a few kept-alive connections; gives each call's seconds."""
    spent: list[float] = []
    bodies = iter(range(count))
    head = (
        f"POST /v26.0/{phone_id}/messages HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: "
    )

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in bodies:
            body = json.dumps(
                {
                    "messaging_product": "whatsapp",
                    "to": f"+2547225{number % PEOPLE:05}",
                    "type": "template",
                    "template": {
                        "name": "interview",
                        "language": {"code": "en_US"},
                        "components": [
                            {
                                "type": "body",
                                "parameters": [
                                    {"type": "text", "text": "Amina"},
                                    {"type": "text", "text": f"Friday, {number}"},
                                ],
                            }
                        ],
                    },
                    "biz_opaque_callback_data": str(number),
                }
            )
            began = time.perf_counter()
            writer.write(f"{head}{len(body)}\r\n\r\n{body}".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in answer[:16]:
                raise SystemExit((await reader.read(4096)).decode())
            at = answer.index(b"content-length: ") + 16
            await reader.readexactly(int(answer[at : answer.index(b"\r", at)]))
            spent.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return spent


def prepare(base: str, held: bool) -> tuple[str, str]:
    template = {
        "name": "interview",
        "language": "en_US",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Hello {{1}}, your interview is on {{2}}. Bye."}],
    }
    made = control(
        base,
        "businesses",
        {
            "name": "Caravella Hotels",
            "tier": "TIER_UNLIMITED",
            "numbers": [{"display_phone_number": "+254205550100"}],
            "templates": [template],
        },
    )
    for number in range(PEOPLE):
        control(base, "phones", {"number": f"+2547225{number:05}", "name": f"Person {number}"})
    control(base, "limits", {"enforce": False})
    control(base, "webhooks", {"hold": held})
    token = control(base, "token", {"waba_id": made["waba_id"]})["access_token"]
    subscribe = urllib.request.Request(
        f"{base}/v26.0/{made['waba_id']}/subscribed_apps",
        b"{}",
        {"Authorization": f"Bearer {token}"},
    )
    urllib.request.urlopen(subscribe, timeout=10).close()
    return made["phone_number_ids"][0], token


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sends", type=int, default=20_000)
    parser.add_argument("--answered", action="store_true")
    parser.add_argument("--receive", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.receive:
        asyncio.run(receiver(given.receive))
        return
    port, hook = free_port(), free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as state:
        env = os.environ | {
            "FACEBOOK_APP_ID": "100200300400500",
            "FACEBOOK_APP_SECRET": "bench",
            "WHATSAPP_VERIFY_TOKEN": "bench",
            "WHATSAPP_WEBHOOK_URL": f"http://127.0.0.1:{hook}/",
            "SANDBOX_PORT": str(port),
            "SANDBOX_STATE": state,
        }
        others = [[sys.executable, "-m", "bench.sandbox_sends", "--receive", str(hook)]]
        command = [sys.executable, "-m", "sandbox"]
        started = [subprocess.Popen(o) for o in others if given.answered]
        sandbox = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
        started.append(sandbox)
        try:
            assert sandbox.stdout is not None
            sandbox.stdout.readline()
            phone_id, token = prepare(base, held=not given.answered)
            cpu, began = cpu_seconds(sandbox.pid), time.perf_counter()
            spent = sorted(asyncio.run(sends(port, phone_id, token, given.sends)))
            took = time.perf_counter() - began
            cpu = cpu_seconds(sandbox.pid) - cpu
            hooks = control(base, "webhooks")
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(10)
    way = "answered" if given.answered else "held"
    print(
        f"sandbox_sends: {given.sends / took:.0f}/s (goal {GOAL}) · {given.sends} sends in "
        f"{took:.2f} s, sandbox CPU {cpu:.2f} s ({cpu / given.sends * 1e6:.0f} µs each), "
        f"median {spent[len(spent) // 2] * 1000:.1f} ms, p99 "
        f"{spent[int(len(spent) * 0.99)] * 1000:.1f} ms, webhooks {way}: "
        f"{hooks['delivered']} delivered, {hooks['pending']} pending"
    )


if __name__ == "__main__":
    main()
