"""Teams of a company: who works together, for what a module shows to some and not to others."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ats.tenancy import CompanyOwned


class Team(CompanyOwned):
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["company", "name"], name="ats_team_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class TeamMember(CompanyOwned):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="team_members"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "team", "user"], name="ats_team_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"
