"""How each ability stands, and that everything found has its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from whatsapp.policy.health import SCOPES, AccountFacts, FindingCode, HealthFacts, health
from whatsapp.policy.health_sentences import HEALTH_SENTENCES, say_finding
from whatsapp.policy.notice_sentences import RESTRICTIONS

NOW = datetime(2026, 11, 20, 14, 18, tzinfo=UTC)
ACCOUNT = AccountFacts("Caravella", True, "", "", "", {})
FINE = HealthFacts(
    accepted=True,
    expires_at=None,
    scopes=frozenset(SCOPES),
    accounts=(ACCOUNT,),
    heard_at=NOW,
    senders=1,
    senders_connected=1,
    senders_low=(),
    templates=2,
    templates_approved=2,
    templates_stopped=(),
)


def told(facts: HealthFacts, name: str) -> list[tuple[str, str]]:
    [found] = [one for one in health(facts, now=NOW) if one.name == name]
    return [(one.tone, say_finding(one)) for one in found.findings]


def of_account(**changes: Any) -> dict[str, Any]:
    return {"accounts": (replace(ACCOUNT, **changes),)}


@pytest.mark.parametrize(
    ("ability", "changes", "tone", "words"),
    [
        ("Receive", {}, "ok", "Events from Meta arrive."),
        ("Receive", {"heard_at": None}, "ok", "No event from Meta yet."),
        ("Receive", {"accepted": False}, "bad", "Meta takes the login no more."),
        ("Receive", of_account(subscribed=False), "bad", "does not send Caravella’s webhooks"),
        ("Receive", of_account(webhook_override="https://x.example"), "bad", "https://x.example"),
        ("Send", {}, "ok", "1 number can send."),
        ("Send", {"senders": 3, "senders_connected": 2}, "warn", "1 of 3 numbers cannot send"),
        ("Send", {"senders": 0, "senders_connected": 0}, "bad", "There is no number yet."),
        ("Send", {"senders_connected": 0}, "bad", "No number is connected at Meta"),
        ("Send", {"senders_low": ("A", "B")}, "warn", "Low quality: A, B."),
        ("Send", {"connecting": True}, "warn", "Messages wait until the test event"),
        ("Send", {"scopes": frozenset(["x"])}, "bad", " and ".join(SCOPES)),
        ("Send", {"expires_at": NOW + timedelta(days=6)}, "warn", "ends on 26 November 2026"),
        ("Send", of_account(ban_state="DISABLE"), "bad", "Meta has disabled Caravella."),
        ("Send", of_account(ban_state="SCHEDULE_FOR_DISABLE"), "warn", "is going to disable"),
        ("Send", of_account(review="REJECTED"), "bad", "Meta’s review refused Caravella."),
        (
            "Send",
            of_account(restricted={"RESTRICTED_BIZ_INITIATED_MESSAGING": NOW}),
            "bad",
            "Caravella: no conversation can be begun, until 20 November, 14:18 UTC.",
        ),
        (
            "Send",
            of_account(restricted={"RESTRICTED_ADD_PHONE_NUMBER_ACTION": None}),
            "warn",
            "Caravella: no number can be added.",
        ),
        ("Templates", {}, "ok", "2 of 2 are approved."),
        ("Templates", {"templates_stopped": ("hello",)}, "warn", "Stopped by Meta: hello."),
        ("Calls", {}, "none", "Not part of this product yet."),
    ],
)
def test_each_finding_is_told_with_its_gravity(
    ability: str, changes: dict[str, Any], tone: str, words: str
) -> None:
    found = told(replace(FINE, **changes), ability)
    assert any(one == tone and words in said for one, said in found), found


@pytest.mark.parametrize("kind", [*RESTRICTIONS, "RESTRICTED_SOMETHING_NEW"])
def test_no_restriction_stands_nowhere(kind: str) -> None:
    found = health(replace(FINE, **of_account(restricted={kind: None})), now=NOW)
    codes = [one.code for ability in found for one in ability.findings]
    assert FindingCode.RESTRICTED in codes


def test_every_code_has_words() -> None:
    assert set(HEALTH_SENTENCES) == set(FindingCode)
