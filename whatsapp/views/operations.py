"""The webhooks as ops see them: what waits, what stopped and why, and applying it again.

Only staff get here. What a person wrote stands on the pages of one item and of one delivery alone,
and who opens one leaves a line in the log.
"""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from whatsapp import access
from whatsapp.forms.operations import SelectionForm
from whatsapp.ids import whole_number
from whatsapp.models import EventState, ItemState, WebhookEvent, WebhookItem
from whatsapp.selectors import operations as selector
from whatsapp.selectors.webhook_selection import Selection, cause_of
from whatsapp.webhooks import replay

logger = logging.getLogger(__name__)

SHOWN_ITEMS = 100
SHOWN_BYTES = 100_000
NOTHING = "Nothing matches any more: somebody was quicker, or a worker was."
TOO_MANY = (
    f"More than {selector.COUNTED:,} match, too many for a page. Choose a shorter time, or run "
    "“manage.py whatsapp_replay” on the server, which takes them in batches."
)


@require_safe
@access.operator
def webhooks(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = SelectionForm(request.GET)
    health = selector.health(now=now)
    context = {
        "now": now,
        "health": health,
        "is_late": health.oldest_unapplied_seconds > settings.WHATSAPP["WEBHOOK_AGE_ALARM"],
        "received": selector.received_in_the_last_hour(now=now),
        "causes": selector.parked_by_cause(),
        "deliveries": selector.parked_deliveries() if health.parked_deliveries else [],
        "unclaimed": selector.unclaimed_by_number(now=now) if health.unclaimed else [],
        "unhandled": selector.unhandled_by_field() if health.unhandled else [],
        "counted": selector.COUNTED,
        "counted_in_an_hour": selector.COUNTED_IN_AN_HOUR,
        "check": selector.newest_check(),
        "retention_days": settings.WHATSAPP["WEBHOOK_RETENTION_DAYS"],
        "form": form,
    }
    if form.is_valid():
        context |= _list(request, form.selection())
    return render(request, "whatsapp/operations.html", context)


def _list(request: HttpRequest, selection: Selection) -> dict[str, Any]:
    before = whole_number(request.GET.get("before"))
    names = SelectionForm.base_fields
    chosen = {name: value for name, value in request.GET.items() if name in names}
    matching = selector.counted(selection.items())
    return {
        "page": selector.item_page(selection, before=before),
        "is_later_page": before is not None,
        "state": ItemState(selection.states[0]),
        "like": cause_of(selection.like) if selection.like else None,
        "matching": matching,
        "chosen": chosen,
        "back": urlencode(request.GET),
        "is_filtered": any(value for name, value in chosen.items() if name != "state"),
        "can_apply": matching and selection.states[0] in replay.STOPPED,
    }


@require_POST
@access.operator
def apply_selection(request: HttpRequest) -> HttpResponse:
    """Everything that matches: a cause, a time range, a field, an account."""
    form = SelectionForm(request.POST)
    if not form.is_valid() or form.cleaned_data["state"] not in replay.STOPPED:
        messages.error(request, "Say what to apply again: choose a state, then press the button.")
        return _back(request)
    selection = form.selection()
    if selector.counted(selection.items(), up_to=selector.COUNTED + 1) > selector.COUNTED:
        messages.error(request, TOO_MANY)
        return _back(request)
    done = replay.again(selection.items(), now=timezone.now())
    _note(request, done, **{name: value for name, value in form.cleaned_data.items() if value})
    return _back(request)


@require_POST
@access.operator
def apply_item(request: HttpRequest, item_id: int) -> HttpResponse:
    row = _item(item_id)
    done = replay.again(
        WebhookItem.objects.filter(pk=row.pk), now=timezone.now(), also_applied=True
    )
    _note(request, done, item=row.pk)
    return _back(request) if "back" in request.POST else redirect("whatsapp:webhook_item", row.pk)


@require_POST
@access.operator
def apply_delivery(request: HttpRequest, event_id: int) -> HttpResponse:
    """A parked delivery is split again; of any other the items that stopped are applied again."""
    row = _delivery(event_id)
    now = timezone.now()
    done = replay.split_again(WebhookEvent.objects.filter(pk=row.pk), now=now)
    done += replay.again(WebhookItem.objects.filter(event=row), now=now)
    _note(request, done, event=row.pk)
    return redirect("whatsapp:webhook_delivery", row.pk)


@require_safe
@access.operator
@never_cache
def item(request: HttpRequest, item_id: int) -> HttpResponse:
    row = _item(item_id)
    logger.info("webhook_item_opened by=%s item=%s", request.user.pk, row.pk)
    text = json.dumps(row.payload, indent=2, ensure_ascii=False, sort_keys=True)
    return render(request, "whatsapp/operations_item.html", {"item": row, "text": text})


@require_safe
@access.operator
@never_cache
def delivery(request: HttpRequest, event_id: int) -> HttpResponse:
    row = _delivery(event_id)
    logger.info("webhook_delivery_opened by=%s event=%s", request.user.pk, row.pk)
    items = list(row.items.order_by("pk").defer("payload")[: SHOWN_ITEMS + 1])
    body = bytes(row.body)
    context = {
        "delivery": row,
        "items": items[:SHOWN_ITEMS],
        "has_more": len(items) > SHOWN_ITEMS,
        "size": len(body),
        "text": body[:SHOWN_BYTES].decode(errors="replace"),
        "shown": SHOWN_BYTES,
        "can_apply": row.state == EventState.PARKED
        or row.items.filter(state__in=replay.STOPPED).exists(),
    }
    return render(request, "whatsapp/operations_delivery.html", context)


def _item(pk: int) -> WebhookItem:
    row = WebhookItem.objects.filter(pk=pk).first()
    if row is None:
        raise Http404("No such item.")
    return row


def _delivery(pk: int) -> WebhookEvent:
    row = WebhookEvent.objects.filter(pk=pk).first()
    if row is None:
        raise Http404("No such delivery.")
    return row


def _note(request: HttpRequest, done: int, **ids: object) -> None:
    """In the log who had what applied again, and on the next page that it was done."""
    # `repr`: a field's name was typed by somebody, and a line stays one line.
    words = " ".join(f"{name}={str(value)!r}" for name, value in ids.items())
    logger.info("webhooks_applied_again by=%s rows=%s %s", request.user.pk, done, words)
    if not done:
        messages.warning(request, NOTHING)
    elif done == 1:
        messages.success(request, "It is being applied again.")
    else:
        messages.success(request, f"{done:,} are being applied again.")


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was: `back` is its query, never an address."""
    query = request.POST.get("back", "")
    return redirect(f"{reverse('whatsapp:operations')}?{query}" if query else "whatsapp:operations")
