"""What a newcomer finds: a business at the sandbox's Meta, phones for the demo candidates."""

from __future__ import annotations

import time
from typing import Any

import requests

from dev.problems import Problem

PHONES = {
    "+254722555014": "Amina Njoroge",
    "+393205550142": "Luca Bernardi",
    "+254733555190": "Daniel Kiptoo",
    "+5511955550121": "Maria dos Santos",
    "+254711555082": "Somebody new",
}


def body(text: str, example: list[str]) -> dict[str, Any]:
    return {"type": "BODY", "text": text, "example": {"body_text": [example]}}


def replies(*labels: str) -> dict[str, Any]:
    return {
        "type": "BUTTONS",
        "buttons": [{"type": "QUICK_REPLY", "text": label} for label in labels],
    }


FOOTER = {"type": "FOOTER", "text": "Caravella Hotels · reply STOP to end"}

TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "interview_invitation",
        "language": "en",
        "category": "UTILITY",
        "status": "APPROVED",
        "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Your application"},
            body(
                "Hello {{1}}, thank you for applying as {{2}}. We would like to meet you. "
                "When would an interview suit you?",
                ["Amina", "Guest Relations Agent"],
            ),
            FOOTER,
            replies("This week", "Next week", "Not any more"),
        ],
    },
    {
        "name": "interview_reminder",
        "language": "en",
        "category": "UTILITY",
        "status": "APPROVED",
        "parameter_format": "NAMED",
        "components": [
            {
                "type": "BODY",
                "text": "Hello {{first_name}}, a reminder of your interview for {{job}} on "
                "{{date}} at {{place}}. See you there!",
                "example": {
                    "body_text_named_params": [
                        {"param_name": "first_name", "example": "Amina"},
                        {"param_name": "job", "example": "Guest Relations Agent"},
                        {"param_name": "date", "example": "Friday 27 November, 14:00"},
                        {"param_name": "place", "example": "Riverside Drive 14"},
                    ]
                },
            },
            FOOTER,
        ],
    },
    {
        "name": "documents_missing",
        "language": "en",
        "category": "UTILITY",
        "status": "APPROVED",
        "components": [
            body(
                "Hello {{1}}, for your application as {{2}} we still need a document from you. "
                "Could you bring it to the interview?",
                ["Amina", "Guest Relations Agent"],
            )
        ],
    },
    {
        "name": "open_day",
        "language": "en",
        "category": "MARKETING",
        "status": "APPROVED",
        "components": [
            body(
                "Hello {{1}}, meet the team at our open day next Saturday from 10 to 16. "
                "We would love to see you there.",
                ["Amina"],
            ),
            FOOTER,
        ],
    },
    {
        "name": "interview_thanks",
        "language": "en",
        "category": "UTILITY",
        "status": "PAUSED",
        "components": [body("Thank you for coming today, {{1}}. We will be in touch.", ["Amina"])],
    },
]

BUSINESS: dict[str, Any] = {
    "name": "Caravella Hotels",
    "verified": True,
    "tier": "TIER_2K",
    "waba_name": "Caravella Hotels Careers",
    "numbers": [
        {"display_phone_number": "+254 700 555 001", "verified_name": "Caravella Hotels Careers"},
        {"display_phone_number": "+39 02 5550 0199", "verified_name": "Caravella Milano"},
    ],
    "templates": TEMPLATES,
}


def fill_sandbox(url: str, deadline: float) -> None:
    """Creates the demo business and phones; doing it again changes nothing."""
    control = requests.Session()
    while True:
        try:
            control.get(f"{url}/_control/businesses", timeout=2).raise_for_status()
            break
        except requests.RequestException as error:
            if time.monotonic() > deadline:
                raise Problem(f"The sandbox does not answer at {url}.") from error
            time.sleep(0.2)
    known = {phone["number"] for phone in control.get(f"{url}/_control/phones").json()["phones"]}
    control.post(f"{url}/_control/businesses", json=BUSINESS, timeout=10).raise_for_status()
    for number, name in PHONES.items():
        if number not in known:
            phone = {"number": number, "name": name}
            control.post(f"{url}/_control/phones", json=phone, timeout=10).raise_for_status()


def greeting(env: dict[str, str], *, with_sandbox: bool) -> str:
    phones = f"  The candidates' phones   {env['FACEBOOK_DIALOG_URL']}/\n" if with_sandbox else ""
    return f"""
  The ATS                  {env["PUBLIC_URL"]}/
{phones}  Django admin (ops)       {env["PUBLIC_URL"]}/admin/

  Sign in as               wanda@caravella.example    WhatsApp admin: connect the company first
                           alice@caravella.example    recruiter: open a candidate, send a template
                           charlie@lindgren.example   another company
                           ops@example.com            ops (Django admin)
  Password for all         demo-pass-2026

  Ctrl-C stops everything.
"""
