"""What the fields of a template are probably meant for, by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What a person may choose, by the words that they read.
FIELDS: Mapping[str, str] = {
    "first_name": "First name",
    "name": "Full name",
    "job_title": "Job",
    "job_location": "Place of the job",
    "recruiter_name": "Recruiter",
    "interview": "Next interview: day and time",
    "interview_date": "Next interview: day",
    "interview_time": "Next interview: time",
    "interview_place": "Next interview: place",
    "company_name": "Company",
    "sender_name": "Who sends the message",
}
# The names that people give to variables.
_OTHER_NAMES: Mapping[str, str] = {
    "candidate_name": "name",
    "job": "job_title",
    "position": "job_title",
    "location": "job_location",
    "place": "interview_place",
    "recruiter": "recruiter_name",
    "date": "interview",
    "time": "interview_time",
    "company": "company_name",
    "sender": "sender_name",
}
# “Hello {{1}}, …”: the number after a greeting is the person's name.
_GREETING = re.compile(r"^\W*\w+[ ,]+\{\{\s*1\s*\}\}")


def suggested(key: str, body: str) -> str:
    """The field that a variable of this key (`slot_key`, `Variable.key`) probably asks for; empty
    where nothing tells."""
    if key == "body.1" and _GREETING.match(body):
        return "first_name"
    name = key.rpartition(".")[2].lower()
    return name if name in FIELDS else _OTHER_NAMES.get(name, "")


def source_of(sources: Mapping[str, Mapping[str, str]], key: str, body: str) -> Mapping[str, str]:
    """As it is chosen, where somebody did: empty if it is typed with each send."""
    chosen = sources.get(key)
    if chosen is not None:
        return chosen
    field = suggested(key, body)
    return {"field": field} if field else {}
