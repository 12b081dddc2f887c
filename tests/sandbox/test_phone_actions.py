"""What a person does on the phone page beyond writing: attach, react, edit, delete, change."""

from typing import Any

import requests

from tests.sandbox.conftest import AMINA, ROOT, Meta, wait_for, wamid_of

ACCEPT = {"accept": "application/json"}


def act(meta: Meta, action: str, files: Any = None, **form: Any) -> dict[str, Any]:
    url = f"{meta.base}/phones/{AMINA}/{action}"
    answer = requests.post(
        url, {"sender": meta.number} | form, headers=ACCEPT, files=files, timeout=5
    )
    said: dict[str, Any] = answer.json()
    return said


def page(meta: Meta) -> str:
    return requests.get(f"{meta.base}/phones/{AMINA}", timeout=5).text


def last(meta: Meta, kind: str) -> dict[str, Any]:
    return wait_for(lambda: [m for m in meta.told("messages") if m["type"] == kind])[-1]


def test_samples_are_attached_and_shown(meta: Meta) -> None:
    for what, kind in (
        ("photo", "image"),
        ("voice", "audio"),
        ("pdf", "document"),
        ("video", "video"),
        ("sticker", "sticker"),
        ("location", "location"),
        ("contacts", "contacts"),
    ):
        assert act(meta, "attach", what=what) == {"ok": True}
        assert last(meta, kind)[kind]
    shown = page(meta)
    for part in ("<img", "<audio", "<video", "cv.pdf", "Westlands", "Amina Njoroge"):
        assert part in shown
    assert "nothing of this kind" in act(meta, "attach", what="poll")["error"]


def test_a_file_of_ones_own_goes_as_what_it_is_or_as_a_document(meta: Meta) -> None:
    photo = (ROOT / "sandbox" / "samples" / "photo.jpg").read_bytes()
    file = {"file": ("me.jpg", photo, "image/jpeg")}
    assert act(meta, "attach", file, what="image", caption="Me") == {"ok": True}
    told = last(meta, "image")["image"]
    assert told["caption"] == "Me"
    shown = requests.get(f"{meta.base}/phones/{AMINA}/media/{told['id']}", timeout=5)
    assert shown.content == photo
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert act(meta, "attach", file, what="document") == {"ok": True}
    assert last(meta, "document")["document"]["filename"] == "me.jpg"
    wrong = {"file": ("a.html", b"<script>1</script>", "text/html")}
    assert "as a document" in act(meta, "attach", wrong, what="image")["error"]
    assert act(meta, "attach", wrong, what="document") == {"ok": True}
    assert wait_for(lambda: last(meta, "document")["document"]["filename"] == "a.html")
    page_id = last(meta, "document")["document"]["id"]
    shown = requests.get(f"{meta.base}/phones/{AMINA}/media/{page_id}", timeout=5)
    assert shown.headers["content-disposition"] == "attachment"
    assert "Choose a file" in act(meta, "attach", what="image")["error"]


def test_a_phone_shows_only_files_of_its_own_chats(meta: Meta) -> None:
    meta.control("phones", number="+393205550142", name="Luca Bernardi")
    given = {"from": "+393205550142", "to": meta.number, "sample": "photo"}
    media_id = meta.control("inbound", **given)["media_id"]
    found = requests.get(f"{meta.base}/phones/{AMINA}/media/{media_id}", timeout=5)
    assert found.status_code == 404


def test_react_edit_and_delete(meta: Meta) -> None:
    ours = wamid_of(meta.template())
    assert wait_for(lambda: meta.status_of(ours) == "delivered")
    assert act(meta, "react", wamid=ours, emoji="👍") == {"ok": True}
    assert last(meta, "reaction")["reaction"] == {"message_id": ours, "emoji": "👍"}
    assert "Your reaction: 👍" in page(meta)
    assert act(meta, "react", wamid=ours, emoji="") == {"ok": True}
    assert wait_for(lambda: "emoji" not in last(meta, "reaction")["reaction"])
    theirs = meta.writes("At tne")
    assert act(meta, "edit", wamid=theirs, text="At ten") == {"ok": True}
    assert last(meta, "edit")["edit"]["message"]["text"] == {"body": "At ten"}
    assert "At ten" in page(meta)
    assert "new text" in act(meta, "edit", wamid=theirs, text=" ")["error"]
    assert act(meta, "revoke", wamid=theirs) == {"ok": True}
    assert last(meta, "revoke")["revoke"] == {"original_message_id": theirs}
    assert "You deleted this message" in page(meta)
    assert "At ten" not in page(meta)


def test_wishes_names_and_numbers(meta: Meta) -> None:
    meta.writes()
    assert act(meta, "marketing", stop="on") == {"ok": True}
    assert meta.field("user_preferences")["user_preferences"][0]["value"] == "stop"
    assert act(meta, "marketing") == {"ok": True}
    assert wait_for(
        lambda: meta.field("user_preferences")["user_preferences"][0]["value"] == "resume"
    )
    assert act(meta, "marketing") == {"ok": True}
    assert act(meta, "switch", on="on", hides_number="on", username="amina.nj") == {"ok": True}
    wamid = meta.writes("It is me")
    assert "from" not in meta.message(wamid)
    moved = act(meta, "number", new_number="+254 722 555 999")
    assert moved["go"] == f"/phones/+254722555999?sender={meta.number}"
    assert last(meta, "system")["system"]["type"] in {"user_changed_number", "user_changed_user_id"}
    assert len(meta.fields("user_preferences")) == 2


def test_a_phone_that_is_off_attaches_nothing(meta: Meta) -> None:
    meta.control("phones", number=AMINA, on=False)
    assert "switched off" in act(meta, "attach", what="photo")["error"]
