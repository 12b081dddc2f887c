"""Tells a company's WhatsApp admins, and whoever asked for it, by e-mail: a row in the transaction
of what happened, sent by a drainer afterwards."""

from __future__ import annotations

import logging
import smtplib
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
from whatsapp.models import AdminNotice
from whatsapp.policy.notice_sentences import words_for
from whatsapp.policy.notices import TEMPLATE_NOTICES, NoticeKind

logger = logging.getLogger(__name__)

# Pauses between tries; after the last one it is on the page only.
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
    the sending and the note of it has it sent twice."""
    with all_companies(), transaction.atomic():
        notice = AdminNotice.objects.claim(now=now)
    if notice is None:
        return False
    with company_scope(notice.company_id):
        done: dict[str, Any] = {"next_try_at": None}
        try:
            _send(notice)
            done["sent_at"] = now
        except (smtplib.SMTPException, OSError) as error:
            logger.warning("notice_not_sent notice=%s error=%s", notice.pk, type(error).__name__)
            if notice.tries <= len(PAUSES):
                done["next_try_at"] = now + PAUSES[notice.tries - 1]
        AdminNotice.objects.filter(pk=notice.pk, tries=notice.tries).update(**done)
    return True


def _send(notice: AdminNotice) -> None:
    """To each by themselves: their addresses are nobody else's business."""
    company = Company.objects.get(pk=notice.company_id)
    told = words_for(notice.kind, notice.data)
    place = "templates" if notice.kind in TEMPLATE_NOTICES else "configuration"
    page = f"{settings.PUBLIC_URL}{reverse(f'whatsapp:{place}')}"
    who = Q(role=Role.WHATSAPP_ADMIN) | Q(pk=notice.also_id)
    for admin in company_users(company).filter(who).exclude(email=""):
        EmailMessage(
            subject=f"{company.name}: {told.title}",
            body=f"{told.text}\n\n{page}\n",
            to=[admin.email],
        ).send()
