"""A mail server that refuses one address."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend

REFUSED = "gone@example.com"


class Picky(EmailBackend):
    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        if any(REFUSED in one.to for one in messages):
            raise smtplib.SMTPRecipientsRefused({REFUSED: (550, b"No such user")})
        return super().send_messages(messages)
