"""How a handler says that it could not apply an item. The message is the cause that ops read."""


class Unappliable(Exception):
    """It never can be."""


class NotYet(Exception):
    """It is about the message `wamid`, which is not known here yet."""

    def __init__(self, cause: str, *, wamid: str) -> None:
        super().__init__(cause)
        self.wamid = wamid


class Unclaimed(Exception):
    """Nobody here has the number or the WhatsApp Business Account; its owner may connect yet."""


class Unhandled(Exception):
    """Nothing in this version reads it: it is kept whole."""
