"""How the webhooks do: the figures for monitors and ops, what stopped and why, and the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from whatsapp.models import EventState, ItemState, SendCheck, WebhookEvent, WebhookItem
from whatsapp.models.webhook import REOPENED
from whatsapp.selectors.webhook_selection import Selection

# Counting stops here, so that a question costs the same however much has piled up.
COUNTED = 10_000
# More of them come in an hour, and their index is read in one piece.
COUNTED_IN_AN_HOUR = 100_000
GROUPS = 50
PAGE = 50


@dataclass(frozen=True, slots=True)
class Health:
    """Counts of items by state, of deliveries not split (`new`) and those that never could be.

    The figures stop at `COUNTED`.
    """

    oldest_unapplied_seconds: int
    new: int
    waiting: int
    parked: int
    parked_deliveries: int
    unclaimed: int
    unhandled: int


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Newest first. `older` is where the next page begins, 0 where there is none."""

    rows: list[WebhookItem]
    older: int


def health(*, now: datetime) -> Health:
    deliveries, items = WebhookEvent.objects, WebhookItem.objects
    return Health(
        oldest_unapplied_seconds=oldest_unapplied(now=now),
        new=counted(deliveries.filter(state=EventState.NEW)),
        waiting=counted(items.filter(state=ItemState.WAITING)),
        parked=counted(items.filter(state=ItemState.PARKED)),
        parked_deliveries=counted(deliveries.filter(state=EventState.PARKED)),
        unclaimed=counted(items.filter(state=ItemState.UNCLAIMED)),
        unhandled=counted(items.filter(state=ItemState.UNHANDLED)),
    )


def counted(rows: QuerySet[Any], *, up_to: int = COUNTED) -> int:
    return rows.order_by().values("pk")[:up_to].count()


def oldest_unapplied(*, now: datetime) -> int:
    """Seconds since the oldest event came that is neither applied nor parked; 0 where all are.
    What waits for a message that is not ours to bring says nothing about how we do."""
    new = WebhookEvent.objects.filter(state=EventState.NEW)
    since = [
        # Each the head of an index. Those never tried are due in the order in which they came.
        new.order_by("next_try_at", "pk").values_list("received_at", flat=True).first(),
        new.filter(attempts__gt=0)
        .order_by("received_at")
        .values_list("received_at", flat=True)
        .first(),
        # Ids grow with the time of splitting.
        WebhookItem.objects.filter(state=ItemState.WAITING, awaits="")
        .order_by("pk")
        .values_list("created_at", flat=True)
        .first(),
    ]
    oldest = min((at for at in since if at is not None), default=now)
    return max(0, int((now - oldest).total_seconds()))


def newest_check() -> SendCheck | None:
    """What the nightly check of everything sent found last; None before the first."""
    return SendCheck.objects.order_by("-at").first()


def received_in_the_last_hour(*, now: datetime) -> int:
    rows = WebhookEvent.objects.filter(received_at__gte=now - timedelta(hours=1))
    return counted(rows, up_to=COUNTED_IN_AN_HOUR)


def parked_by_cause() -> list[dict[str, Any]]:
    return _groups(ItemState.PARKED, "kind", "cause")


def unclaimed_by_number(*, now: datetime) -> list[dict[str, Any]]:
    """`in_time`: how many are applied by themselves if their owner connects now, the last of them
    `until`."""
    in_time = Count("pk", filter=Q(created_at__gte=now - REOPENED))
    groups = _groups(ItemState.UNCLAIMED, "waba_id", "phone_number_id", in_time=in_time)
    for group in groups:
        group["account"] = group["phone_number_id"] or group["waba_id"]
        group["until"] = group["last"] + REOPENED
    return groups


def unhandled_by_field() -> list[dict[str, Any]]:
    return _groups(ItemState.UNHANDLED, "kind")


def _groups(state: ItemState, *by: str, **more: Count) -> list[dict[str, Any]]:
    """The largest groups among the newest `COUNTED` items: how many (`items`), the `first` and the
    `last` of them, and an item that stands for the group (`like`)."""
    newest = WebhookItem.objects.filter(state=state).order_by("-pk").values("pk")[:COUNTED]
    rows: QuerySet[Any, Any] = WebhookItem.objects.filter(pk__in=newest).values(*by)
    groups = rows.annotate(
        items=Count("pk"),
        first=Min("created_at"),
        last=Max("created_at"),
        like=Min("pk"),
        **more,
    )
    return list(groups.order_by("-items", *by)[:GROUPS])


def parked_deliveries() -> list[WebhookEvent]:
    rows = WebhookEvent.objects.filter(state=EventState.PARKED).defer("body")
    return list(rows.order_by("-pk")[:PAGE])


def item_page(selection: Selection, *, before: int | None) -> ItemPage:
    rows = selection.items().order_by("-pk").defer("payload")
    if before:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PAGE + 1])
    return ItemPage(rows=page[:PAGE], older=page[PAGE - 1].pk if len(page) > PAGE else 0)
