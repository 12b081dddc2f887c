"""A running sandbox and a place that receives its webhooks, wiped for each test."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

ROOT = Path(__file__).parents[2]
APP_ID = "100200300400500"
APP_SECRET = "a-secret-of-the-tests"
VERIFY_TOKEN = "a-verify-token"
AMINA = "+254722555014"
LUCA = "+393205550142"
T = TypeVar("T")

INTERVIEW = {
    "name": "interview",
    "language": "en_US",
    "category": "UTILITY",
    "status": "APPROVED",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Interview on {{1}}"},
        {"type": "BODY", "text": "Hello {{1}}, your interview is at {{2}}. See you there."},
        {"type": "FOOTER", "text": "Reply STOP to opt out"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Confirm"},
                {"type": "URL", "text": "Open", "url": "https://caravella.example/i/{{1}}"},
            ],
        },
    ],
}
REMINDER = {
    "name": "reminder",
    "language": "en_US",
    "category": "UTILITY",
    "parameter_format": "NAMED",
    "components": [{"type": "BODY", "text": "Hello {{name}}, see you at {{time}} tomorrow."}],
}
PLAIN = {
    "name": "plain",
    "language": "en_US",
    "category": "MARKETING",
    "components": [{"type": "BODY", "text": "We would like to hear from you."}],
}


def wait_for(what: Callable[[], T], seconds: float = 5.0) -> T:
    """The first true answer, or the last one once the time is over."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found or time.monotonic() > end:
            return found
        time.sleep(0.01)


class Post(NamedTuple):
    at: float
    raw: bytes
    headers: dict[str, str]

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.raw)

    def values(self) -> list[dict[str, Any]]:
        return [c["value"] for e in self.json["entry"] for c in e["changes"]]


class Receiver:
    """The product's callback: remembers what came, answers what it is told to."""

    def __init__(self) -> None:
        self.posts: dict[str, list[Post]] = {}
        self.taken: dict[str, list[bytes]] = {}
        self.answers: deque[int] = deque()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                headers = {k.lower(): v for k, v in self.headers.items()}
                outer.posts.setdefault(self.path, []).append(Post(time.monotonic(), raw, headers))
                status = outer.answers.popleft() if outer.answers else 200
                if status == 200:
                    outer.taken.setdefault(self.path, []).append(raw)
                self.say(status, b"")

            def do_GET(self) -> None:
                asked = parse_qs(urlsplit(self.path).query)
                if asked.get("hub.verify_token") == [VERIFY_TOKEN]:
                    self.say(200, asked["hub.challenge"][0].encode())
                else:
                    self.say(403, b"no")

            def say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                # The sandbox may have been stopped meanwhile.
                with suppress(ConnectionError):
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Process:
    def __init__(self, state: Path, webhook_url: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        env = os.environ | {
            "FACEBOOK_APP_ID": APP_ID,
            "FACEBOOK_APP_SECRET": APP_SECRET,
            "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
            "WHATSAPP_WEBHOOK_URL": webhook_url,
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_STATE": str(state),
        }
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "sandbox"],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> "Process":
        assert self.popen.stdout is not None
        assert "ready" in self.popen.stdout.readline()
        return self

    def stop(self) -> int:
        self.popen.terminate()
        self.popen.communicate(timeout=10)
        return self.popen.returncode


class Meta:
    """A client of one sandbox with Caravella Hotels set up in it."""

    def __init__(self, base: str, receiver: Receiver, hook: str) -> None:
        self.base = base
        self.receiver = receiver
        self.hook = hook
        self.http = requests.Session()
        self.token = ""

    def control(self, path: str, **given: Any) -> dict[str, Any]:
        answer = self.http.post(f"{self.base}/_control/{path}", json=given, timeout=10)
        assert answer.json()["ok"], answer.text
        return answer.json()

    def ask(self, path: str) -> dict[str, Any]:
        return self.http.get(f"{self.base}/_control/{path}", timeout=10).json()

    def set_up(self) -> None:
        made = self.control(
            "businesses",
            name="Caravella Hotels",
            numbers=[{"display_phone_number": "+254 700 555 001"}],
            templates=[INTERVIEW, REMINDER, PLAIN],
        )
        self.business_id, self.waba = made["business_id"], made["waba_id"]
        self.number = made["phone_number_ids"][0]
        self.templates = made["template_ids"]
        self.token = self.control("token", waba_id=self.waba)["access_token"]
        self.control("phones", number=AMINA, name="Amina Njoroge")
        self.control("webhooks", url=self.receiver.url + self.hook, batch_ms=0, retry_base_ms=20)
        assert self.graph("POST", f"{self.waba}/subscribed_apps").json() == {"success": True}

    def graph(
        self, method: str, path: str, *, token: str | None = None, **more: Any
    ) -> requests.Response:
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.request(
            method, f"{self.base}/v26.0/{path}", headers=headers, timeout=10, **more
        )

    def send(self, to: str = AMINA, **more: Any) -> requests.Response:
        payload = {"messaging_product": "whatsapp", "to": to, **more}
        return self.graph("POST", f"{self.number}/messages", json=payload)

    def text(self, body: str = "Hello", to: str = AMINA, **more: Any) -> requests.Response:
        return self.send(to, type="text", text={"body": body}, **more)

    def template(
        self, name: str = "plain", components: Any = None, to: str = AMINA, **more: Any
    ) -> requests.Response:
        template = {"name": name, "language": {"code": "en_US"}}
        if components is not None:
            template["components"] = components
        return self.send(to, type="template", template=template, **more)

    def writes(self, text: str = "Good morning", **more: Any) -> str:
        given = {"from": AMINA, "to": self.number, "text": text} | more
        return self.control("inbound", **given)["wamid"]

    def sends(self, kind: str, **more: Any) -> str:
        """Amina sends one message of any kind."""
        return self.control("inbound", **({"from": AMINA, "to": self.number, "type": kind} | more))[
            "wamid"
        ]

    def refused(self, path: str, **given: Any) -> str:
        """Why the control API refuses it."""
        answer = self.http.post(f"{self.base}/_control/{path}", json=given, timeout=10)
        assert answer.status_code == 400, answer.text
        return answer.json()["error"]

    def cannot_send(self, kind: str, **more: Any) -> str:
        return self.refused("inbound", **({"from": AMINA, "to": self.number, "type": kind} | more))

    def message(self, wamid: str) -> dict[str, Any]:
        """The message as the product was told of it."""
        return wait_for(lambda: next((m for m in self.told("messages") if m["id"] == wamid), {}))

    def fields(self, name: str) -> list[dict[str, Any]]:
        """Every value of this field that the product was told, with its entry's id."""
        return [
            c["value"] | {"entry": e["id"]}
            for p in self.posts()
            for e in p.json["entry"]
            for c in e["changes"]
            if c["field"] == name
        ]

    def field(self, name: str) -> dict[str, Any]:
        return wait_for(lambda: self.fields(name))[-1]

    def posts(self) -> list[Post]:
        return list(self.receiver.posts.get(self.hook, []))

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Every message or status the product was told, in the order of arrival."""
        return [item for p in self.posts() for v in p.values() for item in v.get(kind, [])]

    def statuses(self, wamid: str) -> list[str]:
        return [s["status"] for s in self.told("statuses") if s["id"] == wamid]

    def on_phone(self, number: str = AMINA) -> list[dict[str, Any]]:
        return self.ask(f"phones/{number}/messages")["messages"]

    def status_of(self, wamid: str) -> str:
        return next(m["status"] for m in self.ask("messages")["messages"] if m["wamid"] == wamid)


def wamid_of(answer: requests.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.json()["messages"][0]["id"]


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """The sandbox stands alone: nothing of it is in Redis or the database."""


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()


@pytest.fixture(scope="session")
def running(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process = Process(tmp_path_factory.mktemp("sandbox"), receiver.url + "/").ready()
    yield process.base
    assert process.stop() == 0


@pytest.fixture
def meta(running: str, receiver: Receiver) -> Meta:
    client = Meta(running, receiver, f"/{uuid.uuid4().hex}/")
    client.control("reset")
    receiver.answers.clear()
    client.set_up()
    return client
