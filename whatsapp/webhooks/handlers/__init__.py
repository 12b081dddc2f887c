"""Which webhook field goes where: this table is the one place that routes.

A handler is `handle(item, *, now)`, runs inside the item's transaction with every company
reachable, and opens the scope of the company that it finds. To add one: a file here, a line below.
A field that stands here nowhere is kept whole.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from whatsapp.connection.round_trip import FIELD
from whatsapp.models import WebhookItem
from whatsapp.webhooks.handlers import (
    account,
    alerts,
    calls,
    limits,
    messages,
    names,
    preferences,
    round_trip,
    standing,
    statuses,
    templates,
)
from whatsapp.webhooks.outcomes import Unhandled


class Handler(Protocol):
    def __call__(self, item: WebhookItem, *, now: datetime) -> None: ...


HANDLERS: dict[str, Handler] = {
    # Conversations.
    "messages": messages.handle,
    "statuses": statuses.handle,
    "calls": calls.handle,
    # What a person wants to get.
    "user_preferences": preferences.handle,
    # The messaging limit; the account is read again as well.
    "business_capability_update": limits.handle,
    "phone_number_quality_update": limits.handle,
    # What Meta decides of a template.
    "message_template_components_update": templates.handle,
    "message_template_quality_update": templates.handle,
    "message_template_status_update": templates.handle,
    "template_category_update": templates.handle,
    # What Meta changed about numbers and the account is read again as a whole.
    "phone_number_name_update": names.handle,
    "business_username_update": account.handle,
    "account_alerts": alerts.handle,
    "account_review_update": standing.handle_review,
    "account_settings_update": account.handle,
    "account_update": standing.handle,
    "security": alerts.handle_security,
    # Not Meta's: the test event of a login.
    FIELD: round_trip.handle,
}


def handler_for(kind: str) -> Handler:
    return HANDLERS.get(kind, _unknown)


def _unknown(item: WebhookItem, *, now: datetime) -> None:
    raise Unhandled(f"Nothing here reads the field “{item.kind}”.")
