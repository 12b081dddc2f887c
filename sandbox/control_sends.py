"""The control API's part that keeps the exact moments of sends."""

from typing import TYPE_CHECKING

from sandbox.records import Json

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def keep(sb: "Sandbox", given: Json) -> Json:
    """Begins to note sends; switched off, what was noted is gone."""
    if given.get("on", True):
        sb.sends.on = True
    else:
        sb.sends.clear()
    return {"on": sb.sends.on, "mark": sb.sends.mark}


def show(sb: "Sandbox", given: Json) -> Json:
    return {"on": sb.sends.on} | sb.sends.since(int(given.get("since", 0)))
