"""Reads the dated figures: ``figures.at(now).messaging.customer_service_window``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).parent
TIME_UNITS = ("seconds", "minutes", "hours", "days")


class FiguresError(Exception):
    """A data file is wrong; the text names the file and the key."""


@dataclass(frozen=True)
class MessagingFigures:
    """How often and when messages may go: messaging.toml."""

    customer_service_window: timedelta
    messaging_limit_window: timedelta
    tiers: Mapping[str, int | None]  # smallest first; None means unlimited
    tier_step_up_share: float
    tier_step_up_period: timedelta
    tier_step_up_delay: timedelta
    first_step_up_messages: int
    first_step_up_period: timedelta
    senders_unverified: int
    senders_verified: int
    throughput_per_second: Mapping[str, int]
    pair_interval: timedelta
    pair_burst: int
    pair_retry_base: int
    marketing_limit_wait: timedelta
    regions_without_marketing: frozenset[str]
    undelivered_lifetime: timedelta
    undelivered_lifetime_authentication: timedelta
    read_receipt_max_age: timedelta
    typing_indicator_life: timedelta
    management_calls_per_hour: int
    management_calls_per_hour_active: int
    management_back_off_percent: int


@dataclass(frozen=True)
class ContentFigures:
    """How long and how many the parts of a message may be: content.toml."""

    text_body: int
    caption: int
    callback_data: int
    template_name: int
    template_header: int
    template_body: int
    template_footer: int
    template_parameter_spaces: int
    template_buttons: int
    template_button_text: int
    template_url_buttons: int
    template_url: int
    template_phone_buttons: int
    template_copy_code: int
    reply_buttons: int
    reply_button_title: int
    reply_button_id: int
    interactive_header: int
    interactive_body: int
    interactive_footer: int
    link_button_title: int
    list_button: int
    list_body: int
    list_sections: int
    list_rows: int
    list_section_title: int
    list_row_title: int
    list_row_id: int
    list_row_description: int
    contacts: int
    media_bytes: Mapping[str, int]
    media_types: Mapping[str, tuple[str, ...]]
    uploaded_media_life: timedelta
    inbound_media_life: timedelta
    media_url_life: timedelta
    reaction_target_max_age: timedelta


@dataclass(frozen=True)
class WebhookFigures:
    """What Meta's deliveries look like: webhooks.toml."""

    body_bytes: int
    updates_per_delivery: int
    retry_period: timedelta
    answer_median: timedelta
    inbound_share: int
    status_share: int


@dataclass(frozen=True)
class SignupFigures:
    """What bounds connecting a business and its numbers: signup.toml."""

    code_life: timedelta
    expiring_token_life: timedelta
    pin_digits: int
    registrations: int
    registrations_period: timedelta
    callback_url: int


@dataclass(frozen=True)
class NumberFigures:
    """How long what is said of a company number may be: numbers.toml."""

    display_name: int
    display_name_least: int
    verification_code_digits: int
    profile_about: int
    profile_address: int
    profile_description: int
    profile_email: int
    profile_website: int
    profile_websites: int
    profile_verticals: frozenset[str]
    profile_photo_bytes: int
    profile_photo_types: frozenset[str]
    profile_photo_least_side: int
    profile_photo_side: int


@dataclass(frozen=True)
class TemplateFigures:
    """What bounds message templates: templates.toml."""

    languages: frozenset[str]
    most: int
    most_verified: int
    edits_a_day: int
    edits_a_month: int
    edits_month: timedelta
    name_wait: timedelta
    first_pause: timedelta
    second_pause: timedelta
    words_per_variable: int
    header_variables: int
    phone_number: int
    codes: int
    code_minutes_least: int
    code_minutes_most: int
    shorteners: frozenset[str]


@dataclass(frozen=True)
class Figures:
    """Every figure as it stands on one day."""

    messaging: MessagingFigures
    content: ContentFigures
    webhooks: WebhookFigures
    signup: SignupFigures
    numbers: NumberFigures
    templates: TemplateFigures


Group = TypeVar("Group")


def at(when: datetime | date) -> Figures:
    """The figures in force at a moment; days are counted in UTC."""
    if isinstance(when, datetime):
        if when.tzinfo is None:
            raise ValueError("figures.at() needs a time with a time zone, got one without")
        when = when.astimezone(UTC).date()
    return _on(when)


@lru_cache(maxsize=512)
def _on(day: date) -> Figures:
    return Figures(
        messaging=_group("messaging.toml", MessagingFigures, day),
        content=_group("content.toml", ContentFigures, day),
        webhooks=_group("webhooks.toml", WebhookFigures, day),
        signup=_group("signup.toml", SignupFigures, day),
        numbers=_group("numbers.toml", NumberFigures, day),
        templates=_group("templates.toml", TemplateFigures, day),
    )


@cache
def read_toml(name: str) -> dict[str, Any]:
    """One data file as it stands; read once per process."""
    try:
        return tomllib.loads((HERE / name).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise FiguresError(f"{name} is not valid TOML: {error}") from error


def _group(name: str, group: type[Group], day: date) -> Group:
    document = read_toml(name)
    wanted = {field.name for field in fields(group)}  # type: ignore[arg-type]
    if wanted != set(document):
        odd = ", ".join(sorted(wanted ^ set(document)))
        raise FiguresError(f"{name} and {group.__name__} do not name the same figures: {odd}")
    return group(**{key: _value(name, key, document[key], day) for key in wanted})


def _value(name: str, key: str, entries: list[dict[str, Any]], day: date) -> Any:
    for entry in entries:
        if not isinstance(entry.get("from"), date) or not entry.get("source"):
            raise FiguresError(f"{name}: an entry of {key} lacks its from date or its source")
    in_order = sorted(entries, key=lambda one: one["from"])
    # Before the first entry nothing older is known, so the first one holds.
    entry = next((one for one in reversed(in_order) if one["from"] <= day), in_order[0])
    return _converted(entry["value"], entry.get("unit"))


def _converted(value: Any, unit: str | None) -> Any:
    if unit in TIME_UNITS:
        return timedelta(**{unit: value})
    if unit in ("regions", "words"):
        return frozenset(value)
    if unit == "tiers":
        # TOML has no null: "unlimited" stands for a tier without an upper bound.
        return {name: None if users == "unlimited" else users for name, users in value}
    if isinstance(value, dict):
        return {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
    return value
