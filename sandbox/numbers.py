"""The life of a number: added to a WABA, verified by a code, registered, changed, deregistered.

Shapes and limits are those of "Phone numbers" (27 February 2026), "Registration" (4 November 2025),
"Two-step verification" (5 November 2025) and of the Graph API's reference, which names the codes of
each edge: 136024 of request_code, 136025 of verify_code, 133xxx of register. What Meta does not
publish (how long a code lives, how often one may be asked for) are figures of the sandbox's own.
"""

import re
import secrets
from typing import TYPE_CHECKING, NoReturn

import phonenumbers

from sandbox import ids
from sandbox.errors import GraphError, one_of, required
from sandbox.records import Business, Json, Number

if TYPE_CHECKING:
    from sandbox.core import Sandbox

CAP_UNVERIFIED = 2
CAP = 20
NAME_LEAST, NAME_MOST = 2, 75
REGISTRATIONS = 10
REGISTRATIONS_WITHIN = 72 * 3600
DELETED_WAIT = 5 * 60
VERIFIED_LIVES = 14 * 24 * 3600  # a number that was verified has so long to be registered
REGIONS = frozenset(
    ["AU", "ID", "IN", "JP", "SG", "KR", "DE", "CH", "GB", "BR", "BH", "ZA", "AE", "CA"]
)
# The sandbox's own figures.
CODE_LIVES = 10 * 60
CODE_EVERY = 60
CODES, CODES_WITHIN = 5, 3600
CODE_TRIES = 5
PIN_TRIES, PIN_TRIES_WITHIN = 5, 3600
LANGUAGE = re.compile(r"^[a-z]{2,3}(_[A-Z]{2})?$")
GONE = frozenset({"DELETED", "MIGRATED"})
# "Invalid parameter" carries a subcode, and a title and a text for people. 2388001 is seen for a
# number that some WhatsApp account still holds, 2388012 and 2388103 are listed in "Error codes";
# which of them Meta gives to a number at another WABA is not published.
HELD_BY_APP = 2388001
ALREADY_HERE = 2388012
HELD_ELSEWHERE = 2388103
WAIT_FOR_CODE = 2388091
TOO_MANY_TRIES = 2388093


def _invalid(subcode: int, title: str, text: str) -> GraphError:
    return GraphError(100, message="Invalid parameter", subcode=subcode, user=(title, text))


# Adding


def cap(business: Business) -> int:
    """How many numbers the portfolio may have."""
    grown = business.verified or business.tier not in ("TIER_50", "TIER_250", "TIER_1K")
    return CAP if grown else CAP_UNVERIFIED


def held(sb: "Sandbox", business: Business) -> int:
    """How many it has; one that was deregistered stays, for no call of the API deletes one."""
    everywhere = (n for b in sb.world.portfolio(business) for n in b.numbers.values())
    return sum(n.status not in GONE for n in everywhere)


def add(sb: "Sandbox", business: Business, given: Json) -> Json:
    for name in ("cc", "phone_number", "verified_name"):
        if not given.get(name):
            raise required(name)
    number = _parsed(str(given["cc"]), str(given["phone_number"]))
    digits = number.lstrip("+")
    name = " ".join(str(given["verified_name"]).split())
    _check_name(name, "verified_name")
    _free(sb, business, digits)
    most = cap(business)
    if held(sb, business) >= most:
        raise GraphError(
            100,
            message="Invalid parameter",
            user=(
                "Phone Number Limit Reached",
                f"This business can have up to {most} phone numbers. Verify the business or raise "
                "its messaging limit to add more.",
            ),
        )
    verified = sb.world.outside_of(digits).verified
    made = Number(
        id=ids.node_id("number", business.waba_id, digits),
        display_phone_number=ids.spoken(number),
        verified_name=name,
        registered=False,
        status="PENDING",
        quality_rating="UNKNOWN",
        code_verification_status="VERIFIED" if verified else "NOT_VERIFIED",
        name_status="PENDING_REVIEW",
    )
    business.numbers[made.id] = made
    sb.world.save_business(business)
    sb.live.changed()
    return {"id": made.id}


def _parsed(cc: str, national: str) -> str:
    """E.164; the national part may repeat the country code, as Meta allows."""
    code, digits = ids.digits_of(cc), ids.digits_of(national)
    whole = national.strip().startswith("+") and digits.startswith(code)
    text = f"+{digits}" if whole else f"+{code}{digits}"
    try:
        found = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        found = None
    if found is None or str(found.country_code) != code or not 7 <= len(digits) <= 15:
        raise GraphError(100, message="Param phone_number is not a valid phone number.")
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def _check_name(name: str, param: str) -> None:
    if not NAME_LEAST <= len(name) <= NAME_MOST:
        raise GraphError(
            100,
            message=f"Param {param} must have between {NAME_LEAST} and {NAME_MOST} characters.",
        )


def _free(sb: "Sandbox", business: Business, digits: str) -> None:
    """Nobody else holds the number: no WABA, and no app on a phone."""
    outside = sb.world.outside_of(digits)
    for owner, number in sb.world.numbers.values():
        if number.digits != digits or number.status in GONE:
            continue
        if owner.waba_id == business.waba_id:
            raise _invalid(
                ALREADY_HERE,
                "Phone Number Already Exists",
                "This phone number already belongs to this WhatsApp Business account.",
            )
        raise _elsewhere()
    if outside.elsewhere:
        raise _elsewhere()
    if outside.on_app:
        raise _on_app()


def _elsewhere() -> GraphError:
    return _invalid(
        HELD_ELSEWHERE,
        "Phone Number In Use",
        "This phone number belongs to another WhatsApp Business account. Migrate it from there, or "
        "remove it there first.",
    )


def _on_app() -> GraphError:
    return _invalid(
        HELD_BY_APP,
        "Cannot Create Certificate",
        "This number is registered to an existing WhatsApp account. To use this number, disconnect "
        "it from the existing account.",
    )


# Verifying


def code_verification(number: Number, now: float) -> str:
    """VERIFIED, NOT_VERIFIED, or EXPIRED for who waited too long before registering."""
    waited = now - number.verified_at if number.verified_at else 0.0
    if number.code_verification_status == "VERIFIED" and not number.registered:
        return "EXPIRED" if waited > VERIFIED_LIVES else "VERIFIED"
    return number.code_verification_status


def request_code(sb: "Sandbox", business: Business, number: Number, given: Json) -> Json:
    method = given.get("code_method")
    if not method:
        raise required("code_method")
    if method not in ("SMS", "VOICE"):
        raise one_of("code_method", '"SMS", "VOICE"', method)
    if not given.get("language"):
        raise required("language")
    if not LANGUAGE.match(str(given["language"])):
        raise GraphError(100, message="Param language must be a valid locale.")
    now = sb.clock.now()
    if code_verification(number, now) == "VERIFIED":
        _no_code("Already Verified", "This phone number is already verified.")
    number.codes = [at for at in number.codes if now - CODES_WITHIN < at <= now]
    if len(number.codes) >= CODES:
        _no_code(
            "Tried Too Many Times",
            "You requested too many codes. Wait an hour before you request another one.",
        )
    if number.codes and now < number.codes[-1] + CODE_EVERY:
        left = int(number.codes[-1] + CODE_EVERY - now) + 1
        _no_code(
            "Wait Before Requesting Another Code",
            f"Wait {left} seconds before you request another code.",
        )
    number.codes.append(now)
    number.code, number.code_at, number.code_tries = f"{secrets.randbelow(10**6):06}", now, 0
    sb.world.save_business(business)
    sb.live.changed()
    return {"success": True}


def _no_code(title: str, text: str) -> NoReturn:
    raise GraphError(136024, subcode=WAIT_FOR_CODE, user=(title, text))


def verify_code(sb: "Sandbox", business: Business, number: Number, given: Json) -> Json:
    code = ids.digits_of(str(given.get("code") or ""))
    if not code:
        raise required("code")
    now = sb.clock.now()
    if code_verification(number, now) == "VERIFIED":
        raise _not_verified("Already Verified", "This phone number is already verified.")
    if not number.code:
        raise _not_verified("Code Not Requested", "Request a verification code first.")
    if number.code_tries >= CODE_TRIES:
        raise _not_verified(
            "Tried Too Many Times",
            "You entered a wrong code too many times. Request a new code.",
            TOO_MANY_TRIES,
        )
    if now >= number.code_at + CODE_LIVES:
        raise _not_verified("Code Expired", "The verification code has expired. Request a new one.")
    if code != number.code:
        number.code_tries += 1
        sb.world.save_business(business)
        raise _not_verified("Incorrect Code", "The verification code you entered is incorrect.")
    number.code, number.code_tries, number.verified_at = "", 0, now
    number.code_verification_status = "VERIFIED"
    sb.world.save_business(business)
    sb.live.changed()
    return {"success": True}


def _not_verified(title: str, text: str, subcode: int = 0) -> GraphError:
    return GraphError(136025, subcode=subcode, user=(title, text))


# Registering


def register(sb: "Sandbox", business: Business, number: Number, given: Json) -> Json:
    if given.get("messaging_product") != "whatsapp":
        raise one_of("messaging_product", '"WHATSAPP"', given.get("messaging_product"))
    pin = _pin(given)
    region = given.get("data_localization_region")
    if region is not None and region not in REGIONS:
        raise GraphError(131009, "data_localization_region is not a country that stores data")
    now = sb.clock.now()
    _count_registration(sb, business, number, now)
    if number.status in GONE:
        raise GraphError(33, "The business phone number has been deleted")
    if not number.registered:
        _registrable(sb, business, number, pin, now)
        number.registered, number.pin, number.onboarded_at = True, pin, now
        number.pin_tries = []
        if number.status in ("PENDING", "UNVERIFIED", "DISCONNECTED"):
            number.status = "CONNECTED"
        if number.quality_rating == "UNKNOWN":
            number.quality_rating = "GREEN"
        _onboarded(sb, business, number)
    if number.new_name_status == "APPROVED":
        # An approved name comes into force with the next registration.
        number.verified_name, number.new_display_name = number.new_display_name, ""
        number.name_status, number.new_name_status = "APPROVED", "NONE"
    sb.world.save_business(business)
    sb.live.changed()
    return {"success": True}


def _onboarded(sb: "Sandbox", business: Business, number: Number) -> None:
    if business.subscribed:
        value = {"display_phone_number": number.digits, "event": "ONBOARDING"}
        value["max_daily_conversations_per_business"] = business.tier
        sb.webhooks.tell_field(business.waba_id, "phone_number_quality_update", value)


def _pin(given: Json) -> str:
    pin = given.get("pin")
    if pin is None:
        raise required("pin")
    if not isinstance(pin, str) or len(pin) != 6 or not (pin.isascii() and pin.isdecimal()):
        raise GraphError(131009, "pin must be a string of 6 digits")
    return pin


def _count_registration(sb: "Sandbox", business: Business, number: Number, now: float) -> None:
    number.registrations = [at for at in number.registrations if at > now - REGISTRATIONS_WITHIN]
    if len(number.registrations) >= REGISTRATIONS:
        raise GraphError(133016, "Registered or deregistered 10 times within 72 hours")
    number.registrations.append(now)
    sb.world.save_business(business)


def _registrable(sb: "Sandbox", business: Business, number: Number, pin: str, now: float) -> None:
    outside = sb.world.outside_of(number.digits)
    if outside.deleted_at and now < outside.deleted_at + DELETED_WAIT:
        raise GraphError(133015, "The phone number was deleted a moment ago: wait 5 minutes")
    if outside.on_app:
        raise _on_app()
    if outside.elsewhere:
        raise _elsewhere()
    if number.status == "BANNED" or business.banned:
        raise GraphError(131031, "The phone number is banned")
    if code_verification(number, now) != "VERIFIED":
        raise GraphError(133006, "The phone number must be verified by a code first")
    if not number.pin:
        return
    number.pin_tries = [at for at in number.pin_tries if at > now - PIN_TRIES_WITHIN]
    if len(number.pin_tries) >= PIN_TRIES:
        raise GraphError(133008, "Too many wrong PINs: wait an hour before the next try")
    if number.pin != pin:
        number.pin_tries.append(now)
        sb.world.save_business(business)
        raise GraphError(133005, "The two-step verification PIN is not the one set for this number")


def deregister(sb: "Sandbox", business: Business, number: Number) -> Json:
    """Leaves the number in the WABA, with its PIN; it can be registered again."""
    if not number.registered:
        raise GraphError(133010, "The phone number is not registered")
    _count_registration(sb, business, number, sb.clock.now())
    number.registered, number.status = False, "DISCONNECTED"
    sb.world.save_business(business)
    sb.live.changed()
    return {"success": True}


# Changing


def change(sb: "Sandbox", business: Business, number: Number, given: Json) -> Json:
    """POST on the number itself: another two-step PIN, or another display name for review."""
    if "pin" in given:
        pin = _pin(given)
        if not number.registered:
            raise GraphError(133010, "The phone number is not registered")
        number.pin = pin
        if business.subscribed:
            value = {"display_phone_number": number.digits, "event": "PIN_CHANGED"}
            value["requester"] = ids.node_id("user", business.id)
            sb.webhooks.tell_field(business.waba_id, "security", value)
    elif given.get("new_display_name"):
        name = " ".join(str(given["new_display_name"]).split())
        _check_name(name, "new_display_name")
        number.new_display_name, number.new_name_status = name, "PENDING_REVIEW"
    else:
        raise required("pin")
    sb.world.save_business(business)
    sb.live.changed()
    return {"success": True}
