"""`manage.py whatsapp_import_rate_card`: loads the prices that Meta has published."""

from __future__ import annotations

import argparse
import logging
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from whatsapp.connection.rate_cards import RateCardError, store_rate_card

logger = logging.getLogger(__name__)

PRICING = "https://developers.facebook.com/documentation/business-messaging/whatsapp/pricing"


def currency(text: str) -> str:
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise argparse.ArgumentTypeError(f"“{text}” is no currency: three letters, such as USD.")
    return text.upper()


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no day: write 2027-01-01.") from None


class Command(BaseCommand):
    help = (
        "Loads a rate card of Meta's: the CSV of rates in one currency from its pricing page "
        f"({PRICING}). Prices on the pages follow it from its first day on; nothing else does. A "
        "card of the same currency and day is replaced; of one that comes with a version of this, "
        "what was loaded counts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--currency", type=currency, required=True, help="such as USD")
        parser.add_argument(
            "--from",
            type=day,
            required=True,
            dest="first_day",
            metavar="DAY",
            help="the day from which Meta charges it, such as 2027-01-01",
        )
        parser.add_argument("file", type=Path, metavar="FILE", help="as Meta gives it")

    def handle(self, *args: Any, **options: Any) -> None:
        card = {"currency": options["currency"], "first_day": options["first_day"]}
        try:
            count, is_new = store_rate_card(
                text=self._text(options["file"]), now=timezone.now(), **card
            )
        except RateCardError as error:
            raise CommandError("\n".join(["Nothing was loaded.", *error.problems])) from None
        logger.info("rate_card_loaded currency=%(currency)s first_day=%(first_day)s", card)
        verb = "Loaded" if is_new else "Replaced"
        self.stdout.write(
            f"{verb} the prices in {card['currency']} from {card['first_day']}: {count} markets."
        )

    def _text(self, path: Path) -> str:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        if content.startswith(b"PK"):
            # Meta has given tables of Excel under the name of a CSV.
            raise CommandError(f"{path} is a table of Excel. Open it and save it as CSV (UTF-8).")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise CommandError(f"{path} is not text in UTF-8. Save it as CSV (UTF-8).") from None
