"""The photo in a sender's business profile, against the sandbox."""

from __future__ import annotations

import io

import pytest
import requests
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from PIL import Image

from tests.whatsapp.office import Office, P, office, refused
from whatsapp.connection import number_photo, number_profile
from whatsapp.connection.number_refusals import asking
from whatsapp.models import AuditEntry
from whatsapp.policy.numbers import Step

__all__ = ["office"]
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending"), pytest.mark.django_db]


def image(
    width: int = 400, height: int = 300, *, kind: str = "JPEG", mode: str = "RGB"
) -> io.BytesIO:
    file = io.BytesIO()
    made = Image.new(mode, (width, height), (200, 30, 30, 0) if mode == "RGBA" else (200, 30, 30))
    if kind == "JPEG":
        exif = made.getexif()
        exif[0x010E] = "Taken at home"
        made.save(file, kind, exif=exif)
    else:
        made.save(file, kind)
    file.seek(0)
    return file


def test_a_photo_is_cut_square_and_candidates_get_it(office: Office) -> None:
    sender = office.sender()
    square = number_photo.change_photo(
        sender=sender, file=image(1000, 800), by=office.wanda, now=office.now
    )
    sender.refresh_from_db()
    assert square.was_cut and b"Taken at home" not in square.data
    with default_storage.open(sender.photo_path) as kept:
        assert Image.open(kept).size == (640, 640)
    with asking(Step.PROFILE, sender.waba.connection, now=office.now) as meta:
        address = meta.business_profile(sender.phone_number_id).picture_url
    assert requests.get(address, timeout=5).content == square.data
    assert AuditEntry.objects.filter(verb="number_photo_changed").count() == 1


def test_what_is_transparent_becomes_white(office: Office) -> None:
    square = number_photo.square_of(image(300, 300, kind="PNG", mode="RGBA"), now=office.now)
    assert not square.was_cut
    assert Image.open(io.BytesIO(square.data)).getpixel((150, 150)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (io.BytesIO(b"%PDF-1.7 named photo.jpg"), P.PHOTO_NO_IMAGE),
        (image(300, 300, kind="GIF"), P.PHOTO_NO_IMAGE),
        (io.BytesIO(image(600, 600).getvalue()[:900]), P.PHOTO_NO_IMAGE),
        (image(191, 400), P.PHOTO_TOO_SMALL),
        (io.BytesIO(image().getvalue() + bytes(5 * 2**20)), P.PHOTO_TOO_LARGE),
        (image(7000, 6000, kind="PNG"), P.PHOTO_TOO_LARGE),
    ],
)
def test_what_is_no_photo_is_refused_before_meta_is_asked(
    office: Office, file: io.BytesIO, problem: P
) -> None:
    with refused(problem):
        number_photo.change_photo(
            sender=office.sender(), file=file, by=office.wanda, now=office.now
        )
    assert not AuditEntry.objects.filter(verb="number_photo_changed").exists()


def test_our_copy_follows_what_was_changed_at_meta(office: Office) -> None:
    sender = office.sender()
    number_photo.change_photo(sender=sender, file=image(), by=office.wanda, now=office.now)
    at_meta, path = sender.photo, sender.photo_path
    type(sender).objects.update(photo="")
    sender.refresh_from_db()
    number_profile.read_profile(sender=sender, now=office.now)
    assert sender.photo == at_meta and default_storage.exists(path)


def test_an_older_photo_is_erased(
    office: Office, django_capture_on_commit_callbacks: object
) -> None:
    sender = office.sender()
    give = number_photo.change_photo
    give(sender=sender, file=image(), by=office.wanda, now=office.now)
    path = sender.photo_path
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        give(sender=sender, file=image(250, 250), by=office.wanda, now=office.now)
    assert sender.photo_path != path and not default_storage.exists(path)


def test_the_page_takes_a_photo_and_shows_it(office: Office, client: Client) -> None:
    client.force_login(office.wanda)
    sender = office.sender()
    address = reverse("whatsapp:sender_photo", args=[sender.pk])
    assert client.get(address).status_code == 404
    page = client.post(address, {})
    assert page.status_code == 422 and b"No photo was chosen" in page.content
    page = client.post(address, {"photo": image()}, headers={"HX-Request": "true"})
    assert b"cut to a square" in page.content and b"<html" not in page.content
    shown = client.get(address)
    assert shown["Content-Type"] == "image/jpeg" and "sandbox" in shown["Content-Security-Policy"]
    again = client.get(address, headers={"If-None-Match": shown["ETag"]})
    assert again.status_code == 304
