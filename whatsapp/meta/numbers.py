"""The Graph API's calls about one company number: adding, verifying, registering, its profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, Self
from urllib.parse import quote

from whatsapp.meta.client import node_path
from whatsapp.meta.download import download
from whatsapp.meta.errors import UnreadableAnswer
from whatsapp.meta.reading import as_mappings, as_text, as_texts
from whatsapp.meta.transport import Nobody
from whatsapp.meta.uploads import UploadClient

PROFILE_FIELDS = "about,address,description,email,vertical,websites,profile_picture_url"


@dataclass(frozen=True)
class BusinessProfile:
    """What candidates see of a sender. `picture_url` lives for a short time only."""

    about: str = ""
    address: str = ""
    description: str = ""
    email: str = ""
    vertical: str = ""
    websites: tuple[str, ...] = ()
    picture_url: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            about=as_text(data.get("about")),
            address=as_text(data.get("address")),
            description=as_text(data.get("description")),
            email=as_text(data.get("email")),
            vertical=as_text(data.get("vertical")),
            websites=as_texts(data.get("websites")),
            picture_url=as_text(data.get("profile_picture_url")),
        )


class NumberClient(UploadClient):
    """As `UploadClient`, with what a person does to the company's numbers.

    None of the calls that change something is repeated: Meta counts them, and texts the owner of
    the number. AnswerLost then means that nobody knows whether it was done; reading the number
    tells.
    """

    def add_number(self, waba_id: str, *, cc: str, phone_number: str, verified_name: str) -> str:
        """Puts a number on a WABA; its id. `cc` is the country's calling code, `phone_number` what
        follows it, `verified_name` the display name that Meta reviews."""
        body = {"cc": cc, "phone_number": phone_number, "verified_name": verified_name}
        data = self._call("POST", node_path(waba_id, "phone_numbers"), json_body=body)
        number_id = as_text(data.get("id"))
        if not number_id:
            raise UnreadableAnswer(
                -1, details="Meta added a number and named no id", http_status=200
            )
        return number_id

    def ask_display_name(self, phone_number_id: str, name: str) -> None:
        """Has Meta review another display name; registering again then puts it into force."""
        query = {"new_display_name": name}
        data = self._call("POST", quote(phone_number_id, safe=""), params=query)
        _demand_success(data)

    def request_code(self, phone_number_id: str, *, method: str, language: str) -> None:
        """Has a code sent by `method` SMS or VOICE, in a `language` such as en_US."""
        query = {"code_method": method, "language": language}
        self._demand("request_code", phone_number_id, query)

    def verify_code(self, phone_number_id: str, code: str) -> None:
        # In the body: an address is what proxies keep.
        self._demand("verify_code", phone_number_id, {"code": code}, secrets=(code,))

    def deregister(self, phone_number_id: str) -> None:
        """Ends sending and receiving by the API; the number stays on its WABA."""
        self._demand("deregister", phone_number_id, {})

    def business_profile(self, phone_number_id: str) -> BusinessProfile:
        data = self._get(
            node_path(phone_number_id, "whatsapp_business_profile"), {"fields": PROFILE_FIELDS}
        )
        rows = list(as_mappings(data.get("data")))
        return BusinessProfile.from_json(rows[0] if rows else {})

    def save_business_profile(
        self, phone_number_id: str, changes: Mapping[str, str | list[str]]
    ) -> None:
        """`changes` by Meta's names of fields; what is not named stays as it is."""
        body = {"messaging_product": "whatsapp", **changes}
        self._demand("whatsapp_business_profile", phone_number_id, body)

    def picture(
        self, url: str, into: IO[bytes], *, hosts: frozenset[str], most: int, seconds: float
    ) -> None:
        """Writes the photo at a `picture_url` into `into`. Such an address is open to everybody,
        so no token goes along. Raises as `download` does."""
        download(
            self._session,
            url,
            into,
            auth=Nobody(),
            graph=self._base,
            hosts=hosts,
            timeouts=self._timeouts,
            most=most,
            seconds=seconds,
        )

    def _demand(
        self,
        edge: str,
        phone_number_id: str,
        body: Mapping[str, Any],
        *,
        secrets: tuple[str, ...] = (),
    ) -> None:
        path = node_path(phone_number_id, edge)
        data = self._call("POST", path, json_body=body, secrets=secrets)
        _demand_success(data)


def _demand_success(data: Mapping[str, Any]) -> None:
    if data.get("success") is not True:
        raise UnreadableAnswer(-1, details="Meta answered without success", http_status=200)
