"""What the words for a reason are made of."""

from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Who can mend it."""

    RECRUITER = "recruiter"
    ADMIN = "admin"  # the company's WhatsApp admin
    COMPANY_ADMIN = "company_admin"
    OPS = "ops"
    CANDIDATE = "candidate"


@dataclass(frozen=True)
class Sentence:
    """The words for a code; braces hold the reason's parameters."""

    title: str
    sentence: str
    remedy: str
    who: Who
    action: str | None = None  # a key for a button beside it
