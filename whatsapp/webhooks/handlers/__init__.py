"""Which webhook field goes where: this table is the one place that routes.

A handler is `handle(item, *, now)`, runs inside the item's transaction with every company
reachable, and opens the scope of the company that it finds. To add one: a file here, a line below.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from whatsapp.models import WebhookItem
from whatsapp.webhooks.handlers import account, messages, statuses
from whatsapp.webhooks.outcomes import Unappliable


class Handler(Protocol):
    def __call__(self, item: WebhookItem, *, now: datetime) -> None: ...


HANDLERS: dict[str, Handler] = {
    "messages": messages.handle,
    "statuses": statuses.handle,
    # What Meta changed about numbers, templates and the account is read again as a whole.
    "account_update": account.handle,
    "message_template_components_update": account.handle,
    "message_template_quality_update": account.handle,
    "message_template_status_update": account.handle,
    "phone_number_name_update": account.handle,
    "phone_number_quality_update": account.handle,
    "template_category_update": account.handle,
}


def handler_for(kind: str) -> Handler:
    return HANDLERS.get(kind, _unknown)


def _unknown(item: WebhookItem, *, now: datetime) -> None:
    raise Unappliable(f"Nothing here handles the field “{item.kind}”.")
