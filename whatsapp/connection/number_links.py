"""The text of a sender's wa.me link: kept for each job, so that tomorrow's poster has it too."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ats.public import Job, User
from whatsapp import events
from whatsapp.models import Sender, SenderLink


def link_text(sender: Sender, job: Job | None) -> str:
    """The one that is kept, else a proposal."""
    kept = SenderLink.objects.filter(sender=sender, job=job).first()
    if kept is not None:
        return kept.text
    return f"Hello, I am interested in the job “{job.title}”." if job else ""


def keep_link_text(*, sender: Sender, job: Job | None, text: str, by: User, now: datetime) -> None:
    """Nothing happens where it is what would be shown anyway."""
    with transaction.atomic():
        before = link_text(sender, job)
        if before == text:
            return
        SenderLink.objects.update_or_create(sender=sender, job=job, defaults={"text": text})
        events.audit(
            actor=by,
            verb="number_link_kept",
            about=sender,
            now=now,
            before={"text": before},
            after={"text": text},
            job=job.title if job else "",
        )
