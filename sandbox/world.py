"""Everything that exists in the sandbox, in memory, with the indexes the calls need."""

from collections.abc import Iterator

from sandbox import ids
from sandbox.clock import Clock
from sandbox.journal import Journal
from sandbox.reached import DAY, Reached
from sandbox.records import (
    Business,
    Code,
    Delivery,
    Json,
    Left,
    Media,
    Message,
    Number,
    Outside,
    Phone,
    Template,
    Token,
    Update,
)
from sandbox.settings import Settings

# What comes from a person without being a new message: it opens no customer service window.
SILENT = frozenset({"system", "edit", "revoke"})


class World:
    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal = journal
        self.clock = clock
        self._empty()
        self._load()

    def _empty(self) -> None:
        self.settings = Settings()
        self.businesses: dict[str, Business] = {}
        self.wabas: dict[str, Business] = {}
        self.numbers: dict[str, tuple[Business, Number]] = {}
        self.outside: dict[str, Outside] = {}
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, Code] = {}
        self.phones: dict[str, Phone] = {}
        self.by_digits: dict[str, Phone] = {}
        self.left: dict[str, Left] = {}
        self.messages: dict[str, Message] = {}
        self.media: dict[str, Media] = {}
        self.chats: dict[tuple[str, str], list[Message]] = {}
        self.last_inbound: dict[tuple[str, str], float] = {}
        self.reached: dict[str, Reached] = {}  # by portfolio
        self.typing: dict[tuple[str, str], float] = {}
        self.updates: dict[int, Update] = {}
        self.deliveries: dict[int, Delivery] = {}
        self.last_id = 0

    def _load(self) -> None:
        for (kind, key), data in self.journal.load().items():
            match kind:
                case "settings":
                    self.settings = Settings(**data)
                    self.clock.offset = self.settings.clock_offset
                case "business":
                    self.index(Business.of(data))
                case "outside":
                    self.outside[str(key)] = Outside.of(data)
                case "token":
                    self.tokens[str(key)] = Token.of(data)
                case "code":
                    self.codes[str(key)] = Code.of(data)
                case "phone":
                    self._index_phone(Phone.of(data))
                case "left":
                    self.left[str(key)] = Left.of(data)
                case "message":
                    self._index_message(Message.of(data))
                case "media":
                    self.media[str(key)] = Media.of(data)
                case "update":
                    self.updates[int(key)] = Update.of(data)
                case "delivery":
                    self.deliveries[int(key)] = Delivery.of(data)
        self.last_id = max([0, *self.updates, *self.deliveries])

    def reset(self) -> None:
        self.journal.clear()
        self._empty()
        self.clock.offset = 0.0

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def save_settings(self) -> None:
        self.settings.clock_offset = self.clock.offset
        self.journal.put("settings", "settings", self.settings)

    # Businesses

    def index(self, business: Business) -> None:
        self.businesses[business.id] = business
        self.wabas[business.waba_id] = business
        for number in business.numbers.values():
            self.numbers[number.id] = (business, number)

    def save_business(self, business: Business) -> None:
        self.index(business)
        self.journal.put("business", business.id, business)

    def portfolio(self, business: Business) -> list[Business]:
        """Everything that shares one messaging limit, this business too."""
        found = [b for b in self.businesses.values() if b.portfolio_id == business.portfolio_id]
        return found if business in found else [*found, business]

    def portfolio_name(self, business: Business) -> str:
        owner = self.businesses.get(business.portfolio_id, business)
        return owner.name

    def join(self, business: Business, portfolio_id: str) -> None:
        """Moves a business under another portfolio, with whom it reached already."""
        business.portfolio = "" if portfolio_id == business.id else portfolio_id
        self.reached.clear()
        for message in self.messages.values():
            if message.initiated and message.phone_id in self.numbers:
                self.reached_by(self.numbers[message.phone_id][0]).add(message)

    def find_template(self, template_id: str) -> tuple[Business, Template] | None:
        for business in self.businesses.values():
            if template_id in business.templates:
                return business, business.templates[template_id]
        return None

    def number_named(self, text: str) -> tuple[Business, Number] | None:
        """By phone number id or by the number itself."""
        if text in self.numbers:
            return self.numbers[text]
        digits = ids.digits_of(text)
        for business, number in self.numbers.values():
            if number.digits == digits:
                return business, number
        return None

    def outside_of(self, digits: str) -> Outside:
        return self.outside.get(digits) or Outside(digits)

    def save_outside(self, outside: Outside) -> None:
        self.outside[outside.number] = outside
        self.journal.put("outside", outside.number, outside)

    # Tokens

    def save_token(self, token: Token) -> None:
        self.tokens[token.access_token] = token
        self.journal.put("token", token.access_token, token)

    def save_code(self, code: Code) -> None:
        self.codes[code.code] = code
        self.journal.put("code", code.code, code)

    # Phones

    def _index_phone(self, phone: Phone) -> None:
        self.phones[phone.number] = phone
        self.by_digits[phone.number.lstrip("+")] = phone
        self.by_digits[phone.wa_id] = phone

    def save_phone(self, phone: Phone) -> None:
        self._index_phone(phone)
        self.journal.put("phone", phone.number, phone)

    def turn(self, number: str) -> int:
        """How many people had this number before whoever takes it now."""
        return self.left[number].times if number in self.left else 0

    def change_number(self, phone: Phone, new: str) -> None:
        """Moves the phone with its chats to another number."""
        old = phone.number
        self.phones.pop(old)
        for digits in [d for d, there in self.by_digits.items() if there is phone]:
            del self.by_digits[digits]
        self.journal.drop("phone", old)
        left = self.left.setdefault(old, Left(old))
        left.times += 1
        self.journal.put("left", old, left)
        phone.number, phone.wa_id, phone.turn = new, new.lstrip("+"), self.turn(new)
        self.save_phone(phone)
        for chat in [chat for chat in self.chats if chat[0] == old]:
            moved = (new, chat[1])
            self.chats[moved] = self.chats.pop(chat)
            self.last_inbound[moved] = self.last_inbound.pop(chat, 0.0)
            for message in self.chats[moved]:
                message.number = new
                self.save_message(message)
        for reached in self.reached.values():
            reached.move(old, new)

    def phone_by_user_id(self, user_id: str, business: Business) -> Phone | None:
        for phone in self.phones.values():
            if phone.user_id(business) == user_id:
                return phone
        return None

    # Messages

    def _index_message(self, message: Message) -> None:
        self.messages[message.wamid] = message
        chat = (message.number, message.phone_id)
        self.chats.setdefault(chat, []).append(message)
        if not message.outbound and message.type not in SILENT:
            self.last_inbound[chat] = max(self.last_inbound.get(chat, 0.0), message.at)
        if message.initiated and message.phone_id in self.numbers:
            self.reached_by(self.numbers[message.phone_id][0]).add(message)

    def add_message(self, message: Message) -> None:
        self._index_message(message)
        self.journal.put("message", message.wamid, message)

    def save_message(self, message: Message) -> None:
        self.journal.put("message", message.wamid, message)

    def reached_by(self, business: Business) -> Reached:
        return self.reached.setdefault(business.portfolio_id, Reached())

    def not_delivered(self, message: Message, code: int) -> None:
        """Meta could not deliver it: it costs nothing and uses up no limit."""
        message.error = code
        if message.phone_id in self.numbers:
            self.reached_by(self.numbers[message.phone_id][0]).drop(message)
        self.save_message(message)

    def window_open(self, number: str, phone_id: str, now: float) -> bool:
        last = self.last_inbound.get((number, phone_id))
        return last is not None and now < last + DAY

    def window_ends(self, number: str, phone_id: str) -> float | None:
        last = self.last_inbound.get((number, phone_id))
        return None if last is None else last + DAY

    def chats_of(self, phone: Phone) -> Iterator[tuple[str, list[Message]]]:
        for (number, phone_id), messages in self.chats.items():
            if number == phone.number:
                yield phone_id, messages

    def contact(self, phone: Phone, business: Business, *, shown: bool = False) -> Json:
        """As a business sees the person; a hidden number is `shown` to who wrote to it."""
        profile: Json = {"name": phone.name}
        if phone.username:
            profile["username"] = phone.username
        contact: Json = {"profile": profile}
        if shown or not phone.hides_number:
            contact["wa_id"] = phone.wa_id
        contact["user_id"] = phone.user_id(business)
        return contact

    # Media

    def save_media(self, media: Media) -> None:
        self.media[media.id] = media
        self.journal.put("media", media.id, media)

    def drop_media(self, media: Media) -> None:
        self.media.pop(media.id, None)
        self.journal.drop("media", media.id)

    # What is on its way to the product

    def save_update(self, update: Update) -> None:
        self.updates[update.id] = update
        self.journal.put("update", update.id, update)

    def drop_update(self, update_id: int) -> None:
        if self.updates.pop(update_id, None) is not None:
            self.journal.drop("update", update_id)

    def save_delivery(self, delivery: Delivery) -> None:
        self.deliveries[delivery.id] = delivery
        self.journal.put("delivery", delivery.id, delivery)

    def drop_delivery(self, delivery: Delivery) -> None:
        self.deliveries.pop(delivery.id, None)
        self.journal.drop("delivery", delivery.id)
        for update_id in delivery.updates:
            self.drop_update(update_id)
