"""`make soak [ARGS=…]`: the tests that are never long enough, at their full length.

Each figure can be set in the environment; pytest's options go after the command.
"""

from __future__ import annotations

import os

from dev import suite

FIGURES = {
    # Stories told badly, each compared with the same story in order, and the longest of them.
    "ORACLE_EXAMPLES": "300",
    "ORACLE_LONGEST": "200",
    # Histories of a limit, each compared with a simple model of it.
    "LEDGER_EXAMPLES": "1000",
    # Real processes: events of a story, and workers killed meanwhile.
    "FAULT_EVENTS": "20000",
    "FAULT_KILLS": "20",
    # People of a bulk run while senders, Redis and PostgreSQL die and Meta misbehaves.
    "FAULT_RECIPIENTS": "10000",
    # Spoiled deliveries, in process and through a real endpoint and worker.
    "FUZZ_PAYLOADS": "20000",
    "FUZZ_WORKER_PAYLOADS": "2000",
}
TESTS = (
    "tests/whatsapp/webhooks/test_oracle.py",
    "tests/whatsapp/webhooks/test_fuzz.py",
    "tests/whatsapp/sending/test_ledger_model.py",
    "tests/faults/test_fuzzed_worker.py",
    "tests/faults/test_ingest_faults.py",
    "tests/faults/test_send_faults.py",
)


def main(arguments: list[str]) -> int:
    for name, value in FIGURES.items():
        os.environ.setdefault(name, value)
    print("Soaking with", ", ".join(f"{name}={os.environ[name]}" for name in FIGURES), flush=True)
    # One after the other, so that the clocks and the memory they report are their own.
    shown = ["-n", "0", "-rP", "--show-capture=stdout", "--durations=0", "--durations-min=5"]
    given = [one for one in arguments if one.startswith("tests/")] or list(TESTS)
    options = [one for one in arguments if not one.startswith("tests/")]
    return suite.main([*shown, *options, *given])
