"""What a company calls its senders: the friendly name, and the three letters for lists."""

from __future__ import annotations

from whatsapp.models import Sender, Waba
from whatsapp.policy.numbers import propose_label


def taken_labels(*, but: Sender | None = None) -> set[str]:
    """Those of the active company, also of senders that are gone: their conversations show them."""
    rows = Sender.objects.exclude(label="")
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    return set(rows.values_list("label", flat=True))


def is_name_taken(name: str, *, but: Sender | None = None) -> bool:
    """Whether colleagues know another sender by this friendly name. One that is gone gives its name
    free: lists show it by its label."""
    rows = Sender.objects.filter(friendly_name__iexact=name, is_gone=False)
    return (rows.exclude(pk=but.pk) if but else rows).exists()


def give_labels(waba: Waba) -> None:
    """To senders that have none, in the order in which they came. Call it with the connection's
    row locked: labels are given once in a company."""
    taken = taken_labels()
    for sender in Sender.objects.filter(waba=waba, label="", is_gone=False).order_by("pk"):
        sender.label = propose_label(sender.name, taken)
        sender.save(update_fields=["label"])
        taken.add(sender.label)
