"""The words for a price, and for what a change of category does to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from whatsapp.policy.prices import Free, Price

SIGNS: Mapping[str, str] = {"EUR": "€", "USD": "$", "GBP": "£", "INR": "₹", "BRL": "R$"}
FREE: Mapping[Free, str] = {
    Free.WINDOW: "free: {category} in the open window costs nothing",
    Free.ENTRY_POINT: "free for now: they came from an ad or a Facebook page",
}


def say_price(price: Price, *, country_name: Callable[[str], str]) -> str:
    """“about €0.0033: utility, Kenya, prices of 1 October 2026”; volume lowers it."""
    category = price.category.lower()
    if price.free or price.since is None:
        return FREE[price.free or Free.WINDOW].format(category=category)
    day = f"{price.since.day} {price.since:%B %Y}"
    country = country_name(price.region)
    return f"about {say_amount(price)}: {category}, {country}, prices of {day}"


def say_change(old: Price, new: Price, *, is_done: bool, country_name: Callable[[str], str]) -> str:
    """One sentence about two prices of one country."""
    costs = "now costs" if is_done else "will cost"
    return (
        f"A message to {country_name(new.region)} {costs} about {say_amount(new)} instead of "
        f"{say_amount(old)}."
    )


def say_amount(price: Price) -> str:
    """As many places as it has, and two at least."""
    amount = price.amount.normalize()
    places = max(2, -int(amount.as_tuple().exponent)) if amount else 2
    number = f"{amount.quantize(Decimal(1).scaleb(-places)):f}"
    sign = SIGNS.get(price.currency)
    return f"{sign}{number}" if sign else f"{price.currency} {number}"
