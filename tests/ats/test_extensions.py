"""Another application takes its place in the pages, and leaves no trace where it is not visible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ats import extensions
from ats.templatetags.look import avatar, icon, initials, soft_at
from tests.factories.ats import ApplicationFactory, CandidateFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def inbox() -> Iterator[None]:
    """Entries of a module that is visible to people called Alice."""

    def is_alice(user: Any, candidate: Any = None) -> bool:
        return user.full_name == "Alice"

    extensions.sidebar.add(
        extensions.SidebarEntry(
            key="test-inbox",
            label="Test inbox",
            icon="chat",
            url_name="ats:jobs",
            group="Messages",
            visible=is_alice,
            count=lambda user: 7,
            count_words="waiting for an answer",
            is_key=True,
        )
    )
    extensions.profile_tabs.add(
        extensions.ProfileTab(
            key="test-chat",
            label="Test chat",
            url_name="ats:candidate_edit",
            visible=is_alice,
            count=lambda user, candidate: 2,
        )
    )
    extensions.profile_actions.add(
        extensions.ProfileAction(
            key="test-message",
            label="Test message",
            icon="chat",
            url=lambda user, candidate: f"/test/{candidate.pk}/",
            visible=is_alice,
        )
    )
    extensions.settings_pages.add(
        extensions.SettingsPage(
            key="test-settings",
            label="Test platform",
            description="What it does.",
            url_name="ats:jobs",
            icon="plug",
            section=("External Systems", "Third-party system configurations"),
            visible=is_alice,
        )
    )
    yield
    extensions.sidebar.remove("test-inbox")
    extensions.profile_tabs.remove("test-chat")
    extensions.profile_actions.remove("test-message")
    extensions.settings_pages.remove("test-settings")


def _pages(client: Client, name: str) -> str:
    person = UserFactory(full_name=name)
    amina = CandidateFactory(company=person.company)
    client.force_login(person)
    urls = [reverse("ats:candidate", args=[amina.pk]), reverse("ats:settings")]
    return "".join(client.get(url).content.decode() for url in urls)


def test_registered_places_are_shown(client: Client, inbox: None) -> None:
    page = _pages(client, "Alice")
    assert '<h2 class="nav-group">Messages</h2>' in page
    assert '7<span class="u-sr"> waiting for an answer</span>' in page
    assert 'Test chat <span class="u-3">2</span>' in page
    assert "Test message" in page
    assert "External Systems" in page and "Third-party system configurations" in page


def test_what_is_not_visible_leaves_no_trace(client: Client, inbox: None) -> None:
    page = _pages(client, "Bob")
    for words in ("Messages", "Test inbox", "Test chat", "Test message", "Test platform"):
        assert words not in page


def test_a_key_is_registered_once(inbox: None) -> None:
    entry = extensions.sidebar.get("test-inbox")
    assert entry is not None and "test-inbox" in extensions.sidebar
    with pytest.raises(ValueError, match="twice"):
        extensions.sidebar.add(entry)


def test_the_page_one_is_on_is_marked_in_the_navigation(client: Client) -> None:
    person = UserFactory()
    job = JobFactory(company=person.company)
    client.force_login(person)
    page = client.get(reverse("ats:job", args=[job.pk])).content.decode()
    assert 'data-nav="jobs" aria-current="page"' in page
    assert page.count('aria-current="page"') == 1


def test_a_jobs_counts_open_their_people(client: Client) -> None:
    person = UserFactory()
    job = JobFactory(company=person.company, title="Sous Chef")
    ApplicationFactory(company=person.company, job=job)
    client.force_login(person)
    page = client.get(reverse("ats:job", args=[job.pk])).content.decode()
    assert f"?job={job.pk}&amp;stage=screening" in page and "Amina Njoroge" in page
    assert "1 candidate<" in client.get(reverse("ats:jobs")).content.decode()


def test_a_job_is_opened(client: Client) -> None:
    person = UserFactory()
    client.force_login(person)
    refused = client.post(reverse("ats:job_new"), {"title": "Concierge"})
    assert refused.status_code == 422 and 'value="Concierge"' in refused.content.decode()
    opened = client.post(reverse("ats:job_new"), {"title": "Concierge", "location": "Milan"})
    assert "Concierge" in client.get(opened["Location"]).content.decode()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Amina Njoroge", "AN"),
        ("Maria Eduarda dos Santos", "MS"),
        ("Cher", "C"),
        ("+254 711", "?"),
        ("", "?"),
        ("ægir øst", "ÆØ"),
    ],
)
def test_initials(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_an_address_may_break_before_its_at_sign_and_stays_text() -> None:
    assert soft_at("amina@mail.example") == "amina<wbr>@mail.example"
    assert soft_at("<b>@mail") == "&lt;b&gt;<wbr>@mail"
    assert soft_at("no-address") == "no-address"


def test_avatar_and_icon_escape_what_they_are_given() -> None:
    assert "<b>" not in avatar("<b> <i>")
    assert icon("check", "is-s").startswith('<svg class="i is-s" viewBox="0 0 20 20"')
    assert avatar("Amina Njoroge") == avatar("Amina Njoroge")
