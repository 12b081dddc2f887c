"""Whose failed sign-ins are counted together: one address, whatever its case and its form.

Named in the settings as `AXES_USERNAME_CALLABLE`. django-axes looks for the name of the user
model's field (`email`) in credentials that Django's own forms call `username`, finds nothing, and
would never lock anybody out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


def attempted_address(
    request: HttpRequest | None, credentials: Mapping[str, Any] | None = None
) -> str:
    given = credentials or (request.POST if request is not None else {})
    return str(given.get("username") or given.get("email") or "").strip().lower()
