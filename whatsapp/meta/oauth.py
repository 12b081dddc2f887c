"""Embedded Signup's server side: the dialog's address, the code's exchange, the token's proof."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from whatsapp.meta.client import GraphClient
from whatsapp.meta.errors import UnreadableAnswer
from whatsapp.meta.transport import Bearer, call, new_session
from whatsapp.meta.types import AccessToken, TokenInfo


def dialog_url(
    *,
    base_url: str,
    version: str,
    app_id: str,
    config_id: str,
    redirect_uri: str,
    state: str,
    extras: Mapping[str, Any] | None = None,
) -> str:
    """Where the browser goes to log in; `redirect_uri` must come back in exchange_code() as is."""
    query = {
        "client_id": app_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "config_id": config_id,
        "response_type": "code",
        "override_default_response_type": "true",
    }
    if extras is not None:
        query["extras"] = json.dumps(extras, separators=(",", ":"))
    return f"{base_url.rstrip('/')}/{version}/dialog/oauth?{urlencode(query)}"


class AppClient:
    """Calls in the name of our app."""

    def __init__(
        self,
        app_id: str,
        app_secret: str,
        *,
        base_url: str = "https://graph.facebook.com",
        version: str,
        session: requests.Session | None = None,
        timeouts: tuple[float, float] = (3.05, 20.0),
        retries: int = 2,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._app_id = app_id
        self._app_secret = app_secret
        self._url = f"{base_url.rstrip('/')}/{version}"
        self._session = session or new_session()
        self._timeouts = timeouts
        self._graph = GraphClient(
            f"{app_id}|{app_secret}",
            base_url=base_url,
            version=version,
            session=self._session,
            timeouts=timeouts,
            retries=retries,
            sleep=sleep,
        )

    def __repr__(self) -> str:
        return f"AppClient({self._app_id} at {self._url})"

    def exchange_code(self, code: str, *, redirect_uri: str | None = None) -> AccessToken:
        """The token for a code. A code works once and for 30 seconds, so nothing is repeated.

        `redirect_uri` is the dialog's, to the byte; None for codes of the JavaScript SDK, with
        which Meta wants none.
        """
        form = {"client_id": self._app_id, "client_secret": self._app_secret, "code": code}
        if redirect_uri is not None:
            form["redirect_uri"] = redirect_uri
        # POST: in a GET the app secret would stand in the address, which proxies and logs keep.
        data = call(
            self._session,
            "POST",
            f"{self._url}/oauth/access_token",
            auth=_NoAuth(),
            secrets=(self._app_secret, code),
            timeouts=self._timeouts,
            form=form,
        )
        token = AccessToken.from_json(data)
        if not token.token:
            raise UnreadableAnswer(
                -1, details="Meta exchanged the code and named no token", http_status=200
            )
        return token

    def debug_token(self, input_token: str) -> TokenInfo:
        """What a token is, whether it is our app's, and which WABAs it reaches."""
        return self._graph.debug_token(input_token)


class _NoAuth(Bearer):
    """No Authorization header, and none from netrc either."""

    def __init__(self) -> None:
        super().__init__("")

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
