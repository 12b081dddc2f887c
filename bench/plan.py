"""Seconds and peak memory of planning a run for 100,000 candidates chosen by a filter, everything
on; and how the time of one row at 100,000 compares with that at 10,000.

Each run is planned by a process of its own, as a worker plans it; sizes take turns.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
import uuid

from django.db import connection
from django.utils import timezone

from ats.tenancy import company_scope
from bench._load import line, median
from bench._stage import migrated
from tests.factories.ats import mobile_field
from tests.factories.whatsapp import World, make_world
from whatsapp.bulk import plan
from whatsapp.bulk.audience import filtered
from whatsapp.bulk.runs import create_run
from whatsapp.models import CompanySettings, RunRecipient

SECONDS, MEGABYTES = 15.0, 300
FLAT = 1.2
ROUNDS = 3
SIZES = (10_000, 100_000)
# Country codes of one region and of several, since those need a look at the number itself.
PREFIXES = ("+25471", "+39320", "+14152", "+44771")
DIGITS = (7, 7, 6, 7)


def main() -> None:
    migrated()
    worlds = {size: _company(size) for size in SIZES}
    seconds: dict[int, list[float]] = {size: [] for size in SIZES}
    memory = []
    for _ in range(ROUNDS):
        for size in SIZES:
            took, peak = _planned(worlds[size], size)
            seconds[size].append(took)
            if size == SIZES[-1]:
                memory.append(peak)
    raw = "; ".join(f"{size:,}: {_listed(seconds[size])} s" for size in SIZES)
    line("plan", f"{median(seconds[SIZES[-1]]):.1f} s", f"{SECONDS:.0f} s", raw)
    line("plan memory", f"{max(memory):.0f} MB", f"{MEGABYTES} MB", f"{_listed(memory)} MB")
    per_row = {size: median(seconds[size]) / size for size in SIZES}
    ratio = per_row[SIZES[-1]] / per_row[SIZES[0]]
    each = "; ".join(f"{size:,}: {per_row[size] * 1e6:.0f} µs a row" for size in SIZES)
    line("plan flat", f"{ratio:.2f}", f"{FLAT:.2f}", each)


def _listed(values: list[float]) -> str:
    return ", ".join(f"{one:.1f}" for one in values)


def _company(size: int) -> World:
    """With `size` candidates; one in fifty has no number, and one in fifty another's."""
    world = make_world(now=timezone.now())
    field = mobile_field(world.company)
    given = {"company": world.company.pk, "size": size, "field": field.pk}
    with company_scope(world.company):
        CompanySettings.objects.update(allowed_countries=["KE", "IT", "US", "GB"])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ats_candidate (company_id, first_name, last_name, email, search_name,"
            " language, timezone, created_at, updated_at)"
            " SELECT %(company)s, 'Person', n::text, '', 'person ' || n, '', '',"
            " now(), now() FROM generate_series(1, %(size)s) n",
            given,
        )
        cursor.execute(
            "INSERT INTO ats_candidatevalue (company_id, candidate_id, field_id, value)"
            " SELECT company_id, id, %(field)s, (%(prefixes)s::text[])[last_name::int %% 4 + 1]"
            " || lpad((last_name::int - 4 * (last_name::int %% 50 = 7)::int)::text,"
            "  (%(digits)s::int[])[last_name::int %% 4 + 1], '0')"
            " FROM ats_candidate WHERE company_id = %(company)s AND first_name = 'Person'"
            " AND last_name::int %% 50 <> 8",
            given | {"prefixes": list(PREFIXES), "digits": list(DIGITS)},
        )
        cursor.execute("VACUUM ANALYZE")
    return world


def _planned(world: World, size: int) -> tuple[float, float]:
    with company_scope(world.company):
        run = create_run(
            by=world.alice,
            client_id=uuid.uuid4(),
            sender=world.sender,
            template=world.template,
            values={"body.1": {"field": "first_name", "fallback": "there"}},
            audience=filtered(words="Person"),
            starts_at=None,
            now=timezone.now(),
        )
    said = subprocess.run(
        [sys.executable, "-m", "bench.plan", "worker"], capture_output=True, text=True, check=True
    )
    took, peak = said.stdout.split()
    with company_scope(world.company):
        rows = RunRecipient.objects.filter(run=run)
        if rows.count() != size or rows.filter(state="planned").count() < size * 0.9:
            raise SystemExit(f"{rows.count()} rows of {size} were written.")
    return float(took), float(peak)


def worker() -> None:
    began = time.perf_counter()
    plan.drain(timezone.now)
    took = time.perf_counter() - began
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    worker() if len(sys.argv) > 1 else main()
