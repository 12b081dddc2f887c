"""The event stream: it catches up, it ends, and it answers to the product's own origin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, override_settings
from django.urls import reverse

from ats.models import Company
from ats.tenancy import company_scope
from tests.factories.ats import UserFactory
from tests.factories.whatsapp import NOW, World, make_world
from whatsapp import events, live

T = TypeVar("T")
pytestmark = pytest.mark.django_db(transaction=True)


def run(work: Coroutine[Any, Any, T]) -> T:
    """In a loop and a thread of their own, since Playwright keeps a loop running in the test's; the
    threads that it asked the database from leave no connection."""

    async def around() -> T:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        try:
            return await work
        finally:
            for sensitive in (True, False):
                await sync_to_async(connections.close_all, thread_sensitive=sensitive)()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, around()).result()


async def collected(pieces: AsyncIterator[bytes]) -> str:
    return b"".join([piece async for piece in pieces]).decode()


def publish(world: World, conversation: int) -> None:
    with company_scope(world.company):
        events.publish(world.company.pk, "conversation", now=NOW, conversation=conversation)


def test_a_stream_tells_what_was_missed_and_ends_by_itself() -> None:
    world, other = make_world(), make_world()
    publish(world, 1)
    before = live.newest_id(world.company.pk)
    publish(world, 2)
    publish(other, 3)
    publish(world, 4)
    heard = run(collected(live.stream(world.company.pk, before, lasts=0.05)))
    told = [line for line in heard.splitlines() if line.startswith('data: {"conversation"')]
    assert told == ['data: {"conversation": 2}', 'data: {"conversation": 4}']


def test_a_stream_leaves_the_bell_when_it_ends() -> None:
    world = make_world()
    run(collected(live.stream(world.company.pk, None, lasts=0.05)))
    assert world.company.pk not in live.bell._rings


def test_a_browser_that_comes_back_is_asked_again() -> None:
    """What a stream does not notice while it lasts, the next request does."""
    user = UserFactory(company=make_world().company)

    async def statuses() -> list[int]:
        client, found = AsyncClient(), []
        await client.aforce_login(user)
        url = reverse("whatsapp:live")
        found.append((await client.get(url)).status_code)
        await Company.objects.aupdate(modules=[])
        found.append((await client.get(url)).status_code)
        await Company.objects.aupdate(modules=["whatsapp"])
        user.is_active = False
        await user.asave()
        found.append((await client.get(url)).status_code)
        return found

    assert run(statuses()) == [200, 404, 401]


@override_settings(PUBLIC_URL="https://ats.example.com:8443/careers")
def test_the_allowed_origin_is_an_origin() -> None:
    user = UserFactory(company=make_world().company)

    async def allowed() -> str:
        client = AsyncClient()
        await client.aforce_login(user)
        answer = await client.get(reverse("whatsapp:live"))
        return str(answer["Access-Control-Allow-Origin"])

    assert run(allowed()) == "https://ats.example.com:8443"
