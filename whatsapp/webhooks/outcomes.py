"""How a handler says that it could not apply an item."""


class Unappliable(Exception):
    """It never can be: the message is the cause that ops read."""


class NotYet(Exception):
    """What it refers to is not known here yet; the message is the cause, should it stay so."""
