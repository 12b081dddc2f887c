"""How many people Meta lets the portfolio write to: heard before the account is read again."""

from __future__ import annotations

from datetime import datetime

from whatsapp.connection.limits import learn, learn_numbers, portfolio_of
from whatsapp.models import WebhookItem
from whatsapp.webhooks.handlers import account
from whatsapp.webhooks.owners import waba_of

# In business_capability_update and phone_number_quality_update: "TIER_2K", or 2000 as in Meta's
# sample. Fields for a single number (`current_limit`) were taken out in February 2026.
LIMIT = "max_daily_conversations_per_business"
# In business_capability_update, while the portfolio stands on the first step.
NUMBERS = "max_phone_numbers_per_business"


def handle(item: WebhookItem, *, now: datetime) -> None:
    """Runs that wait for places go on at once. The limit is dated by the delivery, so that one
    that is applied late does not undo what was read from Meta since."""
    # First, as a reading locks the connection before the portfolio too.
    account.handle(item, now=now)
    portfolio_id = portfolio_of(waba_of(item))
    value = item.payload["item"]
    learn(portfolio_id, value.get(LIMIT), at=item.created_at, now=now)
    learn_numbers(portfolio_id, value.get(NUMBERS), at=item.created_at)
