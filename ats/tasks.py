"""Celery's entrances to the host."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from ats.actions.imports import delete_expired_imports
from ats.tenancy import all_companies


@shared_task(name="ats.forget_expired_imports")
def forget_expired_imports() -> None:
    """Uploaded files hold people's data: nobody's outlives its day by more than an hour."""
    with all_companies():
        delete_expired_imports(now=timezone.now())
