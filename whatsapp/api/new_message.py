"""What the REST API takes to send: one form for every kind of message, and the draft it makes.

    {"client_id": "<UUID>", <one of the contents>, "context_id": <a message to answer>}

Contents: `text`; `template_id` with `values`; `image`, `video`, `audio`, `document` or `sticker`,
each a file (multipart/form-data) or the id of a stored one, with `caption`, `filename` and `voice`;
`location`, `contacts` and `interactive`, in Meta's own JSON; `reaction`, an emoji for the message
`context_id`, empty to take it back.

A wrong shape is named here by its field. How much of it WhatsApp takes, the rules say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, cast

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from whatsapp.api.fields import FileOrId, IdField, Strict, Words
from whatsapp.media.outgoing import look_at
from whatsapp.models import (
    Direction,
    MediaFile,
    MediaKind,
    Message,
    MessageKind,
    MessageTemplate,
)
from whatsapp.sending.content import (
    ContactsDraft,
    Draft,
    FileDraft,
    InteractiveDraft,
    LocationDraft,
    TemplateDraft,
    TextDraft,
    reaction_to,
)

FILES = tuple(MediaKind.values)
CONTENTS = ("text", "template_id", *FILES, "location", "contacts", "interactive", "reaction")
# What stands beside a content, and beside which.
BESIDE: dict[str, tuple[str, ...]] = {
    "values": ("template_id",),
    "caption": FILES,
    "filename": FILES,
    "voice": ("audio",),
}


class Location(Strict):
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    name = Words(required=False)
    address = Words(required=False)


class ContactName(Strict):
    formatted_name = Words()
    first_name = Words(required=False)
    last_name = Words(required=False)
    middle_name = Words(required=False)
    prefix = Words(required=False)
    suffix = Words(required=False)


class ContactPhone(Strict):
    phone = Words()
    type = Words(required=False)
    wa_id = Words(required=False)


class ContactEmail(Strict):
    email = Words()
    type = Words(required=False)


class ContactUrl(Strict):
    url = Words()
    type = Words(required=False)


class ContactWork(Strict):
    company = Words(required=False)
    department = Words(required=False)
    title = Words(required=False)


class ContactAddress(Strict):
    street = Words(required=False)
    city = Words(required=False)
    state = Words(required=False)
    zip = Words(required=False)
    country = Words(required=False)
    country_code = Words(required=False)
    type = Words(required=False)


class ContactCard(Strict):
    name = ContactName()
    phones = ContactPhone(many=True, required=False)
    emails = ContactEmail(many=True, required=False)
    urls = ContactUrl(many=True, required=False)
    addresses = ContactAddress(many=True, required=False)
    org = ContactWork(required=False)
    birthday = Words(required=False)


class Text(Strict):
    text = Words()


class Heading(Text):
    type = serializers.ChoiceField(["text"])


class Reply(Strict):
    id = Words()
    title = Words()


class ReplyButton(Strict):
    type = serializers.ChoiceField(["reply"])
    reply = Reply()


class ButtonsAction(Strict):
    buttons = ReplyButton(many=True)


class ListRow(Reply):
    description = Words(required=False)


class ListSection(Strict):
    title = Words(required=False)
    rows = ListRow(many=True)


class ListAction(Strict):
    button = Words()
    sections = ListSection(many=True)


class Link(Strict):
    display_text = Words()
    url = Words()


class LinkAction(Strict):
    name = serializers.ChoiceField(["cta_url"])
    parameters = Link()


class PlaceAction(Strict):
    name = serializers.ChoiceField(["send_location"])


ACTIONS: dict[str, type[Strict]] = {
    "button": ButtonsAction,
    "list": ListAction,
    "cta_url": LinkAction,
    "location_request_message": PlaceAction,
}


class Interactive(Strict):
    type = serializers.ChoiceField(list(ACTIONS))
    header = Heading(required=False)
    body = Text()
    footer = Text(required=False)
    action = serializers.DictField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        action = ACTIONS[attrs["type"]](data=attrs["action"])
        if not action.is_valid():
            raise serializers.ValidationError({"action": action.errors})
        beside = [name for name in ("header", "footer") if name in attrs]
        if beside and attrs["type"] == "location_request_message":
            raise serializers.ValidationError(
                dict.fromkeys(beside, "WhatsApp shows none with this type. Leave it out.")
            )
        return attrs | {"action": action.validated_data}


class NewMessageSerializer(Strict):
    """`client_id` is the idempotency key: the same one again answers with the same message.

    Wants the conversation in its context.
    """

    client_id = serializers.UUIDField()
    text = Words(required=False, trim_whitespace=False)
    template_id = IdField(required=False)
    values = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    image = FileOrId(required=False)
    video = FileOrId(required=False)
    audio = FileOrId(required=False)
    document = FileOrId(required=False)
    sticker = FileOrId(required=False)
    caption = Words(required=False)
    filename = Words(required=False)
    voice = serializers.BooleanField(required=False)
    location = Location(required=False)
    contacts = ContactCard(many=True, required=False)
    interactive = Interactive(required=False)
    reaction = Words(required=False)
    context_id = IdField(required=False)

    def validate_template_id(self, template_id: int) -> MessageTemplate:
        template: MessageTemplate | None = MessageTemplate.objects.filter(pk=template_id).first()
        if template is None:
            raise serializers.ValidationError(f"There is no template {template_id}.")
        return template

    def validate_context_id(self, message_id: int) -> Message:
        """A message of this conversation that WhatsApp knows."""
        rows = self.context["conversation"].messages.shown().exclude(direction=Direction.NOTE)
        row: Message | None = rows.exclude(kind=MessageKind.CALL).filter(pk=message_id).first()
        if row is None:
            raise serializers.ValidationError(
                f"There is no message {message_id} in this conversation."
            )
        if not row.wamid:
            raise serializers.ValidationError(
                f"WhatsApp has not taken message {message_id} yet, so nothing can be about it."
                " Try again once it is sent."
            )
        return row

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in CONTENTS if name in attrs]
        if len(given) != 1:
            named = ", ".join(CONTENTS)
            raise serializers.ValidationError(f"Give one of these, and only one: {named}.")
        if given == ["reaction"] and "context_id" not in attrs:
            raise serializers.ValidationError(
                {"context_id": "Say which message the reaction is to."}
            )
        for name, contents in BESIDE.items():
            if attrs.get(name) and given[0] not in contents:
                raise serializers.ValidationError(
                    {name: f"This goes with {' or '.join(contents)} only. Leave it out."}
                )
        return attrs


@contextmanager
def drafted(given: Mapping[str, Any], *, now: datetime) -> Iterator[Draft]:
    """The draft of what the form took; a stored file is open as long as it is used."""
    about: Message | None = given.get("context_id")
    context_wamid = about.wamid if about else ""
    kind = next((one for one in FILES if one in given), None)
    if kind is not None:
        with _opened(given[kind]) as (file, filename, declared):
            found = look_at(
                file,
                kind=kind,
                filename=given.get("filename") or filename,
                declared=declared,
                voice=given.get("voice", False),
                now=now,
            )
            yield FileDraft(found, given.get("caption", ""), context_wamid)
    elif "reaction" in given:
        yield reaction_to(cast(Message, about), given["reaction"])
    else:
        name = next(name for name in _DRAFTS if name in given)
        yield _DRAFTS[name](given, context_wamid)


_DRAFTS: dict[str, Callable[[Mapping[str, Any], str], Draft]] = {
    "text": lambda given, to: TextDraft(given["text"], to),
    "template_id": lambda given, to: TemplateDraft(
        given["template_id"], given.get("values", {}), to
    ),
    "location": lambda given, to: LocationDraft(**given["location"], context_wamid=to),
    "contacts": lambda given, to: ContactsDraft(given["contacts"], to),
    "interactive": lambda given, to: InteractiveDraft(given["interactive"], to),
}


@contextmanager
def _opened(given: UploadedFile | MediaFile) -> Iterator[tuple[IO[bytes], str, str]]:
    """The bytes, the name, and the type that it is said to have."""
    if isinstance(given, MediaFile):
        with given.file.open("rb") as file:
            yield file, given.filename, given.mime
    else:
        yield cast(IO[bytes], given), given.name or "", given.content_type or ""
