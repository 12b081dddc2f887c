"""Files of messages: a row at once, then fetched, examined, stored, and erased when deleted."""
