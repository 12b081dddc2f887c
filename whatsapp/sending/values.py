"""What a template's variables are filled with from a candidate's data.

For each variable {"text": "…"}, the same for everybody, or {"field": "first_name", "fallback":
"…"}, the candidate's own; the fallback stands in where the candidate has nothing. A bulk run says
so itself, a template has it from whoever wrote it (`TemplateTranslation.sources`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from ats.public import (
    CandidateSummary,
    Company,
    FieldType,
    FieldValue,
    User,
    candidate_field_values,
    candidate_summary,
    company_fields,
    mobile_display,
)
from whatsapp.message_templates.sources import FIELDS, suggested
from whatsapp.meta import template_text
from whatsapp.meta.template_text import Variable
from whatsapp.models import MessageTemplate, TemplateTranslation
from whatsapp.sending.days import date_in_words, day_in_words, time_in_words

Spec = Mapping[str, Mapping[str, str]]

# Before the key of one of the company's own fields.
OWN = "field:"
_OF_PLACE = {"name": "company_name", "address": "interview_place"}


def fields_of(company: Company) -> dict[str, str]:
    """Everything that a variable of a company may be filled with, by the words that people read."""
    own = {f"{OWN}{key}": label for key, label in company_fields(company)}
    return {**FIELDS, **own}


def known_of(
    candidate_ids: Collection[int],
    *,
    language: str,
    company: Company,
    by: User | None,
    now: datetime,
    fields: Collection[str] | None = None,
) -> dict[int, dict[str, str]]:
    """By candidate what is known of them, by the names of `fields_of`, in the language of the
    template. `by` is who sends; `fields` those that are wanted, where not all are."""
    about = {
        "company_name": company.name,
        "sender_name": by.full_name if by is not None else "",
    }
    summaries = candidate_summary(candidate_ids, now=now)
    own: Mapping[int, Mapping[str, FieldValue]] = {}
    if fields is None or any(name.startswith(OWN) for name in fields):
        own = candidate_field_values(candidate_ids)
    return {
        pk: about
        | known_values(summary, tz=_zone_of(summary, company), language=language)
        | {f"{OWN}{key}": _in_words(value, language) for key, value in own.get(pk, {}).items()}
        for pk, summary in summaries.items()
    }


def _zone_of(summary: CandidateSummary, company: Company) -> tzinfo:
    return ZoneInfo(summary.timezone) if summary.timezone else company.tz


def _in_words(value: FieldValue, language: str) -> str:
    if value.date is not None:
        return date_in_words(value.date, language)
    return mobile_display(value.value) if value.type == FieldType.MOBILE else value.value


def known_values(summary: CandidateSummary, *, tz: tzinfo, language: str = "en") -> dict[str, str]:
    """What a summary tells by the names of `FIELDS`, times in `tz`; empty where it is not known."""
    known = {
        "first_name": summary.first_name,
        "name": summary.name,
        "job_title": summary.job_title,
        "job_location": summary.job_location,
        "recruiter_name": summary.recruiter_name,
    }
    if summary.next_interview is not None:
        starts = summary.next_interview.starts_at.astimezone(tz)
        day, time = day_in_words(starts, language), time_in_words(starts, language)
        known["interview"] = f"{day}, {time}"
        known["interview_date"] = day
        known["interview_time"] = time
        known["interview_place"] = summary.next_interview.place
    return known


def sources_of(template: MessageTemplate) -> dict[str, Mapping[str, str]]:
    """For each variable where its text comes from: as whoever wrote the template chose, else as its
    name suggests. A variable for which nothing is chosen is not in it."""
    chosen = chosen_for(template)
    sources: dict[str, Mapping[str, str]] = {}
    for one in template_text.variables(template.components, template.parameter_format):
        source = _chosen(chosen, one)
        if source is None:
            field = suggested_field(one, template.components)
            source = {"field": field} if field else {}
        if source:
            sources[one.key] = source
    return sources


def filled(template: MessageTemplate, known: Mapping[str, str]) -> dict[str, str]:
    """The values of one candidate, for a person to check; what nothing is known for is missing."""
    chosen, values = chosen_for(template), {}
    for one in template_text.variables(template.components, template.parameter_format):
        source = _chosen(chosen, one)
        if source is None:
            value = suggested_value(one, template.components, known)
        else:
            value = resolve({one.key: source}, known)[0].get(one.key, "")
        if value:
            values[one.key] = value
    return values


def chosen_for(template: MessageTemplate) -> Spec:
    """What whoever wrote the template chose, by the keys of its fields."""
    rows = TemplateTranslation.objects.of(template)
    return rows.values_list("sources", flat=True).first() or {}


def _chosen(chosen: Spec, one: Variable) -> Mapping[str, str] | None:
    """None where nobody chose. A named variable is the same in header and body; the name of a map's
    place is not the person's."""
    is_text = one.meaning == "text" and one.component != "button"
    found = chosen.get(one.key)
    return found if found is not None or not is_text else chosen.get(one.name)


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
    if variable.meaning != "text":
        # Nobody's data are the code or the place that is meant.
        return _OF_PLACE.get(variable.name, "") if variable.meaning == "place" else ""
    body = next((c.get("text", "") for c in components if c.get("type") == "BODY"), "")
    return suggested(variable.key, body)


def suggested_value(
    variable: Variable, components: Sequence[Mapping[str, Any]], known: Mapping[str, str]
) -> str:
    """The candidate's own value for a variable; empty where nothing tells."""
    field = suggested_field(variable, components)
    if variable.name.lower() == "place":
        # Of an interview, for whoever has one.
        return known.get(field) or known.get("job_location", "")
    return known.get(field, "")
