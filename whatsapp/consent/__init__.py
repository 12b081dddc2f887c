"""Why the company may write to somebody: recorded with its evidence, taken back at once."""
