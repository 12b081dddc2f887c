"""Browser tests: the whole product as real processes, and Chromium in front of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.factories.ats import PASSWORD
from tests.processes import alone, ready, shared_stack
from tests.stack import Stack

__all__ = ["shared_stack"]

# Generous: the machine may be busy, and a test that passes never waits for it.
expect.set_options(timeout=20_000)

CHROMIUM_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The suggestions of the address bar: of every window a page of its own, which nobody sees here
    # and which takes more of a processor than the page that is tested.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
]


# First: xdist reads the groups in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They share one stack, so one worker runs them all; each needs a browser and a database."""
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.processes)
            item.add_marker(pytest.mark.xdist_group("stack"))
            item.add_marker(pytest.mark.django_db(transaction=True))


# Last: after the order was made random.
@pytest.hookimpl(trylast=True, specname="pytest_collection_modifyitems")
def side_by_side(items: list[pytest.Item]) -> None:
    """One after the other also where a single process runs everything, so that the product and the
    browser start once."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


# The browser, while there is one.
running = ExitStack()
browsers: list[Browser] = []


@pytest.fixture
def chromium() -> Browser:
    """One for all of these tests."""
    path = os.environ.get("CHROMIUM")
    if not path:
        words = "no Chromium found: apt-get install chromium, or set CHROMIUM=/path/to/chromium"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(words)
        pytest.skip(words)
    if not browsers:
        playwright = running.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        browsers.append(running.enter_context(browser))
    return browsers[0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """After the last of these tests in this process: Playwright's loop runs in this thread, and
    other tests want one of their own; idle workers take time from the tests that are left."""
    if nextitem is None or nextitem.get_closest_marker("browser") is None:
        browsers.clear()
        running.close()
        alone()


@pytest.fixture
def stack(shared_stack: Stack, transactional_db: None) -> Stack:
    """Everything running, an empty database, and a sandbox that knows nobody."""
    ready(shared_stack).control("reset")
    return shared_stack


PageOf = Callable[..., Page]


def sign_in(page: Page, email: str) -> None:
    page.goto("/")
    page.fill("[name=username]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)


def give_session(context: BrowserContext, user: Any, *, at: str) -> None:
    """What the form gives, without its two pages: a window of its own loads everything anew."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": at}])


@pytest.fixture
def browser_page(chromium: Browser, stack: Stack) -> Iterator[PageOf]:
    """`browser_page(user)` is an empty page of somebody signed in, in a browser of their own.

    Without a user it is nobody's.

    Whatever a page says on its console in error fails the test at its end.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def note(message: Any) -> None:
        # The browser itself reports a stream that broke, and a form that was refused; tests do both
        # on purpose.
        url = message.location.get("url") or ""
        on_purpose = "/whatsapp/live/" in url or "status of 422" in message.text
        if message.type == "error" and not on_purpose:
            problems.append(f"{message.text} ({url})")

    def open_page(user: Any = None, **options: Any) -> Page:
        usual = {"base_url": stack.web, "viewport": {"width": 1440, "height": 900}}
        context = chromium.new_context(**{**usual, **options})
        context.set_default_timeout(20_000)
        contexts.append(context)
        context.on("console", note)
        context.on("weberror", lambda error: problems.append(str(error.error)))
        if user is not None:
            give_session(context, user, at=stack.web)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert not problems
