"""Bulk sends: made, watched, paused and stopped by programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from ats.public import Candidate, Job, Stage, company_of
from whatsapp import access
from whatsapp.api.conversations import CompanyView
from whatsapp.api.fields import IdField
from whatsapp.bulk import runs
from whatsapp.bulk.audience import MOST_CHOSEN, chosen, filtered
from whatsapp.countries import country_name
from whatsapp.ids import whole_number
from whatsapp.meta import template_text
from whatsapp.models import BulkRun, MessageTemplate, Sender
from whatsapp.policy.reasons import Reason
from whatsapp.policy.sentences import Said, say
from whatsapp.selectors.runs import FATES, Row, row_page, run_list, run_now
from whatsapp.sending.send import NotAllowed
from whatsapp.sending.values import fields_of


class SourceSerializer(serializers.Serializer[Any]):
    """Where a variable's text comes from: {"text"}, or {"field", "fallback"}."""

    text = serializers.CharField(required=False, max_length=1024)
    field = serializers.CharField(required=False, max_length=64)
    fallback = serializers.CharField(required=False, max_length=1024)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        company = self.context["company"]
        if "field" in attrs and attrs["field"] not in fields_of(company):
            words = f"There is no field {attrs['field']}. There are: "
            raise serializers.ValidationError(words + ", ".join(fields_of(company)) + ".")
        if ("text" in attrs) == ("field" in attrs):
            raise serializers.ValidationError("Give either text or field, and only one.")
        return attrs


class FilterSerializer(serializers.Serializer[Any]):
    """As in the list of candidates; an empty one is everybody."""

    words = serializers.CharField(required=False, max_length=100)
    job_id = IdField(required=False)
    stage = serializers.ChoiceField(choices=Stage.choices, required=False)

    def validate_job_id(self, job_id: int) -> int:
        if not Job.objects.filter(pk=job_id).exists():
            raise serializers.ValidationError(f"There is no job {job_id}.")
        return job_id


class NewRunSerializer(serializers.Serializer[Any]):
    """`client_id` is the idempotency key: the same one again answers with the same bulk send."""

    client_id = serializers.UUIDField()
    name = serializers.CharField(required=False, max_length=120, default="")
    sender_id = IdField()
    template_id = IdField()
    values = serializers.DictField(child=SourceSerializer(), required=False, default=dict)
    candidates = serializers.ListField(child=IdField(), required=False, max_length=MOST_CHOSEN)
    filter = FilterSerializer(required=False)
    starts_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate_sender_id(self, sender_id: int) -> Sender:
        row: Sender | None = Sender.objects.filter(pk=sender_id, is_gone=False).first()
        if row is None:
            raise serializers.ValidationError(f"There is no sender {sender_id}.")
        return row

    def validate_template_id(self, template_id: int) -> MessageTemplate:
        row: MessageTemplate | None = MessageTemplate.objects.filter(pk=template_id).first()
        if row is None:
            raise serializers.ValidationError(f"There is no template {template_id}.")
        return row

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("candidates" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either candidates or filter, and only one.")
        template = attrs["template_id"]
        known = {
            one.key
            for one in template_text.variables(template.components, template.parameter_format)
        } | set(template_text.payload_keys(template.components))
        if unknown := sorted(attrs["values"].keys() - known):
            has = f"It has {', '.join(sorted(known))}." if known else "It has none."
            words = f"The template has no variable {', '.join(unknown)}. {has}"
            raise serializers.ValidationError({"values": words})
        return attrs

    def validate_candidates(self, candidates: list[int]) -> list[int]:
        found = set(Candidate.objects.filter(pk__in=candidates).values_list("pk", flat=True))
        if unknown := [one for one in candidates if one not in found]:
            more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
            few = ", ".join(map(str, unknown[:10]))
            raise serializers.ValidationError(f"There is no candidate {few}{more}.")
        return candidates


class RunList(CompanyView):
    def get(self, request: Request) -> Response:
        """Newest first; `next` is for `?before=`."""
        before = whole_number(request.query_params.get("before"))
        page = run_list(before=before, now=timezone.now())
        found = [_summary(line.run) for line in page.rows]
        return Response({"results": found, "next": page.older or None})

    def post(self, request: Request) -> Response:
        """Makes a bulk send. 409 with every reason where it may not be."""
        user = self.user(request)
        access.require_writer(user)
        given = NewRunSerializer(data=request.data, context={"company": company_of(user)})
        given.is_valid(raise_exception=True)
        data = given.validated_data
        try:
            run = runs.create_run(
                by=user,
                client_id=data["client_id"],
                sender=data["sender_id"],
                template=data["template_id"],
                values=data["values"],
                audience=chosen(data["candidates"])
                if "candidates" in data
                else filtered(**data["filter"]),
                starts_at=data["starts_at"],
                name=data["name"],
                now=timezone.now(),
            )
        except NotAllowed as refusal:
            return _refused(refusal.reasons)
        return Response(_detail(run), status=status.HTTP_201_CREATED)


class RunDetail(CompanyView):
    def get(self, request: Request, run_id: int) -> Response:
        """How it stands: its state with the cause in words, and how many people have each fate."""
        return Response(_detail(access.get_run_for(self.user(request), run_id)))


class RunRows(CompanyView):
    def get(self, request: Request, run_id: int) -> Response:
        """In their order; `next` is for `?after=`, and `?fate=` chooses those of one."""
        run = access.get_run_for(self.user(request), run_id)
        page = row_page(
            run,
            fate=request.query_params.get("fate", ""),
            after=whole_number(request.query_params.get("after")),
        )
        found = [_row(one) for one in page.rows]
        return Response({"results": found, "next": page.later or None})


class RunAct(CompanyView):
    """One of the buttons of the page, at an address of its own."""

    act: Callable[..., BulkRun] | None = None

    def post(self, request: Request, run_id: int) -> Response:
        user = self.user(request)
        access.require_writer(user)
        run = access.get_run_for(user, run_id)
        assert self.act is not None
        try:
            done = self.act(run=run, by=user, now=timezone.now())
        except NotAllowed as refusal:
            return _refused(refusal.reasons)
        return Response(_detail(done))


def _summary(run: BulkRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "client_id": str(run.client_id),
        "name": run.name,
        "state": run.state,
        "sender_id": run.sender_id,
        "template_id": run.template_id,
        "author_id": run.author_id,
        "total": run.total,
        "created_at": run.created_at,
        "starts_at": run.starts_at,
        "finished_at": run.finished_at,
    }


def _detail(run: BulkRun) -> dict[str, Any]:
    now = run_now(run, now=timezone.now())
    counts = dict.fromkeys(FATES, 0) | {one.fate.key: one.count for one in now.tallies}
    return _summary(run) | {
        "values": run.values,
        "audience": run.audience,
        "look_at": run.look_at,
        "speed": run.speed,
        "causes": [_words(one) for one in (*now.causes, *now.slowed)],
        "next": now.next_words,
        "counts": counts,
    }


def _row(one: Row) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.pk,
        "candidate_id": row.candidate_id,
        "number": row.phone,
        "fate": one.fate.key,
        "causes": [cause["code"] for cause in row.causes],
        "why": f"{one.why}. {one.why_more}" if one.why else "",
        "message_id": row.message_id,
        "at": one.moment,
    }


def _refused(reasons: Iterable[Reason]) -> Response:
    said = [_words(say(one, country_name=country_name)) for one in reasons]
    return Response({"reasons": said}, status=status.HTTP_409_CONFLICT)


def _words(one: Said) -> dict[str, str]:
    return {
        "code": one.code, "title": one.title, "sentence": one.sentence, "remedy": one.remedy,
    }  # fmt: skip
