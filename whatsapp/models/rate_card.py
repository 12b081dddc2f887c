"""Meta's rate cards that came after this version of the program: loaded by ops, for everybody."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

from whatsapp.figures.prices import Card, shipped_cards


class RateCardQuerySet(models.QuerySet["RateCard"]):
    def known(self, currency: str) -> list[Card]:
        """The cards of a currency, by day; of one day the loaded one comes last, and counts."""
        loaded = [one.card for one in self.filter(currency=currency)]
        shipped = [one for one in shipped_cards() if one.currency == currency]
        return sorted([*shipped, *loaded], key=lambda one: one.first_day)

    def put(
        self, *, currency: str, first_day: date, rates: dict[str, dict[str, str]], now: datetime
    ) -> bool:
        """Whether it is new: one of that day is replaced."""
        given = {"rates": rates, "loaded_at": now}
        return self.update_or_create(currency=currency, first_day=first_day, defaults=given)[1]


class RateCard(models.Model):
    """What messages cost in a currency from a day on: Meta's, the same for every company."""

    currency = models.CharField(max_length=3)
    first_day = models.DateField(help_text="In the time zone of each account")
    # By market and category as in `figures.prices.Card`; prices as text, which is exact.
    rates: models.JSONField[Any, Any] = models.JSONField()
    loaded_at = models.DateTimeField()

    objects = RateCardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "first_day"], name="rate_card_once"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} from {self.first_day}"

    @property
    def card(self) -> Card:
        rates = {
            market: {category: Decimal(price) for category, price in prices.items()}
            for market, prices in self.rates.items()
        }
        return Card(self.currency, self.first_day, rates)
