"""Quiet time as it is typed: ranges in rows that can be added and removed, and one time zone."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.http import QueryDict

from whatsapp.ids import whole_number
from whatsapp.models import CompanySettings
from whatsapp.policy.quiet import always_quiet, read_quiet

PREFIX = "quiet"
MOST_RANGES = 20
MOST_NUMBERS = 200
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK = [(str(day), name) for day, name in enumerate(NAMES)]
# "20:00", and what people type on a keyboard of digits: "20", "2000", "8.30".
TYPED = re.compile(r"(\d{1,2})(?:[:.]?(\d{2}))?")
NO_TIME = "Write a time from 00:00 to 24:00, for example 20:00."
MANY = (
    f"There are more than {MOST_RANGES} quiet times. Remove some, or choose several days in one of "
    "them, then save again."
)
FULL = (
    "These quiet times leave no minute of the week, so no bulk send would ever leave. Take a day "
    "or some hours out."
)


class Clock(forms.CharField):
    """A time of day as "HH:MM". 24:00 is the midnight at which a day ends, stored as 00:00."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        found = TYPED.fullmatch(text)
        hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
        if (hour, minute) == (24, 0):
            return "00:00"
        if hour > 23 or minute > 59:
            raise forms.ValidationError(NO_TIME)
        return f"{hour:02}:{minute:02}"


def _clock() -> Clock:
    entry = forms.TextInput(attrs={"class": "input", "inputmode": "numeric", "size": "6"})
    return Clock(max_length=12, widget=entry, error_messages={"required": NO_TIME})


class RangeForm(forms.Form):
    days = forms.TypedMultipleChoiceField(
        choices=WEEK,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose the days on which it begins."},
    )
    start = _clock()
    end = _clock()

    # A label beside a wrong field already says which one it is.
    use_required_attribute = False

    def chosen(self) -> list[tuple[str, str, bool]]:
        """Value, name and whether it is chosen, of each day."""
        on = {str(day) for day in self["days"].value() or []}
        return [(value, name, value in on) for value, name in WEEK]

    def ends_next_day(self) -> bool:
        start, end = self["start"].value(), self["end"].value()
        return bool(start and end and end != "24:00" and end <= start)


class BaseRanges(forms.BaseFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        if len(self.rows()) > MOST_RANGES:
            raise forms.ValidationError(MANY)
        if any(self.errors):
            return
        if self.stored() and always_quiet(read_quiet(self.stored(), "UTC")):
            raise forms.ValidationError(FULL)

    def rows(self) -> list[RangeForm]:
        """Those to show: a number that is not there is a row that somebody removed."""
        return [form for form in self.forms if not self.is_bound or form.has_changed()]

    def stored(self) -> list[dict[str, Any]]:
        """As the settings store them; call it when the rows are valid."""
        found: list[dict[str, Any]] = []
        for row in (form.cleaned_data for form in self.forms if form.has_changed()):
            one = {"days": sorted(row["days"]), "start": row["start"], "end": row["end"]}
            if one not in found:
                found.append(one)
        return found

    def left_empty(self) -> int:
        """How many rows stand there without anything in them."""
        there = [form for form in self.forms if form.add_prefix("start") in form.data]
        return sum(not form.has_changed() for form in there)


Ranges = forms.formset_factory(
    RangeForm,
    formset=BaseRanges,
    extra=0,
    # Rows that were removed leave their number behind, so those that are there are counted instead.
    max_num=MOST_NUMBERS,
    absolute_max=MOST_NUMBERS,
)


class ZoneForm(forms.Form):
    zone = forms.ChoiceField(
        required=False,
        error_messages={
            "invalid_choice": "This time zone is not known here. Choose one from the list."
        },
    )


class QuietForm:
    """Both together. `initial` is what is typed, not saved yet and not to be judged yet."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        settings: CompanySettings,
        own_zone: str,
        now: datetime,
        initial: list[dict[str, Any]] | None = None,
        zone: str | None = None,
        drawn: str | None = None,
    ) -> None:
        self.is_typed = data is not None or initial is not None
        rows = _shown(settings.quiet_times) if initial is None else initial
        # What is sent is judged by itself: beside `initial`, a row that stays would count as empty.
        self.ranges = Ranges(
            data,
            initial=rows if data is None else None,
            prefix=PREFIX,
            error_messages={"too_many_forms": MANY},
        )
        self.settings, self.is_overtaken = settings, False
        given = data.get("drawn", "") if data is not None else drawn
        self.drawn = settings.quiet_version if given is None else given
        chosen = settings.quiet_zone if zone is None else zone
        self.zone = ZoneForm(data, initial={"zone": chosen})
        entry = self.zone.fields["zone"]
        assert isinstance(entry, forms.ChoiceField)
        entry.choices = _zones(settings.quiet_zone, own_zone, now)

    def is_valid(self) -> bool:
        # Both are asked, so that all that is wrong is said at once.
        return all([self.ranges.is_valid(), self.zone.is_valid()])

    def overtaken(self) -> None:
        """Somebody else saved meanwhile. Saved again, what is typed here takes its place."""
        self.is_overtaken, self.drawn = True, self.settings.quiet_version

    def left_empty(self) -> int:
        assert isinstance(self.ranges, BaseRanges)
        return self.ranges.left_empty()

    def stored(self) -> tuple[list[dict[str, Any]], str]:
        assert isinstance(self.ranges, BaseRanges)
        return self.ranges.stored(), self.zone.cleaned_data["zone"]


def rearranged(data: QueryDict) -> list[dict[str, Any]] | None:
    """The rows as typed, after “Add” or “Remove” was pressed where no script runs; None where it
    was neither."""
    if "add" not in data and "remove" not in data:
        return None
    total = min(whole_number(data.get(f"{PREFIX}-TOTAL_FORMS", "")) or 0, MOST_NUMBERS)
    typed = [_typed(data, row) for row in range(total) if str(row) != data.get("remove")]
    # A number that is not there is a row that was removed before.
    rows = [row for row in typed if row is not None]
    return rows + ([{}] if "add" in data else [])


def _typed(data: QueryDict, row: int) -> dict[str, Any] | None:
    name = f"{PREFIX}-{row}"
    if f"{name}-start" not in data:
        return None
    typed = {part: data.get(f"{name}-{part}", "") for part in ("start", "end")}
    return {"days": data.getlist(f"{name}-days"), **typed}


def _shown(stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The midnight that ends a day is shown as 24:00."""
    return [row | ({"end": "24:00"} if row["end"] == "00:00" else {}) for row in stored]


@cache
def _names() -> list[str]:
    """Zones by place, and UTC; not the old names and the fixed offsets."""
    places = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe")
    known = {one for one in available_timezones() if one.split("/")[0] in places}
    known |= {one for one in available_timezones() if one.split("/")[0] in ("Indian", "Pacific")}
    return sorted(known) + ["UTC"]


def _zones(chosen: str, own_zone: str, now: datetime) -> list[tuple[str, str]]:
    extra = [chosen] if chosen and chosen not in _names() else []
    own = ("", f"Your company’s own, {_label(own_zone, now)}")
    return [own] + [(name, _label(name, now)) for name in extra + _names()]


# Python keeps eight zones of its own accord, and would read the files of 490 for each page.
@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _label(name: str, now: datetime) -> str:
    """“Europe/Rome (UTC+01:00)”, as the clocks stand now."""
    offset = f"{now.astimezone(_zone(name)):%z}"
    return f"{name.replace('_', ' ')} (UTC{offset[:3]}:{offset[3:5]})"
