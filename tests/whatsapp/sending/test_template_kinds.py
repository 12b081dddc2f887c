"""Every part that a template may have, from its values to the phone: what is sent is what was
approved, which the sandbox checks as Meta does."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from ats.tenancy import all_companies, company_scope
from tests.factories.templates import TemplateFamilyFactory, TemplateTranslationFactory
from tests.factories.whatsapp import MessageTemplateFactory
from tests.sandboxed import Sandboxed
from tests.whatsapp.sending.crowd import run_to, states
from tests.whatsapp.sending.play import Time
from tests.whatsapp.sending.test_send import drain, write
from whatsapp.bulk import runs
from whatsapp.message_templates import header_files
from whatsapp.models import (
    BulkRun,
    Message,
    MessageStatus,
    MessageTemplate,
    TemplateFile,
    TemplateTranslation,
    TemplateUpload,
)
from whatsapp.sending import engine
from whatsapp.sending.content import TemplateDraft
from whatsapp.sending.send import NotAllowed

# Files go to Meta in threads, which see only what is committed.
pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("sending"),
    pytest.mark.django_db(transaction=True),
]

SAMPLES = Path(__file__).parents[3] / "sandbox" / "samples"
HELLO: dict[str, Any] = {
    "type": "BODY",
    "text": "Hello {{1}}, see you soon.",
    "example": {"body_text": [["Ana"]]},
}
NAMED: dict[str, Any] = {
    "type": "BODY",
    "text": "Hello {{first_name}}, see you soon.",
    "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Ana"}]},
}
CODE_URL = "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp"
PLACE = {
    "header.latitude": "-1.2833",
    "header.longitude": "36.8167",
    "header.name": "Caravella Inn",
    "header.address": "Moi Avenue",
}


@pytest.fixture(autouse=True)
def _kept(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


def buttons(*each: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(each)}


@dataclass
class Kind:
    """Components as Meta lists them, the values of one message, and what the phone shows."""

    components: list[dict[str, Any]]
    values: dict[str, str]
    shown: dict[str, Any] = field(default_factory=dict)
    category: str = "UTILITY"
    parameter_format: str = "POSITIONAL"
    file: str = ""


AMINA = {"body.1": "Amina"}
KINDS = {
    "a text header": Kind(
        [{"type": "HEADER", "format": "TEXT", "text": "On {{1}}"}, HELLO],
        AMINA | {"header.1": "Monday"},
        {"header": "On Monday", "body": "Hello Amina, see you soon."},
    ),
    "named values": Kind(
        [NAMED],
        {"first_name": "Amina"},
        {"body": "Hello Amina, see you soon."},
        parameter_format="NAMED",
    ),
    "a photo": Kind(
        [{"type": "HEADER", "format": "IMAGE"}, HELLO],
        AMINA,
        {"header_format": "image"},
        file="photo.jpg",
    ),
    "a video": Kind(
        [{"type": "HEADER", "format": "VIDEO"}, HELLO],
        AMINA,
        {"header_format": "video"},
        file="video.mp4",
    ),
    "a document": Kind(
        [{"type": "HEADER", "format": "DOCUMENT"}, HELLO],
        AMINA,
        {"header_format": "document"},
        file="cv.pdf",
    ),
    "a place": Kind(
        [{"type": "HEADER", "format": "LOCATION"}, HELLO],
        AMINA | PLACE,
        {"header_format": "location"},
    ),
    "answers": Kind(
        [HELLO, buttons({"type": "QUICK_REPLY", "text": "Yes"})],
        AMINA | {"button0.payload": "interview:7:yes"},
        {"buttons": [{"type": "QUICK_REPLY", "text": "Yes", "payload": "interview:7:yes"}]},
    ),
    "an address and a number": Kind(
        [
            HELLO,
            buttons(
                {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "15550051310"},
                {"type": "URL", "text": "Open", "url": "https://caravella.example/i/{{1}}"},
            ),
        ],
        AMINA | {"button1.1": "x7"},
        {
            "buttons": [
                {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "15550051310"},
                {"type": "URL", "text": "Open", "url": "https://caravella.example/i/x7"},
            ]
        },
    ),
    "a code to copy": Kind(
        [HELLO, buttons({"type": "COPY_CODE", "example": "250FF"})],
        AMINA | {"button0.code": "25OFF"},
        {"buttons": [{"type": "COPY_CODE", "text": "Copy offer code", "code": "25OFF"}]},
    ),
    "a voice call": Kind(
        [HELLO, buttons({"type": "VOICE_CALL", "text": "Call now"})],
        AMINA,
        {"buttons": [{"type": "VOICE_CALL", "text": "Call now"}]},
    ),
    "a request to call": Kind(
        [HELLO, {"type": "CALL_PERMISSION_REQUEST"}],
        AMINA,
        {"buttons": [{"type": "CALL_PERMISSION_REQUEST", "text": "Allow calls"}]},
    ),
    "a one-time code": Kind(
        [
            {"type": "BODY", "text": "*{{1}}* is your verification code."},
            {"type": "FOOTER", "text": "This code expires in 5 minutes."},
            buttons(
                {
                    "type": "URL",
                    "text": "Copy code",
                    "url": CODE_URL + "{{1}}",
                    "example": [CODE_URL + "123456"],
                }
            ),
        ],
        {"body.1": "482913"},
        {
            "body": "*482913* is your verification code.",
            "buttons": [{"type": "OTP", "text": "Copy code", "code": "482913"}],
        },
        category="AUTHENTICATION",
    ),
}
PHOTO = KINDS["a photo"]


def approved(meta: Sandboxed, kind: Kind, *, with_file: bool = True) -> MessageTemplate:
    """The template at Meta and here, and its file here where it has one."""
    about = {
        "name": "of_a_kind",
        "language": "en",
        "category": kind.category,
        "components": kind.components,
        "parameter_format": kind.parameter_format,
    }
    sender = meta.world.sender
    meta.stack.control("templates", waba_id=sender.waba.waba_id, status="APPROVED", **about)
    company = meta.world.company
    with company_scope(company):
        template: MessageTemplate = MessageTemplateFactory(
            company=company, waba=sender.waba, **about
        )
        if kind.file and with_file:
            family = TemplateFamilyFactory(company=company, waba=sender.waba, name="of_a_kind")
            TemplateTranslationFactory(
                company=company,
                family=family,
                submitted_at=timezone.now(),
                file=header_files.keep(
                    company_id=company.pk,
                    kind=str(kind.components[0]["format"]).lower(),
                    content=io.BytesIO((SAMPLES / kind.file).read_bytes()),
                    filename=kind.file,
                    now=timezone.now(),
                ),
            )
    return template


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_is_delivered_as_it_was_approved(meta: Sandboxed, name: str) -> None:
    kind = KINDS[name]
    message = write(meta, TemplateDraft(approved(meta, kind), kind.values))
    drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.ACCEPTED, (message.error_title, message.error_details)
    [seen] = meta.arrived()
    shown = {key: seen["rendered"].get(key) for key in kind.shown}
    assert shown == kind.shown


def uploads(meta: Sandboxed) -> list[TemplateUpload]:
    with company_scope(meta.world.company):
        return list(TemplateUpload.objects.all())


def test_the_file_of_a_header_goes_to_meta_once_and_again_before_it_lapses(
    meta: Sandboxed,
) -> None:
    template = approved(meta, PHOTO)
    for _ in range(2):
        write(meta, TemplateDraft(template, AMINA))
        drain()
    [first] = uploads(meta)
    assert len(meta.arrived()) == 2
    with company_scope(meta.world.company):
        TemplateUpload.objects.update(uploaded_at=timezone.now() - timedelta(days=29, hours=1))
    write(meta, TemplateDraft(template, AMINA))
    drain()
    [second] = uploads(meta)
    assert second.media_id != first.media_id
    assert len(meta.arrived()) == 3


def test_a_file_that_meta_forgot_early_is_given_again(meta: Sandboxed) -> None:
    template = approved(meta, PHOTO)
    write(meta, TemplateDraft(template, AMINA))
    drain()
    with company_scope(meta.world.company):
        long_ago = timezone.now() - timedelta(hours=1)
        TemplateUpload.objects.update(media_id="4711", uploaded_at=long_ago)
    message = write(meta, TemplateDraft(template, AMINA))
    drain()
    message.refresh_from_db()
    assert (message.status, message.attempts) == (MessageStatus.ACCEPTED, 2)
    assert len(meta.arrived()) == 2


def test_a_bulk_send_gives_a_file_again_that_meta_forgot_early(meta: Sandboxed) -> None:
    template = approved(meta, PHOTO)
    write(meta, TemplateDraft(template, AMINA))
    drain()
    with company_scope(meta.world.company):
        long_ago = timezone.now() - timedelta(hours=1)
        TemplateUpload.objects.update(media_id="4711", uploaded_at=long_ago)
    run = run_to(meta, 12, template=template, values={"body.1": {"field": "first_name"}})
    with company_scope(run.company_id):
        BulkRun.objects.update(first_batch_good_at=timezone.now())
    time = Time()
    engine.drain(time)
    # Whoever was on the way with the old one goes again with the new one.
    time.passes(timedelta(seconds=5))
    assert engine.drain(time)
    assert states(run) == {"accepted": 12}


def test_a_bulk_send_uploads_its_file_once(meta: Sandboxed) -> None:
    template = approved(meta, PHOTO)
    run = run_to(meta, 12, template=template, values={"body.1": {"field": "first_name"}})
    with company_scope(run.company_id):
        BulkRun.objects.update(first_batch_good_at=timezone.now())
    assert engine.drain(Time())
    assert states(run) == {"accepted": 12}
    assert len(uploads(meta)) == 1
    asked = [one["what"] for one in meta.stack.ask("log")["lines"]]
    assert len([path for path in asked if "/media" in path]) == 1


def test_without_its_file_nothing_is_sent_and_it_says_who_adds_it(meta: Sandboxed) -> None:
    template = approved(meta, PHOTO, with_file=False)
    with pytest.raises(NotAllowed) as refusal:
        write(meta, TemplateDraft(template, AMINA))
    assert [one.code for one in refusal.value.reasons] == ["template_needs_file"]
    with company_scope(meta.world.company):
        assert not Message.objects.filter(template=template).exists()


def another_photo(template: MessageTemplate) -> None:
    row = TemplateTranslation.objects.get(family__name=template.name)
    other = io.BytesIO()
    Image.new("RGB", (640, 400), "#6d4620").save(other, "PNG")
    row.file = header_files.keep(
        company_id=row.company_id,
        kind="image",
        content=other,
        filename="other.png",
        now=timezone.now(),
    )
    row.save()


def another_text(template: MessageTemplate) -> None:
    [head, _] = template.components
    body = {"type": "BODY", "text": "Hello {{1}}, this is another text."}
    MessageTemplate.objects.filter(pk=template.pk).update(components=[head, body])


@pytest.mark.parametrize("change", [another_photo, another_text])
def test_what_people_were_shown_goes_or_nothing(
    meta: Sandboxed, change: Callable[[MessageTemplate], None]
) -> None:
    template = approved(meta, PHOTO)
    message = write(meta, TemplateDraft(template, AMINA))
    with company_scope(meta.world.company):
        change(template)
    drain()
    message.refresh_from_db()
    assert [one["code"] for one in message.refusal] == ["template_changed"]
    assert meta.arrived() == []


def test_a_bulk_send_asks_before_the_rest_get_another_text(meta: Sandboxed) -> None:
    template = approved(meta, PHOTO)
    run = run_to(meta, 3, template=template, values={"body.1": {"field": "first_name"}})
    with company_scope(run.company_id):
        another_photo(template)
    engine.drain(Time())
    run.refresh_from_db()
    assert (run.state, [one["code"] for one in run.cause]) == ("paused", ["run_template_changed"])
    with company_scope(run.company_id):
        runs.resume(run=run, by=meta.world.bob, now=timezone.now())
    assert engine.drain(Time())
    assert states(run) == {"accepted": 3}


def test_a_replaced_file_is_erased_after_a_day(meta: Sandboxed) -> None:
    template = approved(meta, PHOTO)
    now = timezone.now()
    with company_scope(meta.world.company):
        old = TemplateFile.objects.get()
        another_photo(template)
    path = Path(old.file.path)
    with all_companies():
        assert header_files.forget_unused(now=now + timedelta(hours=23)) == 0
        assert path.exists()
        assert header_files.forget_unused(now=now + timedelta(hours=25)) == 1
    assert not path.exists()
    with company_scope(meta.world.company):
        [kept] = TemplateFile.objects.all()
        assert Path(kept.file.path).exists()


@pytest.mark.parametrize("is_planned", [False, True])
def test_nobody_agrees_to_a_change_that_they_were_not_told_of(
    meta: Sandboxed, is_planned: bool
) -> None:
    template, now = approved(meta, PHOTO), timezone.now()
    planned = {"starts_at": now + timedelta(hours=1)} if is_planned else {}
    values = {"body.1": {"field": "first_name"}}
    run = run_to(meta, 3, template=template, values=values, **planned)
    with company_scope(run.company_id):
        if is_planned:
            another_photo(template)
            runs.start_now(run=run, by=meta.world.bob, now=now)
        else:
            runs.pause(run=run, by=meta.world.bob, now=now)
            another_photo(template)
            runs.resume(run=run, by=meta.world.bob, now=now)
    engine.drain(Time())
    run.refresh_from_db()
    assert (run.state, [one["code"] for one in run.cause]) == ("paused", ["run_template_changed"])
