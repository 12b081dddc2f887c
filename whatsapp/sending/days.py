"""Days and times as the language of a template writes them."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time

# Meta's plain English has no country; our companies write the day before the month.
OF_META = {"en": "en_GB", "fil": "fil_PH"}
# A day without its year, as the locale orders it; CLDR has it short in every locale.
SKELETONS = ("MMMMEd", "MMMEd")
PIECE = re.compile(r"'[^']*'|[Ec]+|[ML]+")
WIDE = {"E": "EEEE", "c": "EEEE", "M": "MMMM", "L": "LLLL"}


@cache
def locale_of(language: str) -> Locale:
    """Of a code of Meta's (pt_BR, en); the language alone, or English, where nobody knows it."""
    for code in (OF_META.get(language, language), language.partition("_")[0]):
        try:
            return Locale.parse(code)
        except (ValueError, UnknownLocaleError):
            continue
    return Locale("en", "GB")


def day_in_words(at: datetime, language: str) -> str:
    """With the day of the week and the month in full: Monday, 23 November."""
    pattern = _pattern(language)
    return _plain(format_datetime(at, pattern, tzinfo=at.tzinfo, locale=locale_of(language)))


def time_in_words(at: datetime, language: str) -> str:
    """Of the clock on the wall where `at` has its zone."""
    return _plain(format_time(at, "short", tzinfo=at.tzinfo, locale=locale_of(language)))


def date_in_words(day: date, language: str) -> str:
    """With its year: 23 November 2026."""
    return _plain(format_date(day, "long", locale=locale_of(language)))


@cache
def _pattern(language: str) -> str:
    known = locale_of(language).datetime_skeletons
    short = next((str(known[one].pattern) for one in SKELETONS if one in known), "EEEE, d MMMM")
    return PIECE.sub(lambda piece: WIDE.get(piece[0][0], piece[0]), short)


def _plain(text: str) -> str:
    """With spaces that every telephone shows."""
    return text.replace("\u202f", " ").replace("\xa0", " ")
