"""Meta's counts of API calls: the headers that show them, and the refusals when used up."""

import json

from sandbox.errors import GraphError
from sandbox.records import Json

Headers = list[tuple[bytes, bytes]]
# "Rate limits", 11 September 2026: of a WABA, and of the app as a whole.
USED_UP_WABA, USED_UP_APP = 80007, 4
APP = ""


class Usage:
    """Shown on answers while set; by WABA id, or APP for the app's own header."""

    def __init__(self) -> None:
        self.shown: dict[str, Json] = {}
        self.refused: set[str] = set()

    def show(self, waba_id: str, entry: Json | None, *, refuse: bool) -> None:
        self.refused.discard(waba_id)
        if entry is None:
            self.shown.pop(waba_id, None)
            return
        self.shown[waba_id] = entry
        if refuse:
            self.refused.add(waba_id)

    def refusal(self, waba_id: str) -> GraphError | None:
        if waba_id and waba_id in self.refused:
            return GraphError(
                USED_UP_WABA,
                message="There have been too many calls to this WhatsApp Business account. Wait a "
                "bit and try again.",
            )
        if APP in self.refused:
            return GraphError(USED_UP_APP, message="Application request limit reached")
        return None

    def headers(self, waba_id: str) -> Headers:
        found: Headers = []
        if waba_id and waba_id in self.shown:
            text = json.dumps({waba_id: [self.shown[waba_id]]})
            found.append((b"x-business-use-case-usage", text.encode()))
        if APP in self.shown:
            found.append((b"x-app-usage", json.dumps(self.shown[APP]).encode()))
        return found

    def clear(self) -> None:
        self.shown.clear()
        self.refused.clear()
