"""Files: sent from a phone, described, fetched with a token, and gone in time."""

import base64
import hashlib
import io
from typing import Any

import pytest
import requests
from PIL import Image

from tests.sandbox.conftest import Meta, wait_for

CV = b"%PDF-1.4\n% a CV\n"


def sends(meta: Meta, kind: str, **more: Any) -> dict[str, Any]:
    """The message's media object, as the product was told."""
    given: dict[str, Any] = meta.message(meta.sends(kind, **more))[kind]
    return given


def fetch(meta: Meta, url: str, token: str | None = None) -> requests.Response:
    token = meta.token if token is None else token
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(url, headers=headers, timeout=10)


def test_each_sample_is_a_real_file_in_metas_shape(meta: Meta) -> None:
    for kind, sample, mime_type, start in (
        ("image", "photo", "image/jpeg", b"\xff\xd8\xff"),
        ("audio", "voice", "audio/ogg; codecs=opus", b"OggS"),
        ("video", "video", "video/mp4", b"\x00\x00\x00"),
        ("document", "pdf", "application/pdf", b"%PDF-"),
        ("sticker", "sticker", "image/webp", b"RIFF"),
    ):
        told = sends(meta, kind, sample=sample)
        assert told["mime_type"] == mime_type
        answer = fetch(meta, told["url"])
        assert answer.headers["content-type"] == mime_type
        assert answer.content.startswith(start)
        assert base64.b64decode(told["sha256"]) == hashlib.sha256(answer.content).digest()
        described = meta.graph("GET", told["id"]).json()
        assert described == {
            "messaging_product": "whatsapp",
            "url": described["url"],
            "mime_type": mime_type,
            "sha256": hashlib.sha256(answer.content).hexdigest(),
            "file_size": str(len(answer.content)),
            "id": told["id"],
        }
        assert fetch(meta, described["url"]).content == answer.content
    assert sends(meta, "audio", sample="voice")["voice"] is True
    assert b"OpusHead" in fetch(meta, sends(meta, "audio", sample="voice")["url"]).content
    assert sends(meta, "sticker", sample="sticker")["animated"] is False
    photo = fetch(meta, sends(meta, "image", sample="photo")["url"]).content
    assert Image.open(io.BytesIO(photo)).size == (640, 480)


def test_bytes_of_ones_own(meta: Meta) -> None:
    data = base64.b64encode(CV).decode()
    given = {"data": data, "mime_type": "application/pdf", "filename": "Amina CV.pdf"}
    told = sends(meta, "document", caption="My CV", **given)
    assert (told["filename"], told["caption"]) == ("Amina CV.pdf", "My CV")
    assert fetch(meta, told["url"]).content == CV


def test_only_a_token_of_the_business_gets_the_bytes(meta: Meta) -> None:
    url = sends(meta, "image", sample="photo")["url"]
    other = meta.control("businesses", name="Lindgren", numbers=[])
    charlies = meta.control("token", waba_id=other["waba_id"])["access_token"]
    assert fetch(meta, url, "").status_code == 401
    assert fetch(meta, url, charlies).status_code == 404
    assert fetch(meta, url.replace("hash=", "hash=0")).status_code == 404
    media_id = url.split("mid=")[1].split("&")[0]
    refused = meta.graph("GET", media_id, token=charlies)
    assert (refused.status_code, refused.json()["error"]["error_subcode"]) == (400, 33)
    wrong = meta.graph("GET", f"{media_id}?phone_number_id=1")
    assert wrong.json()["error"]["code"] == 100


def test_the_address_lives_five_minutes_and_the_id_seven_days(meta: Meta) -> None:
    told = sends(meta, "image", sample="photo")
    meta.control("clock", advance=301)
    assert fetch(meta, told["url"]).status_code == 404
    fresh = meta.graph("GET", f"{told['id']}?phone_number_id={meta.number}").json()["url"]
    assert fetch(meta, fresh).status_code == 200
    meta.control("clock", advance=7 * 24 * 3600)
    gone = meta.graph("GET", told["id"])
    assert gone.status_code == 400
    assert "does not exist" in gone.json()["error"]["message"]


def test_a_deleted_file_is_gone(meta: Meta) -> None:
    told = sends(meta, "image", sample="photo")
    assert meta.graph("DELETE", told["id"]).json() == {"success": True}
    assert meta.graph("GET", told["id"]).json()["error"]["code"] == 100
    assert fetch(meta, told["url"]).status_code == 404


def test_files_can_be_spoilt(meta: Meta) -> None:
    told = sends(meta, "image", sample="photo")
    good = fetch(meta, told["url"]).content
    meta.control("media/corrupt", media_id=told["id"])
    spoilt = fetch(meta, told["url"]).content
    assert spoilt != good
    assert len(spoilt) == len(good)
    meta.control("media/corrupt", media_id=told["id"], on=False)
    meta.control("media/lie", media_id=told["id"], mime_type="image/png")
    assert meta.graph("GET", told["id"]).json()["mime_type"] == "image/png"
    answer = fetch(meta, told["url"])
    assert (answer.headers["content-type"], answer.content) == ("image/png", good)


def test_faults_reach_both_steps_of_a_download(meta: Meta) -> None:
    told = sends(meta, "image", sample="photo")
    meta.control("fail", count=1, code=131000, match=told["id"])
    assert meta.graph("GET", told["id"]).status_code == 500
    meta.control("fail", count=1, code=2, http_status=503, match="_media")
    assert fetch(meta, told["url"]).status_code == 503
    meta.control("fail", count=1, after_accept=True, match="_media")
    with pytest.raises(requests.ConnectionError):
        fetch(meta, told["url"])
    assert fetch(meta, told["url"]).status_code == 200


def test_what_whatsapp_would_not_carry_is_refused(meta: Meta) -> None:
    def given(mime_type: str, size: int) -> dict[str, Any]:
        return {"data": base64.b64encode(b"x" * size).decode(), "mime_type": mime_type}

    for kind, more, why in (
        ("image", {}, "needs a file"),
        ("image", given("image/gif", 9), "no image of type image/gif"),
        ("image", given("image/png", 5 * 1024 * 1024 + 1), "at most 5,242,880"),
        ("audio", given("audio/wav", 9), "no audio of type audio/wav"),
        ("audio", given("audio/mpeg", 9) | {"voice": True}, "voice note"),
        ("audio", {"sample": "voice", "caption": "Hi"}, "no caption"),
        ("video", given("video/webm", 9), "no video of type video/webm"),
        ("sticker", given("image/webp", 100 * 1024 + 1), "100 KB"),
        ("image", given("image/png", 0), "empty"),
        ("document", {"id": "1"}, "no media 1"),
        ("image", {"sample": "cat"}, "sample is one of"),
    ):
        assert why in meta.cannot_send(kind, **more), (kind, more.get("mime_type"))


def test_a_document_may_be_anything_but_over_100_mb_only_its_error_comes(meta: Meta) -> None:
    data = base64.b64encode(b"MZ").decode()
    told = sends(meta, "document", data=data, mime_type="application/x-msdownload")
    assert told["mime_type"] == "application/x-msdownload"
    message = meta.message(meta.sends("document", size=100 * 1024 * 1024 + 1))
    assert message["errors"][0]["code"] == 131052
    assert "document" not in message


def test_telling_it_again_keeps_the_file(meta: Meta) -> None:
    wamid = meta.sends("image", sample="photo")
    meta.message(wamid)
    meta.sends("image", sample="photo", wamid=wamid)
    assert wait_for(lambda: len(meta.told("messages")) == 2)
    first, second = meta.told("messages")
    assert first["image"]["id"] == second["image"]["id"]
