"""`manage.py whatsapp_replay`: has stopped webhooks applied again, by id, time, field or state."""

from __future__ import annotations

import argparse
import logging
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count
from django.utils import timezone

from whatsapp.ids import whole_number
from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem
from whatsapp.selectors.webhook_selection import Selection, moment
from whatsapp.webhooks import replay

logger = logging.getLogger(__name__)

STATES = [state.value for state in (*replay.STOPPED, ItemState.APPLIED)]
WHICH = (
    "Say which: --item ID, --event ID, --since and --until, --field NAME, --account ID, or "
    "--state STATE. With several, what matches all of them is applied again."
)


def row_id(text: str) -> int:
    number = whole_number(text)
    if not number:
        raise argparse.ArgumentTypeError(f"“{text}” is not an id: a whole number above 0.")
    return number


def start(text: str) -> datetime:
    return _moment(text, is_end=False)


def end(text: str) -> datetime:
    return _moment(text, is_end=True)


def _moment(text: str, *, is_end: bool) -> datetime:
    try:
        return moment(text, is_end=is_end)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


class Command(BaseCommand):
    help = (
        "Has webhooks that stopped applied again: parked, unclaimed (nobody here had the number) "
        "or unhandled (this version did not read the field). Parked deliveries are split again. "
        "It is harmless: what was applied before stays as it is. Begin with --dry-run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--item", type=row_id, metavar="ID", help="one item")
        add("--event", type=row_id, metavar="ID", help="one delivery, or all the items of it")
        add(
            "--since",
            type=start,
            metavar="TIME",
            help="received at this time or later: 2026-11-20 or 2026-11-20T14:30, UTC",
        )
        add(
            "--until",
            type=end,
            metavar="TIME",
            help="received before this time; a day includes that day",
        )
        add("--field", metavar="NAME", help="messages, statuses, or another of Meta's fields")
        add("--account", metavar="ID", help="the id of a WABA or of a phone number")
        add(
            "--state",
            action="append",
            choices=STATES,
            help="only this state, several times for several; usually parked, unclaimed and "
            "unhandled. applied goes only when named here",
        )
        add("--dry-run", action="store_true", help="count and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        selection = self._selection(options)
        self._must_exist(selection)
        items, deliveries = selection.items(), selection.deliveries()
        self._say_what(selection)
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was changed.")
            return
        now = timezone.now()
        also_applied = ItemState.APPLIED in selection.states
        split = replay.split_again(deliveries, now=now)
        applied = replay.again(items, now=now, also_applied=also_applied)
        logger.info("webhooks_applied_again by=command items=%s deliveries=%s", applied, split)
        if applied or split:
            self.stdout.write(f"{applied + split} are due now, and the worker is woken.")

    def _selection(self, options: dict[str, Any]) -> Selection:
        names = ("item", "event", "since", "until", "field", "account")
        given = {name: options[name] for name in names if options[name]}
        if not given and not options["state"]:
            raise CommandError(WHICH)
        if "since" in given and "until" in given and given["since"] >= given["until"]:
            raise CommandError("--until is before --since, so nothing lies between them.")
        return Selection(states=tuple(options["state"] or replay.STOPPED), **given)

    def _must_exist(self, selection: Selection) -> None:
        if selection.item:
            row = WebhookItem.objects.filter(pk=selection.item).only("state").first()
            if row is None:
                raise CommandError(f"There is no item {selection.item}; it may have been deleted.")
            if row.state == ItemState.APPLIED and ItemState.APPLIED not in selection.states:
                raise CommandError(
                    f"Item {row.pk} is applied. To apply it again all the same, add "
                    "--state applied."
                )
        if selection.event:
            found = WebhookEvent.objects.filter(pk=selection.event)
            if not found.exists():
                raise CommandError(
                    f"There is no delivery {selection.event}; it may have been deleted."
                )
            if found.filter(state=EventState.NEW).exists():
                self.stdout.write(f"Delivery {selection.event} waits to be split already.")

    def _say_what(self, selection: Selection) -> None:
        groups = selection.items().order_by().values("state", "kind").annotate(rows=Count("pk"))
        for group in groups.order_by("state", "kind"):
            word = "item" if group["rows"] == 1 else "items"
            self.stdout.write(
                f"{group['rows']} {group['state']} {word} of the field {group['kind']}"
            )
        deliveries = selection.deliveries().count()
        if deliveries:
            word = "delivery" if deliveries == 1 else "deliveries"
            self.stdout.write(f"{deliveries} parked {word}, to be split again")
        if not groups and not deliveries:
            self.stdout.write("Nothing matches.")
