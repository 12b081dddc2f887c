"""`manage.py whatsapp_run`: makes a bulk send, or says how one stands."""

from __future__ import annotations

import argparse
import uuid
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ats.public import Company, Stage, User, company_users
from ats.tenancy import company_scope
from whatsapp.bulk.audience import chosen, filtered
from whatsapp.bulk.runs import create_run
from whatsapp.countries import country_name
from whatsapp.ids import whole_number
from whatsapp.message_templates.sources import FIELDS
from whatsapp.models import BulkRun, MessageTemplate, Sender
from whatsapp.policy.sentences import say
from whatsapp.selectors.runs import FATES, run_now
from whatsapp.sending.send import NotAllowed
from whatsapp.sending.values import OWN


def row_id(text: str) -> int:
    number = whole_number(text)
    if not number:
        raise argparse.ArgumentTypeError(f"“{text}” is not an id: a whole number above 0.")
    return number


def row_ids(text: str) -> list[int]:
    return [row_id(one.strip()) for one in text.split(",") if one.strip()]


def moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"“{text}” is no time. Write it like 2026-11-23T08:00, in the company's zone unless "
            "it names one."
        ) from None


def value(text: str) -> tuple[str, dict[str, str]]:
    """body.1=Friday, body.1=field:first_name or body.1=field:first_name,there."""
    key, equals, given = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(
            f"“{text}” says no value. Write KEY=TEXT or KEY=field:NAME,FALLBACK, such as "
            "body.1=field:first_name,there."
        )
    if not given.startswith("field:"):
        return key, {"text": given}
    name, _, fallback = given.removeprefix("field:").partition(",")
    if name not in FIELDS and not name.startswith(OWN):
        raise argparse.ArgumentTypeError(
            f"There is no field “{name}”. There are: {', '.join(FIELDS)}."
        )
    return key, {"field": name} | ({"fallback": fallback} if fallback else {})


class Command(BaseCommand):
    help = (
        "Makes a bulk send: one approved template to many candidates. A worker plans and sends it; "
        "the same rules hold as for one made on the page. With --status it says how one stands."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--company", required=True, metavar="SLUG", help="the company's short name")
        add("--status", type=row_id, metavar="ID", help="only say how this bulk send stands")
        add("--by", metavar="EMAIL", help="the person in whose name it is sent")
        add("--sender", type=row_id, metavar="ID", help="the number to write from, by its id here")
        add("--template", metavar="NAME", help="an approved template of that number")
        add("--language", metavar="CODE", help="of the template, where it has several")
        add(
            "--value",
            type=value,
            action="append",
            default=[],
            metavar="KEY=VALUE",
            help="what fills a variable: body.1=Friday, or body.1=field:first_name,there",
        )
        add("--candidates", type=row_ids, metavar="IDS", help="1,2,3")
        add("--words", default="", help="candidates with these words in name, address or number")
        add("--job", type=row_id, metavar="ID", help="candidates of this job")
        add("--stage", choices=Stage.values, default="", help="candidates at this stage")
        add("--at", type=moment, metavar="TIME", help="2026-11-23T08:00; now unless given")
        add("--name", default="", help="what colleagues call it; the template's unless given")
        add(
            "--client-id",
            type=uuid.UUID,
            metavar="UUID",
            help="the same again makes no second bulk send",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(slug=options["company"]).first()
        if company is None:
            raise CommandError(f"There is no company “{options['company']}”.")
        with company_scope(company), timezone.override(company.tz):
            run = self._run(options) if options["status"] else self._create(company, options)
            self._tell(run)

    def _run(self, options: dict[str, Any]) -> BulkRun:
        run: BulkRun | None = BulkRun.objects.filter(pk=options["status"]).first()
        if run is None:
            raise CommandError(f"There is no bulk send {options['status']}.")
        return run

    def _create(self, company: Company, options: dict[str, Any]) -> BulkRun:
        sender = self._sender(options["sender"])
        template = self._template(sender, options["template"], options["language"])
        at = options["at"]
        if at is not None and at.tzinfo is None:
            at = at.replace(tzinfo=company.tz)
        try:
            return create_run(
                by=self._author(company, options["by"]),
                client_id=options["client_id"] or uuid.uuid4(),
                sender=sender,
                template=template,
                values=dict(options["value"]),
                audience=self._audience(options),
                starts_at=at,
                name=options["name"],
                now=timezone.now(),
            )
        except NotAllowed as refusal:
            said = [say(one, country_name=country_name) for one in refusal.reasons]
            words = "\n".join(f"{one.title}: {one.sentence} {one.remedy}" for one in said)
            raise CommandError(f"Nothing was sent.\n{words}") from None

    def _author(self, company: Company, email: str | None) -> User:
        if not email:
            raise CommandError("Say in whose name it is sent: --by EMAIL.")
        person = company_users(company).filter(email__iexact=email).first()
        if person is None:
            raise CommandError(f"Nobody at {company} signs in as {email}.")
        return person

    def _sender(self, pk: int | None) -> Sender:
        rows = Sender.objects.filter(is_gone=False).order_by("pk")
        if pk is not None:
            rows = rows.filter(pk=pk)
        found = list(rows[:2])
        if len(found) == 1:
            return found[0]
        if not found:
            raise CommandError("There is no such number to write from.")
        raise CommandError("There are several numbers to write from: choose one with --sender ID.")

    def _template(self, sender: Sender, name: str | None, language: str | None) -> MessageTemplate:
        if not name:
            raise CommandError("Say which template: --template NAME.")
        rows = MessageTemplate.objects.listed().filter(waba=sender.waba_id, name=name)
        if language:
            rows = rows.filter(language=language)
        found = list(rows)
        if len(found) == 1:
            return found[0]
        if not found:
            raise CommandError(f"The account of this number has no template “{name}”.")
        codes = ", ".join(row.language for row in found)
        raise CommandError(f"“{name}” is there in {codes}: choose one with --language.")

    def _audience(self, options: dict[str, Any]) -> dict[str, Any]:
        by_filter = {
            "words": options["words"], "job_id": options["job"], "stage": options["stage"],
        }  # fmt: skip
        if bool(options["candidates"]) == any(by_filter.values()):
            raise CommandError(
                "Say whom: --candidates 1,2,3, or a filter of --words, --job and --stage."
            )
        return chosen(options["candidates"]) if options["candidates"] else filtered(**by_filter)

    def _tell(self, run: BulkRun) -> None:
        shown = run_now(run, now=timezone.now())
        self.stdout.write(f"{run.pk}: {run.name}, {run.get_state_display().lower()}")
        for said in (*shown.causes, *shown.slowed):
            self.stdout.write(f"{said.title}: {said.sentence} {said.remedy}")
        self.stdout.write(shown.next_words)
        for one in shown.tallies:
            self.stdout.write(f"{FATES[one.fate.key].label}: {one.count}")
