"""What becomes of an accepted message: sent, delivered, read, or failed; each told by webhook."""

import hashlib
from heapq import heapify, heappop, heappush

from sandbox.errors import status_error
from sandbox.live import Live
from sandbox.pricing import price
from sandbox.reached import DAY
from sandbox.records import Json, Message, Phone
from sandbox.webhooks import Webhooks
from sandbox.world import World

SENT_AFTER = 0.05
DELIVERED_AFTER = 0.15


class Statuses:
    def __init__(self, world: World, webhooks: Webhooks, live: Live) -> None:
        self.world = world
        self.webhooks = webhooks
        self.live = live
        self._due: list[tuple[float, int, str, Message]] = []
        self._seq = 0
        self._resume()

    def _resume(self) -> None:
        now = self.world.clock.now()
        for message in self.world.messages.values():
            if message.outbound and message.status == "accepted":
                self.follow(message, now)
            elif message.outbound and message.status == "sent":
                self._try_delivery(message, now)

    def follow(self, message: Message, now: float) -> None:
        self._push(now + SENT_AFTER, "sent", message)

    def _push(self, due: float, status: str, message: Message) -> None:
        self._seq += 1
        heappush(self._due, (due, self._seq, status, message))
        if self._due[0][1] == self._seq:
            self.webhooks.wake.set()

    def step(self, now: float) -> float:
        """Does what is due; answers in how many seconds the next is."""
        due = self._due
        moved = False
        while due and due[0][0] <= now:
            at, _, status, message = heappop(due)
            self._become(message, status, at)
            moved = True
        if moved:
            self.live.changed()
        return max(0.0, due[0][0] - now) if due else 3600.0

    def _become(self, message: Message, status: str, at: float) -> None:
        phone = self.world.phones.get(message.number)
        if status == "sent" and message.error:
            status = "failed"
        if status == "delivered" and (phone is None or not phone.on):
            return  # tried again when the phone is switched on
        if status == "delivered" and phone is not None and phone.blocked:
            message.dropped = True
            self.world.save_message(message)
            return
        message.status = status
        self.world.save_message(message)
        self.tell(message, at)
        if status == "sent" and message.type == "reaction":
            self._react(message)
        elif status == "sent":
            self._try_delivery(message, at)

    def _react(self, message: Message) -> None:
        """A reaction shows on the message it is about; nothing more is told of it."""
        about = self.world.messages[message.content["message_id"]]
        about.company_reaction = message.content["emoji"]
        self.world.save_message(about)

    def let_go(self, message: Message, code: int) -> None:
        """Ends a hold for quality: the message goes out, or fails with `code`."""
        message.status = "accepted"
        if code:
            self.world.not_delivered(message, code)
        else:
            self.world.save_message(message)
        self.follow(message, self.world.clock.now())

    def _try_delivery(self, message: Message, at: float) -> None:
        phone = self.world.phones.get(message.number)
        if phone is None or message.dropped or message.type == "reaction":
            return
        if phone.blocked:
            message.dropped = True
            self.world.save_message(message)
        elif phone.on:
            self._push(at + DELIVERED_AFTER, "delivered", message)

    def switched_on(self, phone: Phone) -> None:
        now = self.world.clock.now()
        for _, messages in self.world.chats_of(phone):
            for message in messages:
                if message.outbound and message.status == "sent":
                    self._try_delivery(message, now)
        self.webhooks.wake.set()

    def read(self, phone: Phone, messages: list[Message]) -> int:
        """The person has seen these; the business hears of it unless receipts are off."""
        now = self.world.clock.now()
        seen = 0
        for message in messages:
            if not message.outbound or message.seen or message.status != "delivered":
                continue
            seen += 1
            message.seen = True
            if phone.read_receipts:
                message.status = "read"
                self.tell(message, now)
            self.world.save_message(message)
        if seen:
            self.live.changed()
            self.webhooks.wake.set()
        return seen

    def play(self, message: Message) -> bool:
        """A voice note is played for the first time; unlike reading it cannot be kept private."""
        voice = message.type == "audio" and message.content["voice"]
        if not message.outbound or not voice or message.status not in ("delivered", "read"):
            return False
        message.status, message.seen = "played", True
        self.world.save_message(message)
        self.tell(message, self.world.clock.now())
        self.live.changed()
        self.webhooks.wake.set()
        return True

    def tell(self, message: Message, at: float) -> None:
        world = self.world
        if world.settings.statuses == "off" or message.phone_id not in world.numbers:
            return
        business, _ = world.numbers[message.phone_id]
        phone = world.phones.get(message.number)
        body: Json = {"id": message.wamid, "status": message.status, "timestamp": str(int(at))}
        if phone is None:
            body["recipient_id"] = message.number.lstrip("+")
        else:
            if not message.by_user_id:
                body["recipient_id"] = phone.wa_id
            body["recipient_user_id"] = phone.user_id(business)
        if message.callback is not None:
            body["biz_opaque_callback_data"] = message.callback
        if message.status in ("sent", "delivered"):
            self._price(message, body, at)
        if message.error:
            body["errors"] = [status_error(message.error)]
        told_who = phone is not None and not message.error
        self.webhooks.tell(
            phone_id=message.phone_id,
            kind="statuses",
            body=body,
            contact=world.contact(phone, business, shown=not message.by_user_id)
            if told_who and phone
            else None,
            number=message.number,
            label=message.status,
            wamid=message.wamid,
        )

    def _price(self, message: Message, body: Json, at: float) -> None:
        ends = self.world.window_ends(message.number, message.phone_id)
        open_window = ends is not None and at < ends
        day = int(message.at // DAY)
        chat = f"{message.phone_id}{message.number}{message.category}{day}"
        body["conversation"] = {
            "id": hashlib.md5(chat.encode(), usedforsecurity=False).hexdigest(),
            "origin": {"type": message.category},
        }
        if message.status == "sent":
            until = ends if open_window and ends is not None else at + DAY
            body["conversation"]["expiration_timestamp"] = str(int(until))
        body["pricing"] = price(message.category, in_window=open_window, at=at)

    def shift(self, seconds: float) -> None:
        """Keeps what is under way due when the clock is set back."""
        self._due = [(at + seconds, seq, status, m) for at, seq, status, m in self._due]
        heapify(self._due)

    def clear(self) -> None:
        self._due.clear()
