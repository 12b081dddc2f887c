"""The control API's part about the life of numbers: codes, who else holds one, verification."""

from typing import TYPE_CHECKING

from sandbox import ids
from sandbox.control_fields import number_of
from sandbox.numbers import code_verification
from sandbox.phones import Refused
from sandbox.records import Json

if TYPE_CHECKING:
    from sandbox.core import Sandbox


def code(sb: "Sandbox", given: Json) -> Json:
    """The code that was sent last; empty when none waits to be used."""
    _, number = number_of(sb, given)
    return {
        "phone_number_id": number.id,
        "code": number.code,
        "asked": len(number.codes),
        "code_verification_status": code_verification(number, sb.clock.now()),
    }


def outside(sb: "Sandbox", given: Json) -> Json:
    """What is true of a `number` in the world, before it is added or after."""
    digits = ids.digits_of(str(given.get("number") or ""))
    if not 7 <= len(digits) <= 15:
        raise Refused("Give number with its country code.")
    found = sb.world.outside_of(digits)
    for name in ("on_app", "elsewhere", "verified"):
        if name in given:
            setattr(found, name, bool(given[name]))
    if "deleted" in given:
        found.deleted_at = sb.clock.now() if given["deleted"] else 0.0
    sb.world.save_outside(found)
    if "verified" in given:
        _verify(sb, digits, verified=found.verified)
    return found.record()


def _verify(sb: "Sandbox", digits: str, *, verified: bool) -> None:
    for business, number in sb.world.numbers.values():
        if number.digits == digits:
            number.code_verification_status = "VERIFIED" if verified else "NOT_VERIFIED"
            number.verified_at = 0.0
            sb.world.save_business(business)


def official(sb: "Sandbox", given: Json) -> Json:
    """The badge of an official business account."""
    business, number = number_of(sb, given)
    number.official = bool(given.get("on", True))
    sb.world.save_business(business)
    return {"phone_number_id": number.id, "official": number.official}
