"""Real processes are killed, and nothing is lost, sent twice or left unsaid."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.utils import timezone

from ats.tenancy import company_scope
from dev import servers
from tests.processes import database_url, redis_url_for_processes
from tests.sandboxed import Sandboxed, connect
from tests.stack import Stack, eventually
from whatsapp.models import Conversation, Message, MessageStatus, WebhookEvent, WebhookItem
from whatsapp.sending.content import TextDraft
from whatsapp.sending.send import send
from whatsapp.sending.target import target_of

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("faults"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def stack(tmp_path: Path, transactional_db: None) -> Iterator[Stack]:
    """A stack of the test's own, with nothing started, and no other at work on its database."""
    stack = Stack(
        tmp_path,
        database_url(),
        redis_url_for_processes(),
        WHATSAPP_SENDING_LEASE="1",
        WORKER_CONCURRENCY="1",
    )
    try:
        yield stack
    finally:
        stack.stop()


def write(meta: Sandboxed, body: str) -> Message:
    with company_scope(meta.world.company):
        conversation = Conversation.objects.select_related(
            "sender__waba", "contact__candidate"
        ).get(pk=meta.world.conversation.pk)
        return send(
            target=target_of(conversation),
            draft=TextDraft(body),
            by=meta.world.alice,
            client_id=uuid.uuid4(),
            now=timezone.now(),
        )


def status_of(message: Message) -> str:
    message.refresh_from_db()
    return message.status


def test_a_worker_killed_between_request_and_answer(stack: Stack) -> None:
    stack.start("sandbox", "web", "worker", "sender", "beat")
    meta = connect(stack, now=timezone.now())
    stack.control("webhooks", hold=True)
    stack.control("hang", count=1, match="messages")
    message = write(meta, "Friday at 14:00?")
    # Meta has the message and holds its answer back; the worker waits for it, and dies.
    eventually(lambda: stack.ask("hang")["held"] == 1)
    assert status_of(message) == MessageStatus.SENDING
    stack.kill("sender")
    stack.start("sender")
    eventually(lambda: status_of(message) == MessageStatus.UNCONFIRMED)
    stack.control("unhang")
    # Only Meta's report can settle it, and does.
    stack.control("webhooks", hold=False)
    stack.control("webhooks/release")
    eventually(lambda: status_of(message) == MessageStatus.DELIVERED)
    assert [one["text"] for one in meta.arrived()] == ["Friday at 14:00?"]
    assert message.wamid == meta.arrived()[0]["wamid"]


def test_redis_away_while_webhooks_arrive_loses_none(stack: Stack, tmp_path: Path) -> None:
    port, directory = servers.free_port(), tmp_path / "redis"
    stack.env["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
    with ExitStack() as running:
        running.enter_context(servers.redis_server(directory, port))
        stack.start("sandbox", "web", "worker", "beat")
        meta = connect(stack, now=timezone.now())
        said = [meta.answers(f"before {number}") for number in range(3)]
        eventually(lambda: applied(meta, said), message=lambda: stack.log("worker")[-2000:])
    # Redis is gone. Meta's deliveries are answered 200 all the same.
    said += [meta.answers(f"meanwhile {number}") for number in range(20)]
    eventually(lambda: stack.ask("webhooks")["pending"] == 0)
    assert WebhookEvent.objects.exists()
    assert not applied(meta, said)
    # It comes back with nothing of what it held.
    shutil.rmtree(directory)
    with servers.redis_server(directory, port):
        eventually(
            lambda: applied(meta, said),
            seconds=60,
            message=lambda: stack.log("worker")[-2000:] + stack.log("beat")[-1000:],
        )
        said.append(meta.answers("afterwards"))
        eventually(lambda: applied(meta, said), seconds=30)
        assert not WebhookItem.objects.exclude(state="applied").exists()
        stack.stop()


def applied(meta: Sandboxed, wamids: list[str]) -> bool:
    with company_scope(meta.world.company):
        rows = Message.objects.filter(wamid__in=wamids).values_list("wamid", flat=True)
        return sorted(rows) == sorted(wamids)


def test_workers_killed_while_they_apply_leave_nothing_undone_or_done_twice(stack: Stack) -> None:
    stack.start("sandbox", "web", "worker", "beat")
    meta = connect(stack, now=timezone.now())
    said: list[str] = []
    for _ in range(3):
        said += [meta.answers("again and again") for _ in range(25)]
        stack.kill("worker")
        stack.start("worker")
    eventually(lambda: applied(meta, said), seconds=40)
    with company_scope(meta.world.company):
        conversation = Conversation.objects.get()
        # The first “Hello” of the cast is the one that is not in the list.
        assert conversation.unread_count == len(said) + 1
