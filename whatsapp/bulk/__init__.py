"""A bulk run: whom, when, and what becomes of each row."""
