"""The business profile, and the resumable upload that brings its photo."""

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import APP_ID, Meta

PHOTO = (Path(__file__).parents[2] / "sandbox/samples/photo.jpg").read_bytes()


def save(meta: Meta, **given: Any) -> Any:
    whole = {"messaging_product": "whatsapp"} | given
    return meta.graph("POST", f"{meta.number}/whatsapp_business_profile", json=whole)


def read(meta: Meta, fields: str = "") -> dict[str, Any]:
    asked = f"?fields={fields}" if fields else ""
    answer = meta.graph("GET", f"{meta.number}/whatsapp_business_profile{asked}").json()
    return answer["data"][0]


def begin(meta: Meta, length: int = len(PHOTO), kind: str = "image/jpeg") -> Any:
    asked = f"{APP_ID}/uploads?file_name=photo.jpg&file_length={length}&file_type={kind}"
    return meta.graph("POST", asked)


def put(meta: Meta, upload: str, data: bytes, offset: int = 0) -> Any:
    headers = {"Authorization": f"OAuth {meta.token}", "file_offset": str(offset)}
    return meta.http.post(f"{meta.base}/v26.0/{upload}", data=data, headers=headers, timeout=5)


def test_a_profile_is_written_in_parts_and_read_back(meta: Meta) -> None:
    assert read(meta) == {"messaging_product": "whatsapp"}
    assert save(meta, about="We are hiring", vertical="HOTEL").json() == {"success": True}
    websites = ["https://caravella.example", "https://jobs.caravella.example"]
    save(meta, email="jobs@caravella.example", websites=websites, address="Via Roma 1")
    assert read(meta) == {
        "about": "We are hiring",
        "vertical": "HOTEL",
        "email": "jobs@caravella.example",
        "websites": websites,
        "address": "Via Roma 1",
        "messaging_product": "whatsapp",
    }
    save(meta, address="")
    assert read(meta, "about,address") == {
        "about": "We are hiring",
        "messaging_product": "whatsapp",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"about": ""},
        {"about": "A" * 140},
        {"address": "A" * 257},
        {"description": "A" * 513},
        {"email": "nobody"},
        {"websites": ["https://a.example"] * 3},
        {"websites": ["caravella.example"]},
        {"vertical": "HOSPITALITY"},
        {"profile_picture_handle": "4::nothing"},
        {"slogan": "Come"},
        {"messaging_product": "telegram"},
    ],
)
def test_a_wrong_field_changes_nothing(meta: Meta, given: dict[str, Any]) -> None:
    refused = save(meta, **{"description": "New"} | given)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 100)
    assert read(meta) == {"messaging_product": "whatsapp"}


def test_a_number_that_left_has_a_profile_to_read_only(meta: Meta) -> None:
    save(meta, about="We are hiring")
    meta.graph("POST", f"{meta.number}/deregister")
    assert save(meta, about="Closed").json()["error"]["code"] == 133010
    assert read(meta, "about")["about"] == "We are hiring"


def test_a_photo_goes_up_in_pieces(meta: Meta) -> None:
    upload = begin(meta).json()["id"]
    half = len(PHOTO) // 2
    assert put(meta, upload, PHOTO[:half]).json() == {"id": upload, "file_offset": half}
    assert meta.graph("GET", upload).json() == {"id": upload, "file_offset": half}
    assert put(meta, upload, PHOTO[half:], 0).json()["error"]["code"] == 100
    handle = put(meta, upload, PHOTO[half:], half).json()["h"]
    assert save(meta, profile_picture_handle=handle).json() == {"success": True}
    url = read(meta, "profile_picture_url")["profile_picture_url"]
    picture = meta.http.get(url, timeout=5)
    assert (picture.content, picture.headers["content-type"]) == (PHOTO, "image/jpeg")
    meta.control("clock", advance=24 * 3600)
    assert meta.http.get(url, timeout=5).status_code == 404
    assert meta.http.get(read(meta)["profile_picture_url"], timeout=5).status_code == 200


def test_an_upload_says_truly_what_it_is(meta: Meta) -> None:
    assert begin(meta, kind="text/html").json()["error"]["code"] == 100
    assert begin(meta, length=6 * 1024 * 1024).json()["error"]["code"] == 100
    upload = begin(meta, length=4).json()["id"]
    assert put(meta, upload, PHOTO).json()["error"]["code"] == 100
    assert meta.graph("GET", upload.partition("?")[0]).json()["error"]["code"] == 100
    pdf = begin(meta, length=4, kind="application/pdf").json()["id"]
    handle = put(meta, pdf, b"%PDF").json()["h"]
    assert save(meta, profile_picture_handle=handle).json()["error"]["code"] == 100


def test_a_lent_number_needs_an_approved_name(meta: Meta) -> None:
    lent = {"display_phone_number": "+1 555 078 3881", "name_status": "PENDING_REVIEW"}
    made = meta.control("businesses", name="Caravella Hotels", numbers=[lent])
    second = made["phone_number_ids"][1]
    text = {"messaging_product": "whatsapp", "to": "+254722555014", "text": {"body": "Hi"}}
    refused = meta.graph("POST", f"{second}/messages", json=text).json()["error"]
    assert refused["code"] == 131037
    meta.control("numbers/name", phone_number_id=second, decision="APPROVED")
    assert meta.graph("POST", f"{second}/messages", json=text).status_code == 200
