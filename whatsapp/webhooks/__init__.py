"""From Meta's POST to applied rows: receive (verify, store, 200), split, apply, handlers."""
