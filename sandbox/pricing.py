"""How Meta marks the price of a message in its webhooks, by date."""

from datetime import UTC, datetime

# From 1 October 2026 service messages, and utility templates inside the window, are charged too.
ALL_CHARGED_FROM = datetime(2026, 10, 1, tzinfo=UTC).timestamp()


def price(category: str, *, in_window: bool, at: float) -> dict[str, object]:
    free = at < ALL_CHARGED_FROM and (
        category == "service" or (category == "utility" and in_window)
    )
    return {
        "billable": not free,
        "pricing_model": "PMP",
        "type": "free_customer_service" if free else "regular",
        "category": category,
    }
