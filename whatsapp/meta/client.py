"""The Graph API's calls, typed. One client per token; clients may share a session."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import requests

from whatsapp.meta.download import download
from whatsapp.meta.errors import (
    AnswerLost,
    GraphError,
    MetaError,
    NotSent,
    RateLimited,
    UnreadableAnswer,
)
from whatsapp.meta.multipart import Multipart, RestOfFile
from whatsapp.meta.payloads import read_receipt
from whatsapp.meta.reading import as_mapping, as_mappings, as_text
from whatsapp.meta.signatures import appsecret_proof
from whatsapp.meta.transport import Bearer, JsonPost, call, new_session
from whatsapp.meta.types import (
    Media,
    PhoneNumber,
    SendResult,
    SubscribedApp,
    Template,
    TokenInfo,
    Waba,
)

Answer = TypeVar("Answer")

STALE_CURSOR = 131059
MAX_PAGES = 200
PAGE_SIZE = "100"
WABA_FIELDS = (
    "id,name,currency,timezone_id,message_template_namespace,ownership_type,"
    "account_review_status,business_verification_status,country,owner_business_info,"
    "whatsapp_business_manager_messaging_limit,health_status"
)
PHONE_FIELDS = (
    "id,display_phone_number,verified_name,status,name_status,new_display_name,new_name_status,"
    "code_verification_status,"
    "quality_rating,throughput,platform_type,account_mode,"
    "whatsapp_business_manager_messaging_limit,is_official_business_account,is_on_biz_app,"
    "last_onboarded_time"
)
TEMPLATE_FIELDS = (
    "id,name,language,category,status,components,parameter_format,quality_score,"
    "rejected_reason,previous_category,correct_category,last_updated_time"
)


class GraphClient:
    """Calls in the name of one token, which appears in no repr, log line or exception text.

    Calls that are safe to repeat are tried again up to `retries` times after a transient error;
    a message never is. Threads may share a client; what it learns about an address is kept with
    it, so whoever sends many messages keeps the client.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str = "https://graph.facebook.com",
        version: str,
        app_secret: str | None = None,
        session: requests.Session | None = None,
        timeouts: tuple[float, float] = (3.05, 20.0),
        retries: int = 2,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._token = token
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._proof = appsecret_proof(app_secret, token) if app_secret else None
        self._secrets = (token, app_secret or "", self._proof or "", *token.split("|")[1:])
        self._session = session or new_session()
        self._timeouts = timeouts
        self._retries = retries
        self._sleep = sleep
        self._posts: dict[str, JsonPost] = {}

    def __repr__(self) -> str:
        return f"GraphClient({self._base})"

    def debug_token(self, input_token: str) -> TokenInfo:
        """What a token is; ours must be the app's own, "<app id>|<app secret>"."""
        data = self._get("debug_token", {"input_token": input_token}, secrets=(input_token,))
        return TokenInfo.from_json(as_mapping(data.get("data")))

    def waba(self, waba_id: str) -> Waba:
        """One WhatsApp Business Account."""
        return Waba.from_json(self._get_object(waba_id, WABA_FIELDS))

    def phone_numbers(self, waba_id: str) -> tuple[PhoneNumber, ...]:
        """Every number of a WABA."""
        rows = self._all(f"{_id(waba_id)}/phone_numbers", {"fields": PHONE_FIELDS})
        return tuple(PhoneNumber.from_json(row) for row in rows if row.get("id"))

    def phone_number(self, phone_number_id: str) -> PhoneNumber:
        """One number."""
        return PhoneNumber.from_json(self._get_object(phone_number_id, PHONE_FIELDS))

    def message_templates(self, waba_id: str) -> tuple[Template, ...]:
        """Every template of a WABA, in every language and status."""
        rows = self._all(f"{_id(waba_id)}/message_templates", {"fields": TEMPLATE_FIELDS})
        return tuple(Template.from_json(row) for row in rows if row.get("name"))

    def subscribe_app(self, waba_id: str) -> None:
        """Has the WABA's webhooks sent to our app; again does no harm."""
        path = f"{_id(waba_id)}/subscribed_apps"
        _demand_success(self._safely(lambda: self._call("POST", path)))

    def unsubscribe_app(self, waba_id: str) -> None:
        """Ends the WABA's webhooks to our app."""
        _demand_success(self._call("DELETE", f"{_id(waba_id)}/subscribed_apps"))

    def subscribed_apps(self, waba_id: str) -> tuple[SubscribedApp, ...]:
        """The apps that get the WABA's webhooks."""
        rows = self._all(f"{_id(waba_id)}/subscribed_apps", {})
        return tuple(SubscribedApp.from_json(row) for row in rows)

    def register_phone(self, phone_number_id: str, pin: str) -> None:
        """Makes a verified number able to send. Not repeated: Meta counts these calls (133016)."""
        body = {"messaging_product": "whatsapp", "pin": pin}
        path = f"{_id(phone_number_id)}/register"
        _demand_success(self._call("POST", path, json_body=body, secrets=(pin,)))

    def send_message(self, phone_number_id: str, payload: Mapping[str, Any]) -> SendResult:
        """Hands one message over, once.

        AnswerLost: nobody knows whether Meta took it, because there is no idempotency key; only
        the status webhook can tell. That goes for an unreadable 2xx or 5xx too: a proxy may have
        failed after Meta had the message. Every other error means that it was not taken.
        """
        try:
            data, usage = self._messages(phone_number_id)(payload)
            result = SendResult.from_json(data, usage)
        except GraphError as error:
            status = error.http_status or 0
            if error.code < 0 and (200 <= status < 300 or status >= 500):
                raise AnswerLost(
                    "Meta's answer to a message could not be read", http_status=status
                ) from error
            raise
        if not result.wamid:
            raise AnswerLost("Meta took a message and named no wamid", http_status=200)
        return result

    def mark_read(self, phone_number_id: str, wamid: str, *, typing: bool = False) -> None:
        """Shows an inbound message, and those before it, as read."""
        body = read_receipt(wamid, typing=typing)
        data, _ = self._safely(lambda: self._messages(phone_number_id)(body))
        _demand_success(data)

    def upload_media(
        self,
        phone_number_id: str,
        *,
        file: IO[bytes],
        mime_type: str,
        filename: str,
        seconds: float = 180.0,
    ) -> str:
        """Gives Meta a file and returns its id there, which lasts as `uploaded_media_life` says.

        Read while it is sent, and tried again from its beginning. Never AnswerLost: a file that
        Meta has twice does no harm, so that a lost answer is NotSent and may be tried again.
        """
        path = f"{_id(phone_number_id)}/media"

        def attempt() -> str:
            form = Multipart(
                {"messaging_product": "whatsapp", "type": mime_type},
                file=file,
                mime_type=mime_type,
                filename=filename,
                seconds=seconds,
            )
            return as_text(self._call("POST", path, form=form).get("id"))

        try:
            media_id = self._safely(attempt)
        except (AnswerLost, UnreadableAnswer) as error:
            raise NotSent(f"the file was not taken for certain: {error}") from error
        if not media_id:
            raise NotSent("Meta took a file and named no id")
        return media_id

    def media(self, media_id: str, phone_number_id: str) -> Media:
        """Where a file is to be had for the next minutes; `phone_number_id` is whose it is."""
        data = self._get(_id(media_id), {"phone_number_id": phone_number_id})
        media = Media.from_json(data)
        if not media.url:
            raise _wrong_shape("a file without an address")
        return media

    def download(
        self, url: str, into: IO[bytes], *, hosts: frozenset[str], most: int, seconds: float
    ) -> int:
        """Writes a file of Meta's into `into`, at most `most` bytes within `seconds`; how many.

        The token goes to the Graph's own origin and, over HTTPS, to `hosts`; never elsewhere. Not
        repeated here: an address that has expired has to be asked for anew.
        """
        return download(
            self._session,
            url,
            into,
            auth=Bearer(self._token),
            graph=self._base,
            hosts=hosts,
            timeouts=self._timeouts,
            most=most,
            seconds=seconds,
        )

    def _messages(self, phone_number_id: str) -> JsonPost:
        """The address of a sender's messages: the one that speed matters for."""
        post = self._posts.get(phone_number_id)
        if post is None:
            post = self._posts[phone_number_id] = JsonPost(
                self._session,
                f"{self._base}/{_id(phone_number_id)}/messages",
                auth=Bearer(self._token),
                secrets=self._secrets,
                timeouts=self._timeouts,
                params={"appsecret_proof": self._proof} if self._proof else {},
            )
        return post

    def _get(
        self, path: str, params: Mapping[str, str], *, secrets: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        return self._safely(lambda: self._call("GET", path, params=params, secrets=secrets))

    def _get_object(self, node_id: str, fields: str) -> dict[str, Any]:
        data = self._get(_id(node_id), {"fields": fields})
        if not as_text(data.get("id")):
            raise _wrong_shape("an object without an id")
        return data

    def _all(self, path: str, params: Mapping[str, str]) -> list[Mapping[str, Any]]:
        try:
            return list(self._pages(path, params))
        except GraphError as error:
            if error.code != STALE_CURSOR:
                raise
        return list(self._pages(path, params))

    def _pages(self, path: str, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        query = {**params, "limit": PAGE_SIZE}
        seen: set[tuple[tuple[str, str], ...]] = set()
        for _ in range(MAX_PAGES):
            data = self._get(path, query)
            if not isinstance(data.get("data"), list):
                raise _wrong_shape("a listing without data")
            yield from as_mappings(data["data"])
            more = _next_query(as_mapping(data.get("paging")))
            if more is None:
                return
            seen.add(tuple(sorted(query.items())))
            query = {**query, **more}
            if tuple(sorted(query.items())) in seen:
                raise _wrong_shape("pages that lead back to themselves")
        raise _wrong_shape(f"more than {MAX_PAGES} pages")

    def _safely(self, attempt: Callable[[], Answer]) -> Answer:
        for tried in range(self._retries):
            try:
                return attempt()
            except RateLimited:
                raise  # its wait is longer than a caller can sit through
            except MetaError as error:
                if not (error.transient or isinstance(error, AnswerLost)):
                    raise
            self._sleep(0.2 * 4**tried * random.uniform(0.5, 1.5))
        return attempt()

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json_body: Mapping[str, Any] | None = None,
        form: Multipart | None = None,
        rest: RestOfFile | None = None,
        auth: type[Bearer] = Bearer,
        secrets: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        query = dict(params or {})
        if self._proof:
            query["appsecret_proof"] = self._proof
        return call(
            self._session,
            method,
            f"{self._base}/{path}",
            auth=auth(self._token),
            secrets=(*self._secrets, *secrets),
            timeouts=self._timeouts,
            params=query,
            json_body=json_body,
            form=form,
            rest=rest,
        )


def _id(node_id: str) -> str:
    """An id as one segment of a path, whatever it holds."""
    if not node_id:
        raise ValueError("the id of a Graph object is empty")
    return quote(node_id, safe="")


def node_path(node_id: str, edge: str) -> str:
    """The path of an edge of an object."""
    return f"{_id(node_id)}/{edge}"


def _next_query(paging: Mapping[str, Any]) -> dict[str, str] | None:
    """The parameters of the next page.

    Only the parameters of Meta's `next` address are taken over and used on our own host and
    path, so that no answer can have the token sent elsewhere. Meta repeats the token in them.
    """
    address = as_text(paging.get("next"))
    if not address:
        return None
    try:
        pairs = parse_qsl(urlsplit(address).query)
    except ValueError:
        raise _wrong_shape("an unreadable address of the next page") from None
    query = {key: value for key, value in pairs if key not in ("access_token", "appsecret_proof")}
    cursor = as_text(as_mapping(paging.get("cursors")).get("after"))
    if cursor:
        query.setdefault("after", cursor)
    return query


def _demand_success(data: Mapping[str, Any]) -> None:
    if data.get("success") is not True:
        raise _wrong_shape("no success")


def _wrong_shape(what: str) -> UnreadableAnswer:
    return UnreadableAnswer(-1, details=f"Meta answered with {what}", http_status=200)
