"""What messages of an account cost: gathers for `policy.prices`, and says it.

Meta begins a day in the account's time zone and names that by a number of its own list, which is
published nowhere; the company's time zone stands for it. They differ for hours, four times a year.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from whatsapp.countries import country_name, region_of
from whatsapp.models import Conversation, RateCard, StatusEvent, Waba
from whatsapp.policy.price_sentences import say_change, say_price
from whatsapp.policy.prices import Price, in_free_entry_point, price_of

USED_WITHIN = timedelta(days=30)
# Of the newest conversations: more would not change which country comes first.
LOOKED_AT = 1000


def price_to(
    waba: Waba,
    *,
    category: str,
    region: str,
    now: datetime,
    in_open_window: bool = False,
    in_entry_point: bool = False,
) -> Price | None:
    """Of one message from the account to a number of that country (ISO code); None where nothing
    says it."""
    return price_of(
        RateCard.objects.known(waba.currency) if waba.currency else [],
        category=category,
        region=region,
        currency=waba.currency,
        now=now,
        tz=waba.company.tz,
        in_open_window=in_open_window,
        in_free_entry_point=in_entry_point,
    )


def price_words(
    waba: Waba,
    conversation: Conversation | None,
    *,
    category: str,
    region: str | None,
    in_open_window: bool,
    now: datetime,
) -> str:
    """What a template to one person costs now, in words; empty where it is not known."""
    if region is None:
        return ""
    price = price_to(
        waba,
        category=category,
        region=region,
        now=now,
        in_open_window=in_open_window,
        in_entry_point=conversation is not None and _came_from_an_ad(conversation, now=now),
    )
    return say_price(price, country_name=country_name) if price else ""


def change_words(waba: Waba, *, old: str, new: str, is_done: bool, now: datetime) -> str:
    """What another category does to the price, in the country that the company writes to most;
    empty where either price is not known, or both are one. Both are of today's card."""
    region = usual_region(waba, now=now)
    before, after = (
        price_to(waba, category=category, region=region, now=now) for category in (old, new)
    )
    if before is None or after is None or before.amount == after.amount:
        return ""
    return say_change(before, after, is_done=is_done, country_name=country_name)


def usual_region(waba: Waba, *, now: datetime) -> str:
    """The country of most people that the account lately talked with; the company's own where it
    talked with nobody."""
    phones = (
        Conversation.objects.filter(sender__waba=waba, last_message_at__gte=now - USED_WITHIN)
        .newest_first()
        .values_list("contact__phone", flat=True)
    )
    found = Counter(region for one in phones[:LOOKED_AT] if (region := region_of(one)))
    # Of two that are alike the first by name, so that it is not now this one and now that.
    most = max(sorted(found), key=lambda one: found[one], default="")
    return most or waba.company.default_country


def _came_from_an_ad(conversation: Conversation, *, now: datetime) -> bool:
    """By what Meta said of the messages before: it alone knows what began a conversation. All of
    them are asked, as where one window ends says where the next one begins."""
    told = StatusEvent.objects.filter(
        message__conversation=conversation, pricing__type="free_entry_point"
    )
    return in_free_entry_point(told.values_list("at", flat=True), now=now)
