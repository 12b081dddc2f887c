"""Reads a rate card as Meta gives it, and keeps it: prices change without a new version of this.

Its layout (Meta, pricing page, "Rates (CSV)"): some lines of notes, a line that begins with
“Market”, then a line for each market; “n/a” where there is no price.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from whatsapp.countries import country_choices
from whatsapp.figures.prices import CATEGORIES, markets
from whatsapp.models import RateCard
from whatsapp.policy.price_sentences import SIGNS

# A card without one of them is not whole. What sends nothing through here may be missing.
NEEDED = ("marketing", "utility", "authentication")
NOT_PRICED = frozenset({"", "n/a", "na", "-", "--"})
# More than any currency's price of one message: a date, or a thousand for a comma.
MOST = Decimal(100_000)

Rates = dict[str, dict[str, str]]


class RateCardError(Exception):
    """The file is no rate card that could be used; `problems` are sentences, with their lines."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def store_rate_card(
    *, currency: str, first_day: date, text: str, now: datetime
) -> tuple[int, bool]:
    """How many markets it has, and whether it is new. Keeps nothing of one that it cannot read in
    full: RateCardError."""
    rates = read_rate_card(text, currency=currency)
    with transaction.atomic():
        is_new = RateCard.objects.put(currency=currency, first_day=first_day, rates=rates, now=now)
    return len(rates), is_new


def read_rate_card(text: str, *, currency: str) -> Rates:
    """By market and category, as `RateCard.rates`. Raises RateCardError with all that is wrong."""
    lines = list(_lines(text))
    start, columns = _columns(lines)
    problems: list[str] = []
    rates: Rates = {}
    for number, cells in lines[start + 1 :]:
        row = {name: cells[place].strip() for name, place in columns.items() if place < len(cells)}
        if not row.get("market"):
            continue
        key = _market(row["market"])
        found = list(_problems(row, key, key in rates, currency))
        problems += [f"Line {number} ({row['market']}): {one}" for one in found]
        if key and not found:
            rates[key] = {
                category.upper(): row[category]
                for category in CATEGORIES
                if _price(row.get(category, "")) is not None
            }
    missing = sorted(markets().groups - set(rates))
    if missing and not problems:
        problems.append(f"These markets are missing: {', '.join(missing)}. Is the file whole?")
    if problems:
        raise RateCardError(*problems)
    return rates


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """A head may be written over two lines, so lines are counted as the file has them."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    for cells in reader:
        yield reader.line_num, cells


def _columns(lines: list[tuple[int, list[str]]]) -> tuple[int, Mapping[str, int]]:
    for index, (_number, cells) in enumerate(lines):
        names = [re.sub(r"[^a-z]+", "_", cell.strip().lower()).strip("_") for cell in cells]
        if names and names[0] == "market":
            columns = {name: place for place, name in enumerate(names)}
            missing = [name for name in NEEDED if name not in columns]
            if missing:
                raise RateCardError(f"The line that begins with “Market” lacks {missing[0]}.")
            return index, columns
    raise RateCardError(
        "No line begins with “Market”. Give the CSV of rates from Meta's pricing page, not the one "
        "of volume tiers and not the PDF."
    )


def _market(name: str) -> str | None:
    """Also one that Meta has just moved out of its group: by the country's name."""
    name = re.sub(r"\s+", " ", name).replace(" and Eastern", " & Eastern")
    return markets().key(name) or {name: code for code, name in country_choices()}.get(name)


def _problems(
    row: Mapping[str, str], key: str | None, is_twice: bool, currency: str
) -> Iterator[str]:
    if key is None:
        yield "no market or country has this name."
    if is_twice:
        yield "this market stands there twice."
    sign = row.get("currency", "")
    signs = {"$US": "USD", "US$": "USD", **{sign: code for code, sign in SIGNS.items()}}
    theirs = signs.get(sign, sign)
    if re.fullmatch("[A-Z]{3}", theirs) and theirs != currency:
        yield f"this is in {theirs}, not in {currency}."
    for category in CATEGORIES:
        given = row.get(category, "")
        if given.lower() in NOT_PRICED:
            if category in NEEDED:
                yield f"there is no price for {category}."
        elif _price(given) is None:
            yield f"“{given}” for {category} is no price. Write it as 0.0123."


def _price(text: str) -> Decimal | None:
    price = Decimal(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else Decimal(0)
    return price if 0 < price < MOST else None
