"""The one way out: facts, policy, a row in the outbox, Meta, the outcome."""
