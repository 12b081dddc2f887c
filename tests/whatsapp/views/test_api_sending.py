"""Every kind of message through the REST API: what is taken, what is named as wrong, and once."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from ats.tenancy import company_scope
from tests.factories.thread import Thread
from tests.factories.whatsapp import NOW, ConversationFactory, MessageFactory, World
from tests.whatsapp.media.files import OPUS, PDF, picture
from whatsapp.models import Conversation, MediaFile, MediaState, Message
from whatsapp.sending.content import payload_of

pytestmark = pytest.mark.django_db

TO = "+254722555014"
PLACE = {"latitude": -1.2673, "longitude": 36.8111, "name": "Westlands", "address": "Nairobi"}
CARD = {
    "name": {"formatted_name": "Lucia Ferri"},
    "phones": [{"phone": "+254733555190", "type": "WORK"}],
    "org": {"company": "Caravella"},
}
BUTTONS = {
    "type": "button",
    "body": {"text": "Can you come on Friday?"},
    "footer": {"text": "Caravella Hotels"},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
            {"type": "reply", "reply": {"id": "no", "title": "No"}},
        ]
    },
}
SHIFTS = {
    "type": "list",
    "header": {"type": "text", "text": "Shifts"},
    "body": {"text": "Which one suits you?"},
    "action": {
        "button": "Choose",
        "sections": [
            {"rows": [{"id": "n", "title": "Night", "description": "22:00 to 6:00"}]},
        ],
    },
}
LINK = {
    "type": "cta_url",
    "body": {"text": "Choose a time"},
    "action": {
        "name": "cta_url",
        "parameters": {"display_text": "Choose", "url": "https://caravella.example/slots"},
    },
}
WHERE = {
    "type": "location_request_message",
    "body": {"text": "Where do you live?"},
    "action": {"name": "send_location"},
}


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


@pytest.fixture
def theirs(world: World) -> Message:
    with company_scope(world.company):
        return Thread(world.conversation, NOW - timedelta(minutes=9)).say("text", "Hello")


def post(client: Client, world: World, **body: Any) -> Any:
    url = reverse("whatsapp_api:messages", args=[world.conversation.pk])
    body.setdefault("client_id", str(uuid.uuid4()))
    if any(isinstance(value, SimpleUploadedFile) for value in body.values()):
        return client.post(url, body)
    return client.post(url, body, content_type="application/json")


def file(data: bytes, name: str = "letter.pdf", mime: str = "application/pdf") -> Any:
    return SimpleUploadedFile(name, data, mime)


def sent(world: World, answer: Any) -> dict[str, Any]:
    """What Meta would be sent, without the envelope."""
    assert answer.status_code == 201, answer.content
    with company_scope(world.company):
        message = Message.objects.get(pk=answer.json()["id"])
        payload = payload_of(message, to=TO)
    envelope = ("messaging_product", "recipient_type", "to", "biz_opaque_callback_data")
    assert [payload.pop(name) for name in envelope[:3]] == ["whatsapp", "individual", TO]
    assert payload.pop(envelope[3]) == str(message.callback_id)
    return payload


def stored(world: World, answer: Any) -> MediaFile:
    with company_scope(world.company):
        return MediaFile.objects.get(message=answer.json()["id"])


@pytest.mark.parametrize(
    ("given", "text", "inner"),
    [
        (
            {"location": PLACE},
            "Westlands, Nairobi",
            {
                "latitude": "-1.2673000",
                "longitude": "36.8111000",
                "name": "Westlands",
                "address": "Nairobi",
            },
        ),
        (
            {"contacts": [CARD]},
            "Lucia Ferri",
            [CARD | {"name": {"formatted_name": "Lucia Ferri", "first_name": "Lucia Ferri"}}],
        ),
        ({"interactive": BUTTONS}, "Can you come on Friday?", BUTTONS),
        ({"interactive": SHIFTS}, "Which one suits you?", SHIFTS),
        ({"interactive": LINK}, "Choose a time", LINK),
        ({"interactive": WHERE}, "Where do you live?", WHERE),
    ],
    ids=["location", "contacts", "buttons", "list", "link", "place asked for"],
)
def test_what_is_no_file_goes_as_meta_writes_it(
    world: World, alice: Client, given: dict[str, Any], text: str, inner: Any
) -> None:
    answer = post(alice, world, **given)
    [kind] = given
    assert sent(world, answer) == {"type": kind, kind: inner}
    assert (answer.json()["kind"], answer.json()["text"]) == (kind, text)


@pytest.mark.parametrize(
    ("kind", "data", "name", "more", "inner"),
    [
        ("image", picture(), "me.jpg", {"caption": "Our hotel"}, {"caption": "Our hotel"}),
        (
            "document",
            PDF,
            "Offer.pdf",
            {"caption": "Sign it"},
            {"caption": "Sign it", "filename": "Offer.pdf"},
        ),
        ("document", PDF, "x.pdf", {"filename": "Offer.pdf"}, {"filename": "Offer.pdf"}),
        ("audio", OPUS, "note.ogg", {"voice": True}, {"voice": True}),
        ("audio", OPUS, "note.ogg", {}, {}),
        ("sticker", picture("WEBP", (512, 512)), "wave.webp", {}, {}),
    ],
)
def test_a_file_is_stored_with_its_message_and_goes_by_metas_id(
    world: World,
    alice: Client,
    kept: Path,
    kind: str,
    data: bytes,
    name: str,
    more: dict[str, Any],
    inner: dict[str, Any],
) -> None:
    answer = post(alice, world, **{kind: file(data, name)}, **more)
    assert answer.status_code == 201, answer.content
    media = stored(world, answer)
    assert (media.kind, media.state, media.size) == (kind, MediaState.STORED, len(data))
    assert (kept / media.path).read_bytes() == data
    assert answer.json()["media"]["url"] == reverse("whatsapp:media", args=[media.pk])
    with company_scope(world.company):
        MediaFile.objects.update(media_id="777")
    assert sent(world, answer) == {"type": kind, kind: {"id": "777"} | inner}


def test_a_file_that_is_stored_already_is_sent_again_by_its_id(
    world: World, alice: Client, kept: Path
) -> None:
    first = stored(world, post(alice, world, document=file(PDF, "Offer.pdf")))
    second = stored(world, post(alice, world, document=first.pk, caption="Once more"))
    assert (second.filename, second.sha256) == ("Offer.pdf", first.sha256)
    assert second.path != first.path and (kept / second.path).read_bytes() == PDF


def test_what_meta_would_refuse_in_a_file_is_said_and_nothing_is_kept(
    world: World, alice: Client, kept: Path
) -> None:
    wrong = [
        ({"image": file(PDF)}, "The photo is a PDF; WhatsApp takes a JPEG or a PNG."),
        ({"document": file(b"MZ" + bytes(99))}, "The document is something else"),
        ({"document": file(b"")}, None),
        ({"audio": file(OPUS.replace(b"OpusHead", b"xVorbis!"))}, "The OGG file is not in Opus"),
        ({"audio": file(b"\xff\xfb\x90\x64" + bytes(500)), "voice": True}, "a voice message"),
        ({"audio": file(OPUS), "caption": "Listen"}, "no words beside an audio file"),
        ({"sticker": file(picture("WEBP"))}, "512 pixels wide and high"),
        ({"image": file(picture()), "caption": "a" * 1025}, "WhatsApp takes 1024"),
    ]
    for given, sentence in wrong:
        answer = post(alice, world, **given)
        if sentence is None:  # the form itself takes no empty file
            assert answer.status_code in (400, 409)
            continue
        assert answer.status_code == 409, answer.content
        [reason] = answer.json()["reasons"]
        assert reason["code"] == "bad_content" and sentence in reason["sentence"]
    with company_scope(world.company):
        assert not Message.objects.exists() and not MediaFile.objects.exists()
    assert not [one for one in kept.rglob("*") if one.is_file()]


@pytest.mark.parametrize(
    ("given", "sentences"),
    [
        ({"location": PLACE | {"latitude": 91}}, ["The latitude is 91"]),
        ({"location": PLACE | {"longitude": -181}}, ["The longitude is -181"]),
        ({"contacts": []}, ["no contact card"]),
        ({"contacts": [CARD] * 258}, ["258 contact cards"]),
        ({"contacts": [{"name": {"formatted_name": " "}}]}, ["Contact card 1 has no name"]),
        (
            {"interactive": BUTTONS | {"body": {"text": "a" * 1025}, "footer": {"text": "b" * 61}}},
            ["The text has 1025 characters", "The footer has 61 characters"],
        ),
        (
            {"interactive": BUTTONS | {"action": {"buttons": BUTTONS["action"]["buttons"] * 2}}},  # type: ignore[index]
            ["There are 4 buttons", "same id “yes”, “no”", "same title “Yes”, “No”"],
        ),
        (
            {
                "interactive": SHIFTS
                | {
                    "action": {
                        "button": "a" * 21,
                        "sections": [
                            {"title": "Early", "rows": []},
                            {"rows": [{"id": "1", "title": "b" * 25}] * 11},
                        ],
                    }
                }
            },
            [
                "The button that opens the list has 21 characters",
                "11 rows in all",
                "Section 1 has no rows",
                "The title of section 2 is empty",
                "The title of row 11 has 25 characters",
                "same id “1”",
            ],
        ),
        (
            {
                "interactive": LINK
                | {
                    "action": {
                        "name": "cta_url",
                        "parameters": {"display_text": "Choose", "url": "javascript:alert(1)"},
                    }
                }
            },
            ["no web address"],
        ),
    ],
)
def test_the_rules_name_all_that_whatsapp_would_refuse(
    world: World, alice: Client, given: dict[str, Any], sentences: list[str]
) -> None:
    answer = post(alice, world, **given)
    assert answer.status_code == 409, answer.content
    [reason] = answer.json()["reasons"]
    assert reason["code"] == "bad_content"
    for sentence in sentences:
        assert sentence in reason["sentence"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": "a", "location": PLACE}, "non_field_errors"),
        ({"text": "a", "caption": "b"}, "caption"),
        ({"image": 5, "voice": True}, "image"),
        ({"text": "a", "voice": True}, "voice"),
        ({"text": "a", "contxt_id": 5}, "contxt_id"),
        ({"text": "a", "context_id": 10**9}, "context_id"),
        ({"reaction": "👍"}, "context_id"),
        ({"image": "x"}, "image"),
        ({"image": {"link": "https://caravella.example/a.jpg"}}, "image"),
        ({"location": {"latitude": "north", "longitude": 1}}, "location"),
        ({"location": {"longitude": 1}}, "location"),
        ({"location": PLACE | {"longitude": "NaN"}}, "location"),
        ({"location": PLACE | {"url": "https://x.example"}}, "location"),
        ({"contacts": CARD}, "contacts"),
        ({"contacts": [{"phones": [{"phone": "1"}]}]}, "contacts"),
        ({"interactive": {"type": "flow", "body": {"text": "a"}, "action": {}}}, "interactive"),
        ({"interactive": BUTTONS | {"type": "list"}}, "interactive"),
        ({"interactive": WHERE | {"footer": {"text": "a"}}}, "interactive"),
        ({"interactive": "button"}, "interactive"),
    ],
)
def test_another_shape_is_named_by_its_field(
    world: World, alice: Client, given: dict[str, Any], field: str
) -> None:
    answer = post(alice, world, **given)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_a_closed_window_refuses_every_kind_but_a_template(world: World, alice: Client) -> None:
    with company_scope(world.company):
        Conversation.objects.update(last_inbound_at=None)
    contents = ({"location": PLACE}, {"interactive": BUTTONS}, {"image": file(picture())})
    for given in contents:
        answer = post(alice, world, **given)
        assert [one["code"] for one in answer.json()["reasons"]] == ["window_closed"]


def test_the_same_draft_again_is_the_same_message_and_another_is_refused(
    world: World, alice: Client, kept: Path
) -> None:
    drafts: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"document": file(PDF)}, {"document": file(PDF + b"\n")}),
        ({"location": PLACE}, {"location": PLACE | {"longitude": 36.9}}),
        ({"interactive": BUTTONS}, {"interactive": BUTTONS | {"footer": {"text": "Caravella"}}}),
        ({"contacts": [CARD]}, {"contacts": [CARD, CARD]}),
    ]
    for first, other in drafts:
        draft = str(uuid.uuid4())
        answers = [post(alice, world, client_id=draft, **first) for _ in range(2) if _reset(first)]
        assert answers[0].json()["id"] == answers[1].json()["id"]
        changed = post(alice, world, client_id=draft, **other)
        assert [one["code"] for one in changed.json()["reasons"]] == ["draft_changed"]
    files = [one for one in kept.rglob("*") if one.is_file()]
    assert len(files) == 1


def _reset(given: dict[str, Any]) -> bool:
    for value in given.values():
        if isinstance(value, SimpleUploadedFile):
            value.seek(0)
    return True


def test_any_kind_may_answer_a_message(world: World, alice: Client, theirs: Message) -> None:
    for given in ({"text": "Yes"}, {"location": PLACE}, {"interactive": BUTTONS}):
        payload = sent(world, post(alice, world, context_id=theirs.pk, **given))
        assert payload["context"] == {"message_id": theirs.wamid}


def test_a_reaction_is_about_its_message_and_no_answer(
    world: World, alice: Client, theirs: Message
) -> None:
    with company_scope(world.company):
        Conversation.objects.update(
            unread_count=1, waiting_since=theirs.at, last_message=theirs, last_message_at=theirs.at
        )
    answer = post(alice, world, reaction="👍", context_id=theirs.pk)
    assert sent(world, answer) == {
        "type": "reaction",
        "reaction": {"message_id": theirs.wamid, "emoji": "👍"},
    }
    with company_scope(world.company):
        row = Conversation.objects.get()
    assert (row.unread_count, row.waiting_since) == (0, theirs.at)
    assert row.last_message_id == theirs.pk
    taken_back = sent(world, post(alice, world, reaction="", context_id=theirs.pk))
    assert taken_back["reaction"]["emoji"] == ""


# fmt: off
EMOJIS = ["👍", "👍🏽", "❤️", "❤️‍🔥", "👨‍👩‍👧", "🇮🇹", "1️⃣", "‼️", "↔️", "🤷‍♀️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"]
NO_EMOJIS = ["yes", "👍 yes", "👍👍", "!", "1", "🇮🇹🇮🇹", "ش"]
# fmt: on


@pytest.mark.parametrize(
    ("given", "status"), [*((one, 201) for one in EMOJIS), *((one, 409) for one in NO_EMOJIS)]
)
def test_one_emoji_is_a_reaction_however_it_is_composed(
    world: World, alice: Client, theirs: Message, given: str, status: int
) -> None:
    answer = post(alice, world, reaction=given, context_id=theirs.pk)
    assert answer.status_code == status


def test_what_cannot_be_reacted_to_is_said(world: World, alice: Client, theirs: Message) -> None:
    with company_scope(world.company):
        ours = MessageFactory(
            conversation=world.conversation, status="sent", wamid="wamid.O", next_try_at=None
        )
        old = MessageFactory(
            conversation=world.conversation,
            direction="in",
            status="received",
            next_try_at=None,
            wamid="wamid.OLD",
            at=NOW - timedelta(days=31),
        )
    for target, emoji, sentence in (
        (theirs, "ok", "one emoji and nothing else"),
        (ours, "👍", "the candidate's own messages only"),
        (old, "👍", "older than 30 days"),
    ):
        answer = post(alice, world, reaction=emoji, context_id=target.pk)
        assert answer.status_code == 409
        assert sentence in answer.json()["reasons"][0]["sentence"]


def test_a_message_that_whatsapp_does_not_know_yet_cannot_be_answered(
    world: World, alice: Client
) -> None:
    with company_scope(world.company):
        queued = MessageFactory(conversation=world.conversation)
        elsewhere = MessageFactory(
            conversation=ConversationFactory(company=world.company, sender=world.sender),
            wamid="wamid.E",
        )
    for message, sentence in ((queued, "has not taken message"), (elsewhere, "no message")):
        answer = post(alice, world, text="Yes", context_id=message.pk)
        assert sentence in answer.json()["context_id"][0]
