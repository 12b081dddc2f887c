"""What a template's variables are filled with from a candidate's data.

A run says for each variable {"text": "…"}, the same for everybody, or {"field": "first_name",
"fallback": "…"}, the candidate's own; the fallback stands in where the candidate has nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from ats.public import CandidateSummary
from whatsapp.meta.template_text import Variable

Spec = Mapping[str, Mapping[str, str]]

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
}
# “Hello {{1}}, …”: the number after a greeting is the person's name.
_GREETING = re.compile(r"^\W*\w+[ ,]+\{\{\s*1\s*\}\}")


def known_values(summary: CandidateSummary, *, tz: tzinfo) -> dict[str, str]:
    """What is known of a candidate by the names of `FIELDS`, times in `tz`; empty where it is not.

    `summary` is an entry of `candidate_summary(ids)`, which reads many at once.
    """
    known = {
        "first_name": summary.first_name,
        "name": summary.name,
        "job_title": summary.job_title,
        "job_location": summary.job_location,
        "recruiter_name": summary.recruiter_name,
    }
    if summary.next_interview is not None:
        starts = summary.next_interview.starts_at.astimezone(tz)
        day = f"{starts:%A}, {starts.day} {starts:%B}"
        known["interview"] = f"{day}, {starts:%H:%M}"
        known["interview_date"] = day
        known["interview_time"] = f"{starts:%H:%M}"
        known["interview_place"] = summary.next_interview.place
    return known


def resolve(spec: Spec, known: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The values of one candidate, and the keys of those that stay empty."""
    values: dict[str, str] = {}
    missing = []
    for key, source in spec.items():
        value = source.get("text", "")
        if "field" in source:
            value = known.get(source["field"], "").strip() or source.get("fallback", "")
        if value.strip():
            values[key] = value
        else:
            missing.append(key)
    return values, tuple(missing)


def suggested_field(variable: Variable, components: Sequence[Mapping[str, Any]]) -> str:
    """The field that a variable probably asks for; empty where nothing tells."""
    body = next((c.get("text", "") for c in components if c.get("type") == "BODY"), "")
    if variable.key == "body.1" and _GREETING.match(body):
        return "first_name"
    name = variable.name.lower()
    return name if name in FIELDS else _OTHER_NAMES.get(name, "")


def suggested_value(
    variable: Variable, components: Sequence[Mapping[str, Any]], known: Mapping[str, str]
) -> str:
    """The candidate's own value for a variable; empty where nothing tells."""
    field = suggested_field(variable, components)
    if variable.name.lower() == "place":
        # Of an interview, for whoever has one.
        return known.get(field) or known.get("job_location", "")
    return known.get(field, "")


def suggested_name(name: str) -> str:
    """The field that a variable of this name probably asks for; empty where nothing tells."""
    return name if name in FIELDS else _OTHER_NAMES.get(name, "")
