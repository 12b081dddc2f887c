"""What the editor offers to choose from: fields of the ATS by groups, and files that Meta takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from whatsapp import figures
from whatsapp.media.causes import WHAT, WORDS_OF_TYPE, size_in_words
from whatsapp.media.kinds import most_bytes
from whatsapp.message_templates.header_files import TYPES, TYPES_IN_WORDS
from whatsapp.message_templates.sources import FIELDS
from whatsapp.models import MediaKind
from whatsapp.sending.values import OWN

_GROUPS: Mapping[str, str] = {
    "first_name": "Candidate",
    "name": "Candidate",
    "job_title": "Job",
    "job_location": "Job",
    "recruiter_name": "Job",
    "interview": "Interview",
    "interview_date": "Interview",
    "interview_time": "Interview",
    "interview_place": "Interview",
}
_OTHERWISE = "Company and sender"
_OWN_GROUP = "Your own fields"


@dataclass(frozen=True, slots=True)
class Insertion:
    """`name` is what stands in the text for it."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class FieldGroup:
    label: str
    fields: list[Insertion]


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What the browser can say of a file before it is uploaded, in the words of the server.
    `known` is JSON: the words of types that are not taken."""

    what: str
    most: int
    most_words: str
    accept: str
    types: str
    types_words: str
    known: str


def field_groups(sources: Mapping[str, str]) -> list[FieldGroup]:
    """`sources` are labels by the key of the field."""
    groups: dict[str, list[Insertion]] = {}
    for key, label in sources.items():
        group = _OWN_GROUP if key.startswith(OWN) else _GROUPS.get(key, _OTHERWISE)
        groups.setdefault(group, []).append(Insertion(variable_of(key), label))
    return [FieldGroup(label, fields) for label, fields in groups.items()]


def variable_of(key: str) -> str:
    """A name that Meta takes for the variable of a field: of "field:Work-permit", work_permit."""
    if key in FIELDS:
        return key
    name = re.sub(r"[^a-z0-9]+", "_", key.removeprefix(OWN).lower()).strip("_")
    name = name if name[:1].isalpha() else f"field_{name}".rstrip("_")
    # The ATS has a field of that name already.
    return f"own_{name}" if name in FIELDS else name


def own_field(name: str, sources: Mapping[str, str]) -> str:
    """The company's own field that a variable of this name stands for; empty where none does."""
    return next((key for key in sources if key.startswith(OWN) and variable_of(key) == name), "")


def file_limits(kind: str, now: datetime) -> FileLimits | None:
    """Of a header's kind in lower case; None where it has no file."""
    if kind not in TYPES:
        return None
    what = MediaKind(kind)
    most = most_bytes(what, False, figures.at(now))
    return FileLimits(
        what=WHAT[what],
        most=most,
        most_words=size_in_words(most),
        accept=",".join(TYPES[kind]),
        types=" ".join(TYPES[kind]),
        types_words=TYPES_IN_WORDS[kind],
        known=json.dumps(WORDS_OF_TYPE),
    )
