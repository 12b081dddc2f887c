"""Codes and tokens: the exchange, the debug call, and whether a token still holds."""

import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox import ids
from sandbox.errors import GraphError, required
from sandbox.records import Business, Json, Token

if TYPE_CHECKING:
    from sandbox.core import Sandbox

CODE_LIVES = 30.0
MANAGEMENT, MESSAGING = "whatsapp_business_management", "whatsapp_business_messaging"
SCOPES = (MANAGEMENT, MESSAGING)
MESSAGING_EDGES = frozenset(
    {"messages", "media", "register", "deregister", "whatsapp_business_profile"}
)


def issue(
    sb: "Sandbox",
    business: Business,
    hidden: list[str],
    expires_in: int | None = None,
    others: list[Business] | None = None,
) -> Token:
    """`others` are WABAs of the same portfolio that are shared as well, with all their numbers."""
    now = sb.clock.now()
    # Newest first (Meta, `debug_token`).
    shared = sorted([business, *(others or [])], key=lambda one: one.created_at, reverse=True)
    token = Token(
        access_token=ids.access_token(),
        business_id=business.id,
        waba_ids=[one.waba_id for one in shared],
        issued_at=now,
        expires_at=now + expires_in if expires_in else 0.0,
        hidden_numbers=hidden,
    )
    sb.world.save_token(token)
    return token


def exchange(sb: "Sandbox", given: Json) -> Json:
    for name in ("client_id", "client_secret", "code"):
        if not given.get(name):
            raise GraphError(100, message=f"Missing {name} parameter.", http=400)
    if str(given["client_id"]) != sb.options.app_id:
        raise GraphError(
            101, message="Error validating application. Cannot get application info.", http=400
        )
    if not hmac.compare_digest(str(given["client_secret"]), sb.options.app_secret):
        raise GraphError(190, message="Error validating client secret.")
    code = sb.world.codes.get(str(given["code"]))
    if code is None:
        raise GraphError(100, message="Invalid verification code format.", subcode=36009)
    if code.used:
        raise GraphError(100, message="This authorization code has been used.", subcode=36009)
    if sb.clock.now() - code.issued_at >= CODE_LIVES:
        raise GraphError(100, message="This authorization code has expired.", subcode=36007)
    if given.get("redirect_uri") != code.redirect_uri:
        raise GraphError(
            191,
            message="Error validating verification code. Please make sure your redirect_uri is "
            "identical to the one you used in the OAuth dialog request",
        )
    code.used = True
    sb.world.save_code(code)
    expires_in = sb.world.settings.token_expires_in
    business = sb.world.businesses[code.business_id]
    others = [sb.world.businesses[one] for one in code.other_ids]
    token = issue(sb, business, code.hidden_numbers, expires_in or None, others)
    answer: Json = {"access_token": token.access_token, "token_type": "bearer"}
    if expires_in:
        answer["expires_in"] = expires_in
    return answer


def check(sb: "Sandbox", presented: str) -> Token:
    token = sb.world.tokens.get(presented)
    if token is None:
        if presented == f"{sb.options.app_id}|{sb.options.app_secret}":
            raise GraphError(200, message="Requires a user or system user access token.")
        raise GraphError(190)
    problem = _problem(sb, token)
    if problem is not None:
        raise problem
    return token


def _problem(sb: "Sandbox", token: Token) -> GraphError | None:
    if token.revoked:
        return GraphError(
            190,
            message="Error validating access token: The user has not authorized application "
            f"{sb.options.app_id}.",
            subcode=458,
        )
    if token.expires_at and sb.clock.now() >= token.expires_at:
        ended = datetime.fromtimestamp(token.expires_at, UTC).strftime("%A, %d-%b-%y %H:%M:%S UTC")
        return GraphError(
            190,
            message=f"Error validating access token: Session has expired on {ended}.",
            subcode=463,
        )
    return None


def scopes(token: Token) -> list[str]:
    return list(SCOPES) if token.scopes is None else token.scopes


def permit(token: Token, method: str, step: str) -> None:
    """Whether the token's permissions reach this call; `step` is the last of its path."""
    if token.scopes is None:
        return
    needed = MESSAGING if step in MESSAGING_EDGES else MANAGEMENT
    if needed not in token.scopes:
        raise GraphError(
            10,
            message="Application does not have permission for this action",
            http=403,
        )


def debug(sb: "Sandbox", presented: str, given: Json) -> Json:
    app_token = f"{sb.options.app_id}|{sb.options.app_secret}"
    if not presented:
        raise GraphError(104)
    if not hmac.compare_digest(presented.encode(), app_token.encode()):
        if presented.startswith(f"{sb.options.app_id}|") or "|" in presented:
            raise GraphError(190, message="Invalid OAuth access token signature.")
        check(sb, presented)
        raise GraphError(
            100,
            message="You must provide an app access token, or a user access token that is an "
            "owner or developer of the app",
        )
    wanted = given.get("input_token")
    if not wanted:
        raise required("input_token")
    token = sb.world.tokens.get(str(wanted))
    if token is None:
        error = {"code": 190, "message": "Invalid OAuth access token."}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    problem = _problem(sb, token)
    data: Json = {
        "app_id": sb.options.app_id,
        "type": "SYSTEM_USER",
        "application": "Sandbox app",
        "data_access_expires_at": 0,
        "expires_at": int(token.expires_at),
        "is_valid": problem is None,
        "issued_at": int(token.issued_at),
        "scopes": scopes(token),
        "granular_scopes": [{"scope": s, "target_ids": token.waba_ids} for s in scopes(token)],
        "user_id": ids.node_id("user", token.business_id),
    }
    if problem is not None:
        data["error"] = {
            "code": problem.code,
            "message": problem.message,
            "subcode": problem.subcode,
        }
    return {"data": data}
