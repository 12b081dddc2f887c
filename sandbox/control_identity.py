"""The control API's part about people: numbers that change, wishes, calls."""

from typing import TYPE_CHECKING

from sandbox import calls as calling
from sandbox import identity, phones
from sandbox.control_fields import number_of
from sandbox.phones import Refused
from sandbox.records import Json, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def phone_of(sb: "Sandbox", number: str) -> Phone:
    phone = sb.world.by_digits.get(phones.e164(number).lstrip("+"))
    if phone is None:
        raise Refused(f"No phone {number}: create it with POST /_control/phones.")
    return phone


def change_number(sb: "Sandbox", given: Json) -> Json:
    phone = phone_of(sb, str(given["number"]))
    told = identity.change_number(sb, phone, str(given["new_number"]), str(given.get("only") or ""))
    return {"number": phone.number, "wamids": told}


def preferences(sb: "Sandbox", given: Json) -> Json:
    business, number = number_of(sb, {"number": given["to"]})
    phone = phone_of(sb, str(given["from"]))
    return {"value": identity.prefer(sb, phone, business, number, str(given.get("value")))}


def calls(sb: "Sandbox", given: Json) -> Json:
    """A call from the phone; with a call_id what becomes of that call, whoever began it."""
    known = sb.world.messages.get(str(given.get("call_id")))
    phone = phone_of(sb, known.number if known else str(given["from"]))
    business, number = number_of(sb, {"number": known.phone_id if known else given["to"]})
    line = calling.Line(sb, phone, business, number)
    if not given.get("call_id"):
        return {"call_id": calling.ring(sb, line, given)}
    event = given.get("event")
    if event == "terminate":
        calling.end(sb, line, given)
    elif event == "connect":
        calling.connect(sb, line, given)
    elif event is None and "status" in given:
        calling.status(sb, line, given)
    else:
        raise Refused("With a call_id give event (connect or terminate) or status.")
    return {"call_id": given["call_id"]}
