"""What happened in the host, for other applications to hear. Each is sent after the commit.

All carry ids, never rows, because the listener may run later than the next change:

candidate_created   company_id, candidate_id, by_id (None for an import by the system)
candidate_erased    company_id, candidate_id, by_id; the rows are gone when this arrives
stage_changed       company_id, candidate_id, application_id, old, new, by_id
interview_booked    company_id, candidate_id, application_id, interview_id, by_id

The company is active (`company_scope`) while the listeners run.
"""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from ats.tenancy import company_scope

candidate_created = Signal()
candidate_erased = Signal()
stage_changed = Signal()
interview_booked = Signal()


def send_after_commit(signal: Signal, *, company_id: int, **ids: Any) -> None:
    # Robust: a failing listener is logged, and undoes neither the commit nor the other listeners.
    transaction.on_commit(partial(_send, signal, company_id, ids), robust=True)


def _send(signal: Signal, company_id: int, ids: dict[str, Any]) -> None:
    with company_scope(company_id):
        signal.send_robust(sender=None, company_id=company_id, **ids)
