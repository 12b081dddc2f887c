"""Meta's errors: code, HTTP status and title as the Graph API gives them."""

from typing import Any

# code -> (HTTP status, title), from "Error codes" of the WhatsApp Business Platform documentation
# (crawl of 11 September 2026; the HTTP column from January 2026).
CODES: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "API Too Many Calls"),
    10: (403, "API Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    104: (401, "An access token is required to request this resource."),
    190: (401, "Invalid OAuth access token - Cannot parse access token"),
    191: (400, "Error validating verification code."),
    200: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    613: (400, "Calls to this api have exceeded the rate limit"),
    80007: (400, "Rate limit issues"),
    80008: (400, "There have been too many calls to this WhatsApp Business account."),
    130403: (400, "Recipient is blocked by the business"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (
        400,
        "WhatsApp provided number needs display name approval before message can be sent.",
    ),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement."),
    131050: (400, "User has stopped marketing messages from this business"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Business Account is in maintenance mode"),
    131059: (400, "Pagination cursor is invalid"),
    131062: (400, "Business-scoped user id cannot be used for this message"),
    131064: (400, "Utility template messages are limited for this account"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132007: (400, "Template format character policy violated"),
    132008: (400, "Template parameter value is not valid"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132018: (400, "There's an issue with the parameters in your template"),
    133004: (503, "Server temporarily unavailable"),
    133005: (400, "Two step verification PIN mismatch"),
    133006: (400, "Phone number re-verification needed"),
    133008: (400, "Too many two step verification PIN guesses"),
    133009: (400, "Two step verification PIN guessed too fast"),
    133010: (400, "Account not registered"),
    133015: (400, "Please wait a few minutes before attempting to register this phone number"),
    133016: (400, "Account register deregister rate limit exceeded"),
    135000: (400, "Generic user error"),
    136024: (400, "Request code error"),
    136025: (400, "Verify code error"),
}
# Platform errors of the Graph API itself carry no "(#code)" before their text.
BARE = frozenset({0, 104, 190, 191, 2500})


class GraphError(Exception):
    """Raised anywhere below a Graph call; becomes its answer."""

    def __init__(
        self,
        code: int,
        details: str = "",
        *,
        message: str = "",
        subcode: int = 0,
        http: int = 0,
        kind: str = "OAuthException",
        user: tuple[str, str] | None = None,
    ) -> None:
        """`user` is a title and a text that Meta means for people."""
        status, title = CODES.get(code, (400, "Unknown error"))
        self.code = code
        self.details = details
        self.title = title
        self.subcode = subcode
        self.http = http or status
        self.kind = kind
        self.user = user
        text = message or title
        prefixed = code in BARE or (code == 100 and bool(subcode)) or text.startswith("(#")
        self.message = text if prefixed else f"(#{code}) {text}"
        super().__init__(self.message)

    def body(self, trace: str) -> dict[str, Any]:
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.user:
            error["is_transient"] = False
            error["error_user_title"], error["error_user_msg"] = self.user
        error["fbtrace_id"] = trace
        return {"error": error}


def required(name: str) -> GraphError:
    return GraphError(100, message=f"The parameter {name} is required.")


def one_of(name: str, allowed: str, got: object) -> GraphError:
    return GraphError(100, message=f'Param {name} must be one of {{{allowed}}} - got "{got}".')


def too_long(name: str, most: int) -> GraphError:
    return GraphError(100, message=f"Param {name} must be at most {most} characters long.")


def no_such_object(object_id: str, method: str) -> GraphError:
    return GraphError(
        100,
        message=(
            f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist, "
            "cannot be loaded due to missing permissions, or does not support this operation. "
            "Please read the Graph API documentation at "
            "https://developers.facebook.com/docs/graph-api"
        ),
        subcode=33,
        kind="GraphMethodException",
    )


def unknown_path() -> GraphError:
    return GraphError(2500, message="Unknown path components: the path does not exist.", http=400)


HREF = (
    "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes"
)
DETAILS = {
    131051: "Message type is currently not supported.",
    131052: (
        "Failed to download the media from the sender. Media files over 100 MB cannot be "
        "downloaded."
    ),
    131026: "Message Undeliverable.",
    131047: (
        "Message failed to send because more than 24 hours have passed since the customer last "
        "replied to this number."
    ),
    131048: (
        "Message failed to send because there are restrictions on how many messages can be sent "
        "from this phone number. The messaging limit of the business portfolio is used up."
    ),
}


def status_error(code: int) -> dict[str, Any]:
    """The shape of an error inside a webhook's status."""
    title = CODES[code][1]
    details = DETAILS.get(code, title)
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": HREF,
    }
