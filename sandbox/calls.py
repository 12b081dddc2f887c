"""Calls as the field `calls` tells them: what a phone does, and what becomes of a call to it."""

from typing import TYPE_CHECKING

from sandbox import ids
from sandbox.phones import Refused
from sandbox.records import Business, Json, Message, Number, Phone

if TYPE_CHECKING:
    from sandbox.core import Sandbox

STATUSES = ("RINGING", "ACCEPTED", "REJECTED")
ENDS = ("COMPLETED", "FAILED")
OUTCOMES = ("ringing", "missed", "completed", "failed")
# As in Meta's samples: one audio line, SHA-256, no candidates; CRLF between lines.
SDP = "\r\n".join(
    [
        "v=0",
        "o=- 7669997803033704573 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE audio",
        "a=msid-semantic: WMS",
        "a=ice-lite",
        "m=audio 3480 UDP/TLS/RTP/SAVPF 111 126",
        "c=IN IP4 127.0.0.1",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=ice-ufrag:S4nd",
        "a=ice-pwd:b0xb0xb0xb0xb0xb0xb0xb0x",
        "a=fingerprint:sha-256 " + ":".join(["5A"] * 32),
        "a=setup:actpass",
        "a=mid:audio",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;useinbandfec=1",
        "a=rtpmap:126 telephone-event/8000",
        "a=maxptime:20",
        "",
    ]
)


class Line:
    """Between one phone and one company number."""

    def __init__(self, sb: "Sandbox", phone: Phone, business: Business, number: Number) -> None:
        self.sb, self.phone, self.business, self.number = sb, phone, business, number

    def tell(self, **more: object) -> None:
        value: Json = {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": self.number.digits,
                "phone_number_id": self.number.id,
            },
            "contacts": [self.sb.world.contact(self.phone, self.business)],
        }
        value |= {k: v for k, v in more.items() if v}
        if self.business.subscribed:
            self.sb.webhooks.tell_field(
                self.business.waba_id, "calls", value, number=self.phone.number
            )

    def event(self, wacid: str, name: str, direction: str, at: float) -> Json:
        """One item of `calls`, from the one who calls to the one who is called."""
        user_id = self.phone.user_id(self.business)
        theirs = not self.phone.hides_number
        call: Json = {"id": wacid, "event": name, "timestamp": str(int(at)), "direction": direction}
        if direction == "USER_INITIATED":
            call |= {"to": self.number.digits, "from_user_id": user_id}
            call |= {"from": self.phone.wa_id} if theirs else {}
        else:
            call |= {"from": self.number.digits, "to_user_id": user_id}
            call |= {"to": self.phone.wa_id} if theirs else {}
        return call


def ring(sb: "Sandbox", line: Line, given: Json) -> str:
    """The person calls the company; with an outcome the call is over at once."""
    outcome = str(given.get("outcome", "ringing"))
    if outcome not in OUTCOMES:
        raise Refused(f"outcome is one of {', '.join(OUTCOMES)}.")
    duration = int(given.get("duration", 60)) if outcome == "completed" else 0
    began = sb.clock.now() - duration
    wacid = "wacid." + ids.wamid(line.phone.number).removeprefix("wamid.")
    content = {"outcome": outcome, "duration": duration, "direction": "USER_INITIATED"}
    call = Message(
        wacid, False, line.number.id, line.phone.number, "call", content, "delivered", began
    )
    sb.world.add_message(call)
    connect = line.event(wacid, "connect", "USER_INITIATED", began)
    connect["session"] = {"sdp_type": "offer", "sdp": str(given.get("sdp") or SDP)}
    line.tell(calls=[connect])
    if outcome != "ringing":
        status = "FAILED" if outcome == "failed" else "COMPLETED"
        end(sb, line, {"call_id": wacid, "duration": duration, "status": status} | _rest(given))
    sb.live.changed()
    return wacid


def _rest(given: Json) -> Json:
    return {k: given[k] for k in ("errors", "biz_opaque_callback_data") if k in given}


def connect(sb: "Sandbox", line: Line, given: Json) -> None:
    """The answer to a call that the company began."""
    call = line.event(given["call_id"], "connect", "BUSINESS_INITIATED", sb.clock.now())
    call["session"] = {"sdp_type": "answer", "sdp": str(given.get("sdp") or SDP)}
    line.tell(calls=[call | _callback(given)])


def status(sb: "Sandbox", line: Line, given: Json) -> None:
    """What the called phone does: it rings, is answered, or the call is declined."""
    name = str(given["status"]).upper()
    if name not in STATUSES:
        raise Refused(f"status is one of {', '.join(STATUSES)}.")
    told: Json = {
        "id": given["call_id"],
        "type": "call",
        "status": name,
        "timestamp": str(int(sb.clock.now())),
    }
    if not line.phone.hides_number:
        told["recipient_id"] = line.phone.wa_id
    told["recipient_user_id"] = line.phone.user_id(line.business)
    line.tell(statuses=[told | _callback(given)])


def end(sb: "Sandbox", line: Line, given: Json) -> None:
    """A call ends; only one that was picked up has times and a duration."""
    known = sb.world.messages.get(given["call_id"])
    direction = str(given.get("direction") or ("USER_INITIATED" if known else "BUSINESS_INITIATED"))
    result = str(given.get("status", "COMPLETED")).upper()
    if result not in ENDS:
        raise Refused(f"A call ends as {' or '.join(ENDS)}.")
    now = sb.clock.now()
    call = line.event(given["call_id"], "terminate", direction, now) | {"status": result}
    duration = int(given.get("duration") or 0)
    if duration:
        call |= {"start_time": str(int(now) - duration), "end_time": str(int(now))}
        call["duration"] = duration
    if known is not None:
        outcome = "failed" if result == "FAILED" else "completed" if duration else "missed"
        known.content |= {"outcome": outcome, "duration": duration}
        sb.world.save_message(known)
    line.tell(calls=[call | _callback(given)], errors=given.get("errors"))
    sb.live.changed()


def _callback(given: Json) -> Json:
    name = "biz_opaque_callback_data"
    return {name: str(given[name])} if given.get(name) else {}
