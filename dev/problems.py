"""The one error that the commands of this package end with: a line saying what, why, what to do."""


class Problem(Exception):
    """Printed as it is, without a traceback."""
