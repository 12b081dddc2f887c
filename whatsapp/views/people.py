"""The person behind a request that passed the gate."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from ats.public import User


def signed_in(request: HttpRequest) -> User:
    """Typed: `access.member` has let the request through, so this is a user of a company."""
    return cast(User, request.user)
