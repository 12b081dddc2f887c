"""The candidate profile: the head and the tabs that every tab's page shares."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from ats.extensions import profile_actions, profile_tabs
from ats.models import Candidate, User
from ats.summaries import candidate_summary, first_mobiles


def profile_context(
    user: User, candidate: Candidate, current_tab: str, *, now: datetime | None = None
) -> dict[str, Any]:
    """What `ats/candidate_base.html` needs: candidate, summary, tabs, buttons, permissions."""
    now = now or timezone.now()
    return {
        "candidate": candidate,
        "summary": candidate_summary([candidate.pk], now=now)[candidate.pk],
        "mobile": first_mobiles([candidate.pk]).get(candidate.pk, ""),
        "tabs": _tabs(user, candidate, current_tab),
        "profile_actions": [
            {"action": action, "url": action.url(user, candidate)}
            for action in profile_actions
            if action.visible(user, candidate)
        ],
        "current_tab": current_tab,
        "nav_key": "candidates",
        "can_write": user.can_write,
    }


def _tabs(user: User, candidate: Candidate, current_tab: str) -> list[dict[str, Any]]:
    return [
        {
            "label": tab.label,
            "url": reverse(tab.url_name, kwargs={"candidate_id": candidate.pk}),
            "count": tab.count(user, candidate) if tab.count else None,
            "is_current": tab.key == current_tab,
        }
        for tab in profile_tabs
        if tab.visible(user, candidate)
    ]
