"""What candidates see of a sender in WhatsApp: its business profile, read and changed at Meta."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from ats.public import User
from whatsapp import events
from whatsapp.connection.number_photo import follow_photo
from whatsapp.connection.number_refusals import asking
from whatsapp.models import Sender
from whatsapp.policy.numbers import Step


def read_profile(*, sender: Sender, now: datetime) -> dict[str, Any]:
    """As Meta has it now, kept for when Meta cannot be asked. Raises `NumberRefused`."""
    with asking(Step.PROFILE, sender.waba.connection, now=now, only_reads=True) as client:
        profile = asdict(client.business_profile(sender.phone_number_id))
        # Its address lives for a short time only, so the photo itself is kept.
        follow_photo(sender, client, profile.pop("picture_url"), now=now)
    profile["websites"] = list(profile["websites"])
    sender.profile, sender.profile_read_at = profile, now
    sender.save(update_fields=["profile", "profile_read_at"])
    return profile


def save_profile(
    *, sender: Sender, wanted: Mapping[str, Any], by: User, now: datetime
) -> list[str]:
    """Changes what differs from what was read last; the names of those fields. Raises
    `NumberRefused`."""
    before = {name: sender.profile.get(name) or type(value)() for name, value in wanted.items()}
    changes = {name: value for name, value in wanted.items() if value != before[name]}
    if not changes:
        return []
    with asking(Step.PROFILE, sender.waba.connection, now=now) as client:
        client.save_business_profile(sender.phone_number_id, changes)
    with transaction.atomic():
        row = Sender.objects.select_for_update().get(pk=sender.pk)
        row.profile = {**row.profile, **changes}
        row.save(update_fields=["profile"])
        events.audit(
            actor=by,
            verb="number_profile_changed",
            about=row,
            now=now,
            before={name: before[name] for name in changes},
            after=changes,
        )
    return sorted(changes)
