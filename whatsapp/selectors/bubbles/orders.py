"""An order from a catalogue: what, how many, at which price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from whatsapp.meta.reading import as_int, as_mapping, as_mappings, as_text
from whatsapp.models import Message
from whatsapp.selectors.bubbles.drawn import Drawn, Facts, Kind

MOST = 50


@dataclass(frozen=True, slots=True)
class Item:
    product: str
    quantity: str
    price: str


@dataclass(frozen=True, slots=True)
class Order:
    """`total` is empty where prices are missing or in several currencies."""

    items: list[Item]
    more: int
    total: str


def _items(message: Message) -> tuple[Mapping[str, Any], ...]:
    return as_mappings(as_mapping(message.content.get("order")).get("product_items"))


def draw(message: Message, facts: Facts) -> Drawn:
    given = _items(message)
    body = Order([_item(one) for one in given[:MOST]], max(0, len(given) - MOST), _total(given))
    return Drawn(words=message.text, partial="_message_order.html", body=body)


def _item(one: Mapping[str, Any]) -> Item:
    price = _price(one.get("item_price"))
    return Item(
        product=as_text(one.get("product_retailer_id")) or "Product without a number",
        quantity=as_text(one.get("quantity")) or "?",
        price=_money(price, as_text(one.get("currency"))) if price is not None else "",
    )


def _price(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() and abs(price) < 10**12 else None


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.2f} {currency}".strip()


def _total(given: tuple[Mapping[str, Any], ...]) -> str:
    currencies = {as_text(one.get("currency")) for one in given}
    lines = [(_price(one.get("item_price")), as_int(one.get("quantity"))) for one in given]
    if len(currencies) != 1 or any(price is None or count is None for price, count in lines):
        return ""
    total = sum((price or 0) * (count or 0) for price, count in lines)
    return _money(Decimal(total), currencies.pop())


def excerpt(message: Message) -> str:
    count = len(_items(message))
    items = f"Order: {count} item{'' if count == 1 else 's'}"
    return f"{items}, {message.text}" if message.text else items


ORDER = Kind(draw, excerpt)
