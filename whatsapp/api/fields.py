"""Fields and forms that take what was given exactly, or say what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers

from whatsapp.ids import whole_number
from whatsapp.models import MediaFile, MediaState


class IdField(serializers.IntegerField):
    """A row's id: digits 0 to 9. Python's `int` would take “1_0” and other scripts' digits for
    another row's."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and whole_number(data) is None:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Strict(serializers.Serializer[Any]):
    """What it does not know it refuses: nothing that somebody gave is dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            # In a form "location.name" is the name within the location.
            unknown = [str(name) for name in data if str(name).split(".")[0] not in self.fields]
            if unknown:
                raise serializers.ValidationError(
                    dict.fromkeys(unknown, "This is not known here. Leave it out.")
                )
        return super().to_internal_value(data)


class Words(serializers.CharField):
    """Text that may be empty: how long it has to be, the rules say, in words."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, **options)


class FileOrId(serializers.Field[Any, Any, Any, Any]):
    """A file (multipart/form-data), or the id of one that is stored in a message of the company."""

    default_error_messages = {
        "neither": "Give a file (as multipart/form-data), or the id of a stored file.",
    }

    def to_internal_value(self, data: Any) -> UploadedFile | MediaFile:
        if isinstance(data, UploadedFile):
            return data
        number = data if isinstance(data, int) and not isinstance(data, bool) else None
        if isinstance(data, str):
            number = whole_number(data)
        if number is None:
            self.fail("neither")
        row = MediaFile.objects.filter(pk=number, state=MediaState.STORED).first()
        if row is None:
            raise serializers.ValidationError(f"There is no stored file {number}.")
        return row
