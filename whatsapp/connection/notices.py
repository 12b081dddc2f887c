"""Tells a company's WhatsApp admins, and whoever asked for it: a row in the transaction of what
happened. The page lists it, and a drainer sends it by e-mail afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from ats.public import Company, Role, User, company_users
from ats.tenancy import all_companies, company_scope
from whatsapp import jobs
from whatsapp.models import AdminNotice, NoticeProblem
from whatsapp.policy.notice_sentences import words_for
from whatsapp.policy.notices import TEMPLATE_NOTICES, NoticeKind

logger = logging.getLogger(__name__)

# Pauses between tries; after the last one it stands on the page only.
PAUSES = tuple(timedelta(seconds=s) for s in (30, 300, 1800, 7200))


def tell_admins(
    company_id: int, kind: NoticeKind, *, now: datetime, also: User | None = None, **data: str
) -> None:
    """Call it in the transaction of what it tells of. `data` are the parameters of its words,
    `also` is somebody who asked for what it is about."""
    words_for(kind, data)
    AdminNotice.objects.create(
        company_id=company_id, kind=kind, data=data, also=also, at=now, next_try_at=now
    )
    jobs.wake(jobs.TELL_ADMINS)


def drain(clock: Callable[[], datetime], go_on: Callable[[], bool] = lambda: True) -> bool:
    """Sends what is due, for as long as `go_on` says; whether nothing is left."""
    while go_on():
        if not send_next(now=clock()):
            return True
    return False


def send_next(*, now: datetime) -> bool:
    """Claims one, commits that, and sends it; whether there was one. A worker that dies between
    the sending of a letter and the note of it has that letter sent twice."""
    with all_companies(), transaction.atomic():
        notice = AdminNotice.objects.claim(now=now)
    if notice is None:
        return False
    with company_scope(notice.company_id):
        done = _send(notice, now=now)
        AdminNotice.objects.filter(pk=notice.pk, tries=notice.tries).update(**done)
    return True


def _send(notice: AdminNotice, *, now: datetime) -> dict[str, Any]:
    """What is to be noted: that it is sent, when it is tried again, or why it is not."""
    who = Q(role=Role.WHATSAPP_ADMIN) | Q(pk=notice.also_id)
    people = company_users(Company.objects.get(pk=notice.company_id)).exclude(email="")
    waiting = list(people.filter(who).exclude(pk__in=notice.sent_to))
    if not waiting and not notice.sent_to:
        return {"next_try_at": None, "problem": NoticeProblem.NOBODY}
    # A worker that dies of one leaves no other end to its tries.
    if notice.tries <= len(PAUSES) + 1:
        waiting = [admin for admin in waiting if not _letter_to(admin, notice)]
    if not waiting:
        return {"next_try_at": None, "sent_at": now}
    if notice.tries <= len(PAUSES):
        return {"next_try_at": now + PAUSES[notice.tries - 1]}
    return {"next_try_at": None, "problem": NoticeProblem.GIVEN_UP}


def _letter_to(admin: User, notice: AdminNotice) -> bool:
    """Whether it was taken. To each by themselves: their addresses are nobody else's business, and
    one that is refused keeps no other from its letter."""
    try:
        told = words_for(notice.kind, notice.data)
        place = "templates" if notice.kind in TEMPLATE_NOTICES else "configuration"
        page = f"{settings.PUBLIC_URL}{reverse(f'whatsapp:{place}')}"
        EmailMessage(
            # A subject is one line, whatever a name holds.
            subject=" ".join(f"{notice.company.name}: {told.title}".split()),
            body=f"{told.text}\n\n{page}\n",
            to=[admin.email],
        ).send()
    except Exception as error:
        # Whatever it is: tries are counted, and the others have their letters meanwhile.
        name = type(error).__name__
        logger.warning("notice_not_sent notice=%s user=%s error=%s", notice.pk, admin.pk, name)
        return False
    notice.sent_to.append(admin.pk)
    AdminNotice.objects.filter(pk=notice.pk).update(sent_to=notice.sent_to)
    return True
