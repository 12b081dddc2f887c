"""What a company may send beside text and templates: files, places, cards, reactions."""

from typing import Any

import pytest
import requests

from tests.sandbox.conftest import AMINA, LUCA, ROOT, Meta, wait_for, wamid_of

SAMPLES = ROOT / "sandbox" / "samples"
MIME = {
    "photo.jpg": "image/jpeg",
    "video.mp4": "video/mp4",
    "voice.ogg": "audio/ogg",
    "cv.pdf": "application/pdf",
    "sticker.webp": "image/webp",
}
WEBP_256 = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\xff\x00\x00"
CARD = {"name": {"formatted_name": "Ana B", "first_name": "Ana"}, "phones": [{"phone": "+39 06"}]}


def upload(meta: Meta, name: str, data: bytes = b"", mime_type: str = "") -> str:
    mime_type = mime_type or MIME[name]
    file = (name, data or (SAMPLES / name).read_bytes(), mime_type)
    form = {"messaging_product": "whatsapp", "type": mime_type}
    answer = meta.graph("POST", f"{meta.number}/media", data=form, files={"file": file})
    assert answer.status_code == 200, answer.text
    media_id: str = answer.json()["id"]
    return media_id


def send(meta: Meta, kind: str, content: Any, **more: Any) -> requests.Response:
    return meta.send(type=kind, **{kind: content}, **more)


def code_of(answer: requests.Response) -> int:
    return int(answer.json()["error"]["code"])


def page(meta: Meta) -> str:
    return requests.get(f"{meta.base}/phones/{AMINA}", timeout=5).text


def test_uploaded_files_arrive_and_are_shown(meta: Meta) -> None:
    meta.writes()
    for kind, name, more in (
        ("image", "photo.jpg", {"caption": "The lobby"}),
        ("video", "video.mp4", {"caption": "A tour"}),
        ("audio", "voice.ogg", {"voice": True}),
        ("document", "cv.pdf", {"caption": "Sign here", "filename": "Offer.pdf"}),
        ("sticker", "sticker.webp", {}),
    ):
        wamid = wamid_of(send(meta, kind, {"id": upload(meta, name)} | more))
        assert wait_for(lambda w=wamid: meta.status_of(w) == "delivered"), kind
        assert meta.on_phone()[-1]["rendered"].items() >= more.items()
    shown = page(meta)
    for part in ("The lobby", "A tour", "Sign here", "Offer.pdf", "<audio", "<video", "<img"):
        assert part in shown


def test_links_are_taken_without_being_fetched(meta: Meta) -> None:
    meta.writes()
    link = {"link": "https://caravella.example/menu.pdf", "filename": "Menu.pdf"}
    wamid = wamid_of(send(meta, "document", link))
    assert wait_for(lambda: meta.status_of(wamid) == "delivered")
    assert "Menu.pdf" in page(meta)
    assert "https://caravella.example/menu.pdf" in page(meta)


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("image", None, 100),
        ("image", "7", 100),
        ("image", {}, 100),
        ("image", {"id": "1"}, 131009),
        ("image", {"id": "photo.jpg", "link": "https://x.example/a.jpg"}, 100),
        ("image", {"id": "photo.jpg", "captoin": "Hi"}, 100),
        ("image", {"id": "photo.jpg", "caption": "x" * 1025}, 100),
        ("image", {"id": "photo.jpg", "filename": "photo.jpg"}, 100),
        ("image", {"id": "cv.pdf"}, 131053),
        ("image", {"link": "http://caravella.example/a.jpg"}, 131009),
        ("image", {"link": "caravella.example/a.jpg"}, 131009),
        ("video", {"id": "photo.jpg"}, 131053),
        ("audio", {"id": "voice.ogg", "caption": "Hi"}, 100),
        ("audio", {"id": "voice.ogg", "voice": "yes"}, 100),
        ("audio", {"id": "video.mp4"}, 131053),
        ("document", {"id": "photo.jpg"}, 131053),
        ("document", {"id": "cv.pdf", "filename": ""}, 100),
        ("sticker", {"id": "photo.jpg"}, 131053),
        ("sticker", {"id": "sticker.webp", "caption": "Hi"}, 100),
        ("location", {"latitude": "-1.27"}, 131008),
        ("location", {"latitude": "north", "longitude": "36.8"}, 131009),
        ("location", {"latitude": 91, "longitude": 36.8}, 131009),
        ("location", {"latitude": 1, "longitude": 36.8, "lat": 1}, 100),
        ("contacts", {}, 100),
        ("contacts", [], 100),
        ("contacts", [CARD] * 258, 131009),
        ("contacts", [{"phones": []}], 131008),
        ("contacts", [{"name": {"first_name": "Ana", "last_name": "B"}}], 131008),
        ("contacts", [{"name": {"formatted_name": "Ana"}}], 131008),
        ("contacts", [CARD | {"birthday": "1.4.1990"}], 131009),
        ("contacts", [CARD | {"phones": [{"number": "+39"}]}], 100),
        ("contacts", [CARD | {"phone": "+39"}], 100),
        ("reaction", {"message_id": "wamid.x", "emoji": "👍"}, 131009),
    ],
)
def test_what_meta_would_refuse_is_refused_at_once(
    meta: Meta, kind: str, content: Any, code: int
) -> None:
    meta.writes()
    if isinstance(content, dict) and content.get("id") in MIME:
        content = content | {"id": upload(meta, content["id"])}
    assert code_of(send(meta, kind, content)) == code
    assert [m for m in meta.ask("messages")["messages"] if m["direction"] == "out"] == []


def test_a_file_has_to_be_what_its_kind_needs(meta: Meta) -> None:
    meta.writes()
    small = upload(meta, "s.webp", WEBP_256, "image/webp")
    assert code_of(send(meta, "sticker", {"id": small})) == 131053
    big = (SAMPLES / "sticker.webp").read_bytes() + bytes(110 * 1024)
    still = upload(meta, "s.webp", big, "image/webp")
    assert code_of(send(meta, "sticker", {"id": still})) == 131053
    moving = big[:20] + bytes([big[20] | 2]) + big[21:]
    wamid_of(send(meta, "sticker", {"id": upload(meta, "s.webp", moving, "image/webp")}))
    vorbis = (SAMPLES / "voice.ogg").read_bytes().replace(b"OpusHead", b"\x01vorbis ")
    other = upload(meta, "v.ogg", vorbis, "audio/ogg")
    assert code_of(send(meta, "audio", {"id": other})) == 131053


def test_a_file_of_another_account_cannot_be_sent(meta: Meta) -> None:
    meta.writes()
    ours = upload(meta, "photo.jpg")
    wamid_of(send(meta, "image", {"id": ours}))
    number = {"display_phone_number": "+46 70 555 0199"}
    other = meta.control("businesses", name="Lindgren", numbers=[number])
    meta.token = meta.control("token", waba_id=other["waba_id"])["access_token"]
    meta.number = other["phone_number_ids"][0]
    meta.writes()
    assert code_of(send(meta, "image", {"id": ours})) == 131009


def test_places_and_cards_arrive(meta: Meta) -> None:
    meta.writes()
    place = {"latitude": "-1.2699", "longitude": "36.8078", "name": "Westlands", "address": "Here"}
    wamid_of(send(meta, "location", place))
    last = wamid_of(send(meta, "contacts", [CARD] * 257))
    assert wait_for(lambda: meta.status_of(last) == "delivered")
    assert "Westlands" in page(meta)
    assert "Ana B" in page(meta)


def test_every_kind_but_a_template_needs_an_open_window(meta: Meta) -> None:
    place = {"latitude": 1, "longitude": 2}
    for kind, content in (("location", place), ("contacts", [CARD])):
        wamid = wamid_of(send(meta, kind, content))
        assert wait_for(lambda w=wamid: meta.statuses(w)) == ["failed"]
    assert {s["errors"][0]["code"] for s in meta.told("statuses")} == {131047}


def test_a_reaction_shows_on_the_message_and_is_only_sent(meta: Meta) -> None:
    theirs = meta.writes("I got the job!")
    wamid = wamid_of(send(meta, "reaction", {"message_id": theirs, "emoji": "👍"}))
    assert wait_for(lambda: "Reaction of the company: 👍" in page(meta))
    after = wamid_of(meta.text("Congratulations"))
    assert wait_for(lambda: meta.statuses(after) == ["sent", "delivered"])
    assert meta.statuses(wamid) == ["sent"]
    wamid_of(send(meta, "reaction", {"message_id": theirs, "emoji": ""}))
    assert wait_for(lambda: "Reaction of the company" not in page(meta))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"emoji": None}, 131008),
        ({"emoji": "yes"}, 131009),
        ({"emoji": "👍 yes"}, 131009),
        ({"emoji": "👍👍"}, 131009),
        ({"emoji": "!"}, 131009),
        ({"emoji": 7}, 100),
        ({"message_id": None}, 131008),
        ({"reply": True}, 100),
    ],
)
def test_a_wrong_reaction_is_refused(meta: Meta, change: dict[str, Any], code: int) -> None:
    given = {"message_id": meta.writes(), "emoji": "❤️"} | change
    given = {k: v for k, v in given.items() if v is not None}
    assert code_of(send(meta, "reaction", given)) == code


@pytest.mark.parametrize("emoji", ["👍🏽", "❤️", "👨‍👩‍👧", "🇮🇹", "1️⃣", "‼️", "↔️", "🤷‍♀️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
def test_any_emoji_is_one_however_it_is_composed(meta: Meta, emoji: str) -> None:
    wamid_of(send(meta, "reaction", {"message_id": meta.writes(), "emoji": emoji}))


def test_a_reaction_is_to_a_message_of_this_chat_not_older_than_30_days(meta: Meta) -> None:
    theirs = meta.writes()
    reaction = {"message_id": theirs, "emoji": "👍"}
    answered = send(meta, "reaction", reaction, context={"message_id": theirs})
    assert code_of(answered) == 100
    meta.control("phones", number=LUCA, name="Luca")
    meta.control("inbound", **{"from": LUCA, "to": meta.number, "text": "Ciao"})
    assert code_of(send(meta, "reaction", reaction, to=LUCA)) == 131009
    meta.control("clock", advance=30 * 24 * 3600 - 60)
    meta.writes("Still here")
    wamid_of(send(meta, "reaction", reaction))
    meta.control("clock", advance=61)
    assert code_of(send(meta, "reaction", reaction)) == 131009


def test_a_reply_quotes_what_is_still_there(meta: Meta) -> None:
    theirs = meta.writes("When is it?")
    last = wamid_of(meta.text("At ten", context={"message_id": theirs}))
    assert wait_for(lambda: meta.status_of(last) == "delivered")
    assert "msg-quote" in page(meta)
    meta.sends("revoke", original_message_id=theirs)
    assert "msg-quote" not in page(meta)
    wamid_of(meta.text("Hm", context={"message_id": "wamid.unknown"}))


def test_a_template_takes_a_file_or_a_place_as_its_header(meta: Meta) -> None:
    def with_header(format: str) -> dict[str, Any]:
        header = {"type": "HEADER", "format": format}
        body = {"type": "BODY", "text": "Your offer."}
        return {"name": format.lower(), "language": "en_US", "components": [header, body]}

    formats = ("IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
    made = [with_header(each) for each in formats]
    meta.control("templates", waba_id=meta.waba, templates=made)

    def sent(kind: str, file: Any, **more: Any) -> requests.Response:
        parameter = {"type": kind, kind: file} | more
        return meta.template(kind, [{"type": "header", "parameters": [parameter]}])

    offer = {"id": upload(meta, "cv.pdf"), "filename": "Offer.pdf"}
    wamid_of(sent("image", {"id": upload(meta, "photo.jpg")}))
    wamid_of(sent("video", {"link": "https://caravella.example/tour.mp4"}))
    wamid_of(sent("location", {"latitude": "1", "longitude": "2", "name": "Hotel", "address": "A"}))
    last = wamid_of(sent("document", offer))
    assert wait_for(lambda: meta.status_of(last) == "delivered")
    assert meta.on_phone()[-1]["rendered"]["header_file"]["filename"] == "Offer.pdf"
    for part in ("Offer.pdf", "tour.mp4", "Hotel", "<img"):
        assert part in page(meta)
    assert code_of(sent("document", {"id": upload(meta, "photo.jpg")})) == 131053
    assert code_of(sent("document", {})) == 100
    assert code_of(sent("image", {"id": "1"})) == 131009
    assert code_of(sent("image", {"id": "1", "caption": "x"})) == 100
    assert code_of(sent("image", {"id": "1"}, text="x")) == 100
    assert code_of(sent("location", {"latitude": "1"})) == 131008
    assert code_of(meta.template("image")) == 132012
