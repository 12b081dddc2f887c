"""What can go wrong when we talk to Meta.

MetaError                  everything below; `transient` says whether trying again may help
├── GraphError             Meta answered, and the answer is an error
│   ├── AuthError          the token is missing, expired or revoked            0 104 190
│   ├── PermissionError_   the token may not do this                           3 10 200-299 131005
│   ├── RateLimited        too fast or too often; `retry_after` if known       4 80007 130429 131056
│   ├── TemplateError      the template cannot be sent as it stands            132001 132015 …
│   ├── WindowClosed       free-form text outside the window                   131047
│   ├── RecipientError     this person cannot be reached                       131026 131021 130403
│   ├── MarketingRefused   this person gets no marketing now                   131049 131050 130472
│   ├── AccountError       the WABA or the number is locked, unpaid, gone      368 131031 131042 …
│   ├── ParameterError     our request is wrong                                100 131008 132000 …
│   ├── Unavailable        Meta is down or does not know                       1 2 131000 5xx
│   └── UnreadableAnswer   not JSON, too long, or not the promised shape
├── DownloadError          the address of a file did not give the file
│   ├── UrlExpired         it lives for minutes: ask for the file's address again
│   ├── TooLarge           more bytes than we take
│   └── ForeignHost        the address is not Meta's: the token does not go there
└── TransportError         no answer that could be read
    ├── NotSent            the request never left: safe to try again
    └── AnswerLost         it left, the outcome is unknown: never send again by itself

Which code is of which class, and the words for people, are data in figures/error_codes/.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from whatsapp.figures.errors import Verdict, error_entry


class Who(StrEnum):
    """Who can do something about it."""

    RECRUITER = "recruiter"
    ADMIN = "admin"
    PLATFORM = "platform"


class MetaError(Exception):
    """Root of everything that this library raises."""

    transient: bool = False


class DownloadError(MetaError):
    """The address of a file did not give the file; the text does not hold it."""


class UrlExpired(DownloadError):
    """The address is too old, or was never one: the file may have another by now."""

    transient = True


class TooLarge(DownloadError):
    """More bytes than we take, by what was announced or by what arrived."""


class ForeignHost(DownloadError):
    """The address does not lead to Meta, so neither request nor token is sent."""


class TransportError(MetaError):
    """No answer that could be read; the text holds no address, token or number."""

    transient = True


class NotSent(TransportError):
    """The connection was never made, so Meta has seen nothing."""


class AnswerLost(TransportError):
    """The request left and no readable answer came back: done or not done, nobody knows."""

    transient = False

    def __init__(self, text: str, *, http_status: int | None = None) -> None:
        super().__init__(text)
        self.http_status = http_status


class GraphError(MetaError):
    """Meta's answer is an error. `str()` is safe to log; `message` and `details` are not."""

    def __init__(
        self,
        code: int,
        *,
        subcode: int | None = None,
        title: str = "",
        message: str = "",
        details: str = "",
        fbtrace_id: str = "",
        http_status: int | None = None,
        transient: bool = False,
        verdict: Verdict = Verdict.PLATFORM,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.subcode = subcode
        self.title = title
        self.message = message
        self.details = details
        self.fbtrace_id = fbtrace_id
        self.http_status = http_status
        self.transient = transient
        self.verdict = verdict

    def __str__(self) -> str:
        # Meta's own text may repeat a token or a phone number, so it stays out of logs.
        parts = [f"{type(self).__name__} code={self.code}"]
        if self.subcode is not None:
            parts.append(f"subcode={self.subcode}")
        if self.http_status is not None:
            parts.append(f"http={self.http_status}")
        if self.fbtrace_id:
            parts.append(f"fbtrace={self.fbtrace_id}")
        return " ".join(parts)

    __repr__ = __str__

    @property
    def explanation(self) -> "Explanation":
        """The words for people."""
        return explain(self.code, self.details)


class AuthError(GraphError):
    """The token is missing, expired or revoked."""


class PermissionError_(GraphError):
    """The token is good but may not do this; underscored because Python has a PermissionError."""


class RateLimited(GraphError):
    """Too fast or too often; `retry_after` in seconds where Meta said it."""

    retry_after: float | None = None


class TemplateError(GraphError):
    """The template cannot be sent as it stands."""


class WindowClosed(GraphError):
    """Free-form content outside the customer service window."""


class RecipientError(GraphError):
    """This person cannot be reached."""


class MarketingRefused(GraphError):
    """This person gets no marketing message now; other messages may still go."""


class AccountError(GraphError):
    """The WABA or the number is locked, restricted, unpaid, unregistered or gone."""


class ParameterError(GraphError):
    """Our request is wrong."""


class Unavailable(GraphError):
    """Meta is down, busy or does not know what happened."""


class UnreadableAnswer(GraphError):
    """Not JSON, too long, or not the shape that the documentation promises."""


CLASS_OF_KIND: Mapping[str, type[GraphError]] = {
    "auth": AuthError,
    "permission": PermissionError_,
    "rate_limited": RateLimited,
    "template": TemplateError,
    "window_closed": WindowClosed,
    "recipient": RecipientError,
    "marketing_refused": MarketingRefused,
    "account": AccountError,
    "parameter": ParameterError,
    "unavailable": Unavailable,
    "other": GraphError,
}


def graph_error(
    code: int,
    *,
    subcode: int | None = None,
    title: str = "",
    message: str = "",
    details: str = "",
    fbtrace_id: str = "",
    http_status: int | None = None,
    retry_after: float | None = None,
) -> GraphError:
    """The right class for a code; an unknown one is judged by its HTTP status alone."""
    details = details or message
    entry = error_entry(code, details)
    if entry is not None:
        cls, verdict = CLASS_OF_KIND[entry.kind], entry.verdict
    else:
        cls, verdict = _unknown(http_status)
    error = cls(
        code,
        subcode=subcode,
        title=title or (entry.title if entry else ""),
        message=message,
        details=details,
        fbtrace_id=fbtrace_id,
        http_status=http_status,
        # Other waits last hours or end by a webhook; trying again meanwhile only does harm.
        transient=verdict is Verdict.RETRY or issubclass(cls, RateLimited),
        verdict=verdict,
    )
    if isinstance(error, RateLimited):
        error.retry_after = retry_after
    return error


def _unknown(http_status: int | None) -> tuple[type[GraphError], Verdict]:
    if http_status == 401:
        return AuthError, Verdict.STOP_ACCOUNT
    if http_status == 429:
        return RateLimited, Verdict.WAIT
    if http_status is not None and http_status >= 500:
        return Unavailable, Verdict.RETRY
    return GraphError, Verdict.PLATFORM


def from_webhook(item: Mapping[str, Any]) -> GraphError:
    """The error of one item of `errors[]` in a status, a message or a change."""
    data = item.get("error_data")
    details = data.get("details") if isinstance(data, Mapping) else None
    return graph_error(
        as_code(item.get("code")),
        title=_text(item.get("title")),
        message=_text(item.get("message")),
        details=_text(details),
    )


def as_code(value: object) -> int:
    """Meta's code as a number; -1, which Meta does not use, where it sent none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return -1
    try:
        return int(value)
    except ValueError:
        return -1


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class Explanation:
    """What happened and why, what to do, and who can do it."""

    title: str
    sentence: str
    action: str
    who: Who


def explain(code: int, details: str = "") -> Explanation:
    """The words for people, whatever the code. Meta's own text is not among them."""
    entry = error_entry(code, details)
    if entry is None:
        return Explanation(
            title="WhatsApp refused this",
            sentence="Meta answered with an error that we do not know yet"
            + (f" (code {code})." if code >= 0 else "."),
            action="Try again once. If it comes back, pass the code on to your support.",
            who=Who.PLATFORM,
        )
    return Explanation(entry.title, entry.sentence, entry.action, Who(entry.who))
