"""Each kind of message in the thread and in the list, and what surrounds a message."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.factories.thread import (
    BOOK,
    MP3,
    OURS,
    SHIFTS,
    Thread,
    photo,
    react,
    write_every_kind,
)
from tests.factories.whatsapp import NOW, World
from whatsapp.inbox.conversations import recount
from whatsapp.models import Conversation, Direction, Message, MessageStatus
from whatsapp.sending.content import InteractiveDraft

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread(world: World) -> Thread:
    return Thread(world.conversation, NOW - timedelta(hours=1))


@pytest.fixture
def shown(world: World, client: Client) -> Callable[..., str]:
    """The words of the open thread, or of the fragment for a query, without markup."""

    def read(query: str = "", *, raw: bool = False) -> str:
        client.force_login(world.alice)
        url = reverse("whatsapp:messages", args=[world.conversation.pk])
        page = client.get(f"{url}{query}").content.decode()
        return page if raw else words_of(page)

    return read


def words_of(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def in_list(world: World, client: Client, message: Message) -> str:
    client.force_login(world.alice)
    with company_scope(world.company):
        Conversation.objects.update(last_message=message)
    page = client.get(reverse("whatsapp:inbox_rows")).content.decode()
    found = re.search(r'class="u-clip" dir="auto">([^<]*)</span></span>', page)
    assert found is not None
    return html.unescape(found[1])


def interactive(kind: str, **answer: Any) -> dict[str, Any]:
    return {"type": kind, kind: answer}


PERMISSION = "call_permission_reply"
AD = {"source_url": "https://fb.me/x", "headline": "Work with us", "source_type": "ad"}
KINDS: list[tuple[str, str, Any, dict[str, Any], list[str], str]] = [
    ("text", "Hello", None, {}, ["Hello"], "Hello"),
    ("text", "Hi", None, {"referral": AD}, ["Came from an ad", "Work with us", "fb.me/x"], "Hi"),
    ("text", "Hi", None, {"context": {"forwarded": True}}, ["Forwarded"], "Hi"),
    (
        "text",
        "Hi",
        None,
        {"context": {"frequently_forwarded": True}},
        ["Forwarded many times"],
        "Hi",
    ),
    ("button", "Confirm", {"payload": "1"}, {}, ["Confirm"], "Confirm"),
    (
        "location",
        "Westlands",
        {"latitude": -1.2673, "longitude": 36.8111, "name": "Westlands", "address": "Nairobi"},
        {},
        ["Westlands", "Nairobi", "-1.2673, 36.8111"],
        "Location: Westlands",
    ),
    (
        "contacts",
        "Lucia Ferri",
        [{"name": {"formatted_name": "Lucia Ferri"}, "phones": [{"phone": "+39 320"}]}],
        {"origin": "contact_request"},
        ["Sent on request", "Lucia Ferri", "+39 320"],
        "Contact card: Lucia Ferri",
    ),
    (
        "interactive",
        "Night",
        interactive("list_reply", id="1", title="Night", description="22:00 to 6:00"),
        {},
        ["Night", "22:00 to 6:00"],
        "Night",
    ),
    (
        "interactive",
        "Sent",
        interactive("nfm_reply", response_json='{"flow_token":"t","start_date":"1 May","ok":true}'),
        {},
        ["Filled in a form", "Start date", "1 May", "Ok", "Yes"],
        "Filled in a form",
    ),
    (
        "interactive",
        "Sent",
        interactive("nfm_reply", response_json='{"half": '),
        {},
        ["could not be read", '{"half":'],
        "Filled in a form",
    ),
    (
        "interactive",
        "",
        interactive(PERMISSION, response="accept", expiration_timestamp=1796468400),
        {},
        ["Amina allowed calls", "until 5 December, 12:00"],
        "Allowed calls",
    ),
    (
        "interactive",
        "",
        interactive(PERMISSION, response="accept", is_permanent=True),
        {},
        ["Amina allowed calls for good"],
        "Allowed calls",
    ),
    (
        "interactive",
        "",
        interactive(PERMISSION, response="reject"),
        {},
        ["Amina declined calls"],
        "Declined calls",
    ),
    (
        "interactive",
        "",
        interactive(PERMISSION, response="reject", response_source="automatic"),
        {},
        ["WhatsApp ended the permission to call Amina"],
        "Declined calls",
    ),
    (
        "interactive",
        "",
        interactive("mood_reply", mood="glad"),
        {},
        ["Kind not shown here (mood reply)", "Ask Amina to write it as text"],
        "An answer of a kind that is not shown here",
    ),
    (
        "order",
        "Thanks",
        {
            "product_items": [
                {
                    "product_retailer_id": "U-1",
                    "quantity": "2",
                    "item_price": 1500.5,
                    "currency": "KES",
                }
            ]
        },
        {},
        ["2 × U-1", "1,500.50 KES", "Total 3,001.00 KES", "Thanks"],
        "Order: 1 item, Thanks",
    ),
    (
        "unsupported",
        "",
        None,
        {
            "unsupported": {"type": "poll"},
            "errors": [{"code": 131051, "title": "Unknown", "error_data": {"details": "No poll"}}],
        },
        ["Kind not shown here (poll)", "Ask Amina", "131051 Unknown No poll"],
        "Not shown here: poll",
    ),
    (
        "system",
        "changed",
        {"type": "user_changed_number", "wa_id": "254733555190"},
        {},
        ["Amina has a new number: +254 733 555190"],
        "Has a new number",
    ),
    (
        "system",
        "x",
        {"type": "customer_identity_changed"},
        {},
        ["security code of Amina changed"],
        "Security code changed",
    ),
]


@pytest.mark.parametrize(("kind", "text", "about", "more", "expected", "excerpt"), KINDS)
def test_each_kind_says_what_it_is(
    world: World,
    client: Client,
    thread: Thread,
    shown: Callable[..., str],
    kind: str,
    text: str,
    about: Any,
    more: dict[str, Any],
    expected: list[str],
    excerpt: str,
) -> None:
    with company_scope(world.company):
        direction = Direction.NOTE if kind == "system" else Direction.IN
        message = thread.say(kind, text, about=about, content=more, direction=direction)
    page = shown()
    assert [words for words in expected if words not in page] == []
    assert in_list(world, client, message) == excerpt


@pytest.mark.parametrize("kind", ["location", "contacts", "order", "interactive", "system"])
@pytest.mark.parametrize("about", [None, [], {}, "x", [1], {"type": []}, {"product_items": [{}]}])
def test_what_is_not_as_documented_breaks_no_page(
    world: World, client: Client, thread: Thread, shown: Callable[..., str], kind: str, about: Any
) -> None:
    with company_scope(world.company):
        message = thread.say(kind, "Words", about=about)
    assert "14:18" in shown()
    assert in_list(world, client, message)


@pytest.mark.parametrize(
    ("given", "expected", "excerpt"),
    [
        ({"by_candidate": True, "outcome": "missed"}, "Missed call from Amina", "Missed call"),
        (
            {"by_candidate": False, "outcome": "completed", "duration": 192},
            "Call to Amina 3 min 12 s",
            "Call, 3 min 12 s",
        ),
        (
            {"by_candidate": False, "outcome": "rejected"},
            "Amina declined the call",
            "Call declined",
        ),
        ({"by_candidate": True, "state": "ringing"}, "Amina is calling", "Call"),
        ({"by_candidate": False, "state": "ringing"}, "Ringing at Amina’s phone", "Call"),
    ],
)
def test_a_call_is_a_line(
    world: World,
    client: Client,
    thread: Thread,
    shown: Callable[..., str],
    given: Any,
    expected: str,
    excerpt: str,
) -> None:
    with company_scope(world.company):
        call = thread.call(**given)
    assert expected in shown()
    assert 'class="sys' in shown(raw=True)
    assert in_list(world, client, call.message) == excerpt


class TestFiles:
    def test_a_photo_shows_its_thumbnail_and_opens_whole(
        self, world: World, client: Client, thread: Thread, shown: Callable[..., str]
    ) -> None:
        with company_scope(world.company):
            media = thread.file("image", photo(), "Diploma", picture=photo(), mime="image/jpeg")
        page = shown(raw=True)
        assert f'src="{reverse("whatsapp:media_thumbnail", args=[media.pk])}"' in page
        assert f'href="{reverse("whatsapp:media", args=[media.pk])}"' in page
        assert 'alt="Photo from Amina, 14:18"' in page
        assert in_list(world, client, media.message) == "Photo: Diploma"

    def test_a_voice_message_is_told_from_other_sound(
        self, world: World, client: Client, thread: Thread
    ) -> None:
        with company_scope(world.company):
            voice = thread.file("audio", MP3, voice=True)
            other = thread.file("audio", MP3)
        assert in_list(world, client, voice.message) == "Voice message"
        assert in_list(world, client, other.message) == "Audio"

    @pytest.mark.parametrize("state", ["waiting", "fetching"])
    def test_what_is_on_its_way_says_so(
        self, world: World, thread: Thread, shown: Callable[..., str], state: str
    ) -> None:
        with company_scope(world.company):
            thread.file("image", state=state)
        page = shown(raw=True)
        assert "Loading photo…" in page
        assert "<img" not in page and "Try again" not in page

    def test_what_failed_says_why_and_may_be_tried_by_those_who_may_write(
        self, world: World, client: Client, thread: Thread, shown: Callable[..., str]
    ) -> None:
        with company_scope(world.company):
            media = thread.file("document", state="failed", cause="Lost.", filename="cv.pdf")
        retry = f'hx-post="{reverse("whatsapp:media_retry", args=[media.pk])}"'
        page = shown(raw=True)
        assert "Lost." in page and "cv.pdf" in page and retry in page
        client.force_login(UserFactory(company=world.company, role=Role.READ_ONLY))
        url = reverse("whatsapp:conversation", args=[world.conversation.pk])
        page = client.get(url).content.decode()
        assert "Lost." in page and retry not in page

    def test_what_was_refused_is_not_tried_again(
        self, world: World, thread: Thread, shown: Callable[..., str]
    ) -> None:
        with company_scope(world.company):
            thread.file("video", state="refused", cause="Too large.")
        page = shown(raw=True)
        assert "Too large." in page and "hx-post" not in page

    def test_a_file_from_before_files_were_kept_is_named(
        self, world: World, thread: Thread, shown: Callable[..., str]
    ) -> None:
        with company_scope(world.company):
            thread.say("image", "Caption", about={"id": "1"})
        page = shown()
        assert "Photo that was not kept here" in page and "Caption" in page

    @pytest.mark.parametrize(
        ("filename", "mime", "warning"),
        [
            ("cv.exe", "application/octet-stream", "can run as a program"),
            ("cv.docm", "application/zip", "can run as a program"),
            ("cv.html", "text/html", "is a web page"),
            ("cv.pdf", "image/svg+xml", "is a web page"),
            ("cv.pdf", "application/octet-stream", "The name says PDF"),
            ("cv.pdf", "application/pdf", ""),
        ],
    )
    def test_what_may_do_harm_is_a_download_with_a_warning(
        self,
        world: World,
        thread: Thread,
        shown: Callable[..., str],
        filename: str,
        mime: str,
        warning: str,
    ) -> None:
        with company_scope(world.company):
            media = thread.file("document", b"x" * 9, filename=filename, mime=mime)
        page = shown(raw=True)
        link = f'href="{reverse("whatsapp:media", args=[media.pk])}" download'
        assert link in page
        assert warning in page and ("is-warn" in page) == bool(warning)


class TestChanges:
    def test_the_newest_reaction_shows_and_an_empty_one_is_none(
        self, world: World, thread: Thread, shown: Callable[..., str]
    ) -> None:
        with company_scope(world.company):
            first, second = thread.say("text", "One"), thread.say("text", "Two")
            late = NOW + timedelta(minutes=1)
            thread.change("reaction", first.wamid, emoji="🎉", at=late)
            thread.change("reaction", first.wamid, emoji="👍", at=NOW)
            thread.change("reaction", second.wamid, emoji="👍", at=NOW)
            thread.change("reaction", second.wamid, emoji="", at=late)
        page = shown()
        assert "Amina reacted: 🎉" in page
        assert "👍" not in page

    def test_an_edited_message_shows_both_words(
        self, world: World, thread: Thread, shown: Callable[..., str]
    ) -> None:
        before = {"type": "image", "image": {"caption": "My CV"}}
        with company_scope(world.company):
            thread.say("text", "Tuesday", content={"before": before}, edited_at=NOW)
        page = shown()
        assert "Tuesday" in page and "Edited 15:18" in page and "My CV" in page

    def test_a_deleted_message_says_only_that(
        self, world: World, client: Client, thread: Thread, shown: Callable[..., str]
    ) -> None:
        with company_scope(world.company):
            media = thread.file("image", photo(), picture=photo(), state="gone")
            Message.objects.filter(pk=media.message_id).update(deleted_at=NOW, text="", content={})
            thread.change("reaction", media.message.wamid, emoji="👍")
            message = Message.objects.get(pk=media.message_id)
        page = shown()
        assert "Amina deleted this message" in page and "👍" not in page
        assert "<img" not in shown(raw=True)
        assert in_list(world, client, message) == "Message deleted"

    def test_a_change_to_what_is_not_here_is_a_line_until_it_comes(
        self, world: World, thread: Thread, shown: Callable[..., str]
    ) -> None:
        with company_scope(world.company):
            here = thread.say("text", "Here")
            thread.change("reaction", "wamid.A", emoji="👍", at=NOW)
            thread.change("edit", "wamid.B", text="At ten", at=NOW)
            thread.change("edit", "wamid.C", text="Secret", at=NOW)
            thread.change("revoke", "wamid.C", at=NOW + timedelta(seconds=1))
            thread.change("reaction", "wamid.D", emoji="👍", at=NOW)
            thread.change("reaction", "wamid.D", emoji="", at=NOW + timedelta(seconds=1))
        for query in ("", f"?changes={here.pk}"):
            page = shown(query)
            assert page.count("reacted 👍 to a message that is not here") == 1
            assert "edited a message that is not here" in page and "At ten" in page
            assert "deleted a message that is not here" in page and "Secret" not in page
        with company_scope(world.company):
            thread.say("text", "Late", wamid="wamid.A")
        assert "to a message that is not here" not in shown()
        assert "Amina reacted: 👍" in shown()

    def test_lines_belong_to_the_page_of_their_time(
        self,
        world: World,
        thread: Thread,
        shown: Callable[..., str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("whatsapp.selectors.thread.PAGE", 2)
        with company_scope(world.company):
            rows = [thread.say("text", f"Number {number}") for number in range(4)]
            thread.change("reaction", "wamid.A", emoji="👍", at=rows[1].at)
        assert "not here" not in shown()
        assert "not here" not in shown(f"?changes={rows[2].pk}")
        assert "not here" in shown(f"?before={rows[2].pk}")


def test_an_answer_names_what_it_answers_whatever_kind_that_is(
    world: World, thread: Thread, shown: Callable[..., str]
) -> None:
    with company_scope(world.company):
        asked = thread.file("image", state="fetching").message
        thread.say("text", "This one", context_wamid=asked.wamid)
        thread.say("text", "And that", context_wamid="wamid.GONE")
    page = shown()
    assert "Amina Photo" in page
    assert "A message that is not here" in page


def test_the_version_moves_with_what_shows_and_not_with_the_tick(
    world: World, thread: Thread, shown: Callable[..., str]
) -> None:
    def version() -> str:
        found = re.search(r'data-version="(\w+)"', shown(f"?ids={ours.pk}", raw=True))
        assert found is not None
        return found[1]

    with company_scope(world.company):
        ours = thread.say("text", direction=Direction.OUT, status=MessageStatus.SENT)
        first = version()
        Message.objects.filter(pk=ours.pk).update(status=MessageStatus.READ, read_at=NOW)
        assert version() == first
        thread.change("reaction", ours.wamid, emoji="👍")
        assert version() != first


def test_a_page_of_every_kind_asks_as_little_as_one_of_texts(
    world: World, client: Client, thread: Thread, django_assert_max_num_queries: Any
) -> None:
    with company_scope(world.company):
        write_every_kind(thread)
    client.force_login(world.alice)
    with django_assert_max_num_queries(29):
        page = client.get(reverse("whatsapp:conversation", args=[world.conversation.pk]))
    assert page.status_code == 200


def test_what_we_offer_shows_with_all_that_can_be_tapped(
    world: World, thread: Thread, shown: Callable[..., str]
) -> None:
    with company_scope(world.company):
        for about in (SHIFTS, BOOK):
            draft = InteractiveDraft(about)
            thread.say(draft.kind, draft.text(), content=draft.content(), **OURS)
    page = shown()
    for words in (
        "Shifts in December",
        "Which one suits you?",
        "Night shift – 22:00 to 6:00",
        "Day shift",
        "Caravella Hotels",
        "Choose – https://caravella.example/slots",
    ):
        assert words in page


def test_a_reaction_of_ours_stands_at_its_message_and_nowhere_else(
    world: World, thread: Thread, shown: Callable[..., str]
) -> None:
    with company_scope(world.company):
        said = thread.say("text", "I start on Monday!")
        thread.say("text", "See you")
        first = react(thread, said, "👍", author=world.alice)
        react(thread, said, "🎉", author=world.bob)
    page = shown()
    assert "Bob Okafor reacted: 🎉" in page and "👍" not in page
    assert len(re.findall(r"data-message=", shown(raw=True))) == 2
    # The browser hears of the reaction's own row.
    assert "I start on Monday!" in shown(f"?ids={first.pk}")
    with company_scope(world.company):
        react(thread, said, "")
    assert "reacted" not in shown()


def test_a_reaction_that_did_not_arrive_leaves_the_one_before_and_says_why(
    world: World, thread: Thread, shown: Callable[..., str]
) -> None:
    with company_scope(world.company):
        said = thread.say("text", "I start on Monday!")
        react(thread, said, "👍", author=world.alice)
        lost = {"status": MessageStatus.FAILED, "failed_at": NOW, "error_code": 131026}
        react(thread, said, "🎉", author=world.alice, **lost)
    page = shown()
    assert "Alice Ferrante reacted: 👍" in page
    assert "The reaction 🎉 did not arrive" in page


def test_a_reaction_of_ours_is_no_answer_wherever_the_thread_is_counted_anew(
    world: World, thread: Thread
) -> None:
    with company_scope(world.company):
        said = thread.say("text", "When do I start?")
        react(thread, said, "👍", created_at=NOW + timedelta(minutes=5))
        recount(world.conversation)
        row = Conversation.objects.get()
    assert (row.last_message_id, row.waiting_since) == (said.pk, said.at)


def test_the_api_tells_of_files_edits_and_deletions(
    world: World, client: Client, thread: Thread, django_assert_max_num_queries: Any
) -> None:
    with company_scope(world.company):
        media = thread.file("image", photo(), picture=photo(), mime="image/jpeg")
        thread.file("image", state="failed", cause="Lost.")
        thread.say("text", "Gone", deleted_at=NOW)
    client.force_login(world.alice)
    url = reverse("whatsapp_api:messages", args=[world.conversation.pk])
    with django_assert_max_num_queries(8):
        gone, failed, stored = client.get(url).json()["results"]
    assert stored["media"]["url"] == reverse("whatsapp:media", args=[media.pk])
    assert (stored["media"]["state"], stored["media"]["mime"]) == ("stored", "image/jpeg")
    assert (failed["media"]["url"], failed["media"]["cause"]) == (None, "Lost.")
    assert gone["media"] is None and gone["deleted_at"]


def test_another_company_gets_none_of_it(world: World, client: Client, thread: Thread) -> None:
    with company_scope(world.company):
        thread.say("text", "Only for Caravella")
    charlie = UserFactory(company=CompanyFactory(modules=["whatsapp"]))
    client.force_login(charlie)
    url = reverse("whatsapp:messages", args=[world.conversation.pk])
    for query in ("", "?changes=", "?ids=1"):
        assert client.get(f"{url}{query}").status_code == 404
