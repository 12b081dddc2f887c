"""Moves messages to the threads of the people they are from or to, after people were regrouped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from whatsapp.inbox.conversations import conversation_between, recount
from whatsapp.models import Contact, Conversation, Message, MessageChange
from whatsapp.policy.persons import Node, Persons

_ROWS = (Message, MessageChange)


def bring_home(
    contact_ids: Collection[int], persons: Persons, owners: Mapping[Node, Contact]
) -> None:
    """Every message of these contacts' threads goes to its own person's thread with the same
    number of ours; a thread that is left empty says where its messages went."""
    rows = Conversation.objects.filter(contact__in=contact_ids).select_related("sender", "contact")
    threads = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    touched: dict[int, Conversation] = {}
    for thread in threads:
        homes = _homes(thread, persons, owners)
        stays = homes.pop(thread.contact_id, None)
        if not homes:
            continue
        touched[thread.pk] = thread
        for contact, ids in homes.values():
            home = conversation_between(thread.sender, contact, now=thread.created_at)
            home = touched.setdefault(home.pk, home)
            _begin(home, thread)
            for model in _ROWS:
                model.objects.filter(pk__in=ids[model]).update(conversation=home)
        _say_where(thread, is_empty=stays is None, homes=homes)
    for thread in touched.values():
        recount(thread)


Home = tuple[Contact, dict[type[Message] | type[MessageChange], list[int]]]


def _homes(
    thread: Conversation, persons: Persons, owners: Mapping[Node, Contact]
) -> dict[int, Home]:
    """The thread's rows by the contact whose they are."""
    homes: dict[int, Home] = {}
    for model, pk, node in _units(thread, persons):
        contact = owners.get(node, thread.contact)
        home = homes.setdefault(contact.pk, (contact, defaultdict(list)))
        home[1][model].append(pk)
    return homes


def _units(
    thread: Conversation, persons: Persons
) -> Iterator[tuple[type[Message] | type[MessageChange], int, Node]]:
    for model in _ROWS:
        rows = model.objects.filter(conversation=thread)
        for pk, wa_id, user_id, at in rows.values_list("pk", "wa_id", "user_id", "at"):
            yield model, pk, persons.person(wa_id=wa_id, user_id=user_id, at=at)


def _begin(home: Conversation, thread: Conversation) -> None:
    """A thread that held nothing, or whose messages had gone to `thread`, is a thread again. What
    was read there has been read."""
    if any(model.objects.filter(conversation=home).exists() for model in _ROWS):
        return
    home.moved_to, home.read_at = None, thread.read_at
    home.save(update_fields=["moved_to", "read_at"])


def _say_where(thread: Conversation, *, is_empty: bool, homes: Mapping[int, Home]) -> None:
    moved_to = None
    if is_empty:
        contact = next(iter(homes.values()))[0]
        moved_to = Conversation.objects.get(sender=thread.sender, contact=contact)
        Conversation.objects.filter(moved_to=thread).update(moved_to=moved_to)
    thread.moved_to = moved_to
    thread.save(update_fields=["moved_to"])
