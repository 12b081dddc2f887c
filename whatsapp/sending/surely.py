"""Writes that must not be lost while the database is away."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction

from ats.tenancy import all_companies
from whatsapp.models import Message
from whatsapp.sending.outgoing import Outgoing

logger = logging.getLogger(__name__)

# Seconds to go on trying while the database is away.
STORING = 120.0


def surely(write: Callable[[], None]) -> None:
    """Goes on until it is written: what Meta answered is known to nobody else."""
    deadline = time.monotonic() + STORING
    while True:
        try:
            write()
            return
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            logger.warning("send_answers_wait error=%s", type(error).__name__)
            connection.close()
            time.sleep(0.5)


def put_back(those: Sequence[Outgoing], until: datetime) -> None:
    """Certainly not at Meta: they go again at `until`, where they are still of their claim."""
    by_claim: dict[datetime, list[int]] = defaultdict(list)
    for one in those:
        by_claim[one.claim].append(one.message_id)

    def write() -> None:
        with all_companies(), transaction.atomic():
            for claim, ids in by_claim.items():
                Message.objects.put_back_all(ids, claim=claim, until=until)

    surely(write)
