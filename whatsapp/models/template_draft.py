"""Templates as they are written here: what Meta has not seen, and what it is not told."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from ats.tenancy import CompanyManager, CompanyOwned
from whatsapp.meta import template_text
from whatsapp.models.message_template import MessageTemplate

# Longer than a submission may last: whoever holds an older claim is dead.
SUBMIT_LEASE = timedelta(minutes=10)


class TemplateFamilyQuerySet(models.QuerySet["TemplateFamily"]):
    def of_meta(self) -> TemplateFamilyQuerySet:
        """Those whose name Meta has from us or before us; somebody may have begun another under the
        same name, and that is a draft."""
        given = TemplateTranslation.objects.filter(submitted_at__isnull=False)
        return self.filter(Exists(given.filter(family=OuterRef("pk"))))


class TemplateFamily(CompanyOwned):
    """All languages of one name at a WABA. They share the category, and who may use them. One of a
    template that Meta had first is made when it is needed."""

    waba = models.ForeignKey("whatsapp.Waba", on_delete=models.CASCADE, related_name="families")
    name = models.CharField(max_length=1000, blank=True, help_text="As typed, until Meta has it")
    category = models.CharField(max_length=32, default="UTILITY")
    # Of the page that began it: pressed again, it answers with the template of the first time.
    client_id = models.UUIDField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()

    objects: ClassVar = CompanyManager.from_queryset(TemplateFamilyQuerySet)()

    class Meta:
        verbose_name_plural = "template families"
        indexes = [models.Index(fields=["company", "waba", "name"], name="family_by_name")]
        constraints = [
            models.UniqueConstraint(fields=["company", "client_id"], name="template_begun_once")
        ]

    def __str__(self) -> str:
        return self.name or "Untitled"


class TemplateFile(CompanyOwned):
    """A file for headers: Meta reviews a template with it, and it is sent where nobody chooses
    another."""

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=8)
    mime = models.CharField(max_length=128)
    filename = models.CharField(max_length=240, blank=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Hexadecimal")
    file = models.FileField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["company", "created_at"], name="template_file_by_age")]

    def __str__(self) -> str:
        return f"Header file {self.pk}"

    @property
    def path(self) -> str:
        return f"whatsapp/{self.company_id}/templates/{self.key}"


class TemplateUpload(CompanyOwned):
    """A header's file as Meta has it for one number: uploaded once, and again before it lapses. An
    id is of the number that it was uploaded with (Meta, "Media")."""

    file = models.ForeignKey(TemplateFile, on_delete=models.CASCADE, related_name="uploads")
    sender = models.ForeignKey("whatsapp.Sender", on_delete=models.CASCADE, related_name="+")
    media_id = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "file", "sender"], name="template_file_once_a_number"
            )
        ]

    def __str__(self) -> str:
        return f"Upload of {self.file_id}"


class TemplateTranslationQuerySet(models.QuerySet["TemplateTranslation"]):
    def of_names(self, waba_id: int, names: Collection[str]) -> TemplateTranslationQuerySet:
        """What is ours of names that Meta has; a draft that somebody began under one is not it."""
        return self.filter(family__waba=waba_id, family__name__in=names, submitted_at__isnull=False)

    def of(self, template: MessageTemplate) -> TemplateTranslationQuerySet:
        """What is ours of one language that Meta has: one row, or none."""
        rows = self.of_names(template.waba_id, [template.name])
        return rows.filter(language=template.language).order_by("pk")

    def claim_submission(
        self, row: TemplateTranslation, *, text: str, is_change: bool, now: datetime
    ) -> bool:
        """Of two presses one submits; False where somebody is at it, or it changed since `row` was
        read. `text` is the digest of what Meta is given. From here on what Meta has of this name is
        this: also where we die before Meta's answer. Of a change nobody knows then, and `given`
        says what it is sent with once Meta is seen to have it."""
        free = Q(submitting_at=None) | Q(submitting_at__lt=now - SUBMIT_LEASE)
        # A colleague may have renamed it in another language's page.
        families = TemplateFamily.objects.filter(name=row.family.name)
        rows = self.filter(free, pk=row.pk, version=row.version, family__in=families)
        given = {
            "text": text,
            "at": now.isoformat(),
            "sources": row.draft_sources,
            "file": row.draft_file_id,
        }
        held: dict[str, Any] = {"given": given}
        if not is_change:
            # Nothing of it is sent yet.
            held = {"given": None, "sources": row.draft_sources, "file": row.draft_file_id}
        taken = rows.update(submitting_at=now, submitted_at=Coalesce("submitted_at", now), **held)
        return taken == 1

    def unknown(self, *, now: datetime) -> TemplateTranslationQuerySet:
        """Those of which nobody knows after so long what Meta has."""
        long_ago = now - SUBMIT_LEASE
        # ISO times of one zone are in the order of their letters.
        given = Q(given__at__lt=long_ago.isoformat())
        return self.filter(Q(submitting_at__lt=long_ago) | Q(given__isnull=False) & given)

    def settle(self, waba_id: int, *, at: datetime) -> None:
        """Meta's texts have been read at `at`: a change that Meta is seen to have is sent with what
        it was submitted with. One that Meta does not have so long after, it will not."""
        rows = self.filter(family__waba=waba_id, given__isnull=False).select_related("family")
        for row in rows.select_for_update(no_key=True, of=("self",)).order_by("pk"):
            template, given = row.template, row.given
            if template and given["text"] == template_text.text_digest(template.components):
                row.take_over(given["sources"], given["file"])
            elif at < datetime.fromisoformat(given["at"]) + SUBMIT_LEASE:
                continue
            row.given = None
            row.save(update_fields=["given", "sources", "file"])


class TemplateTranslation(CompanyOwned):
    """One language of a family. What Meta has of it is the `MessageTemplate` of that name.

    `sources` and `file` are what it is sent with: what its fields are filled with, by their keys as
    in `BulkRun.values` ({"first_name": {"field": "first_name", "fallback": "there"}}), and the
    header's file. `written`, `draft_sources` and `draft_file` are what is being written, and take
    their places when Meta has taken the text."""

    family = models.ForeignKey(
        TemplateFamily, on_delete=models.CASCADE, related_name="translations"
    )
    language = models.CharField(max_length=12)
    # `message_templates.drafts.to_json`; None where nothing was written since Meta got it.
    written: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    draft_sources: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    draft_file = models.ForeignKey(
        TemplateFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField(default=1, help_text="One more at every saving")
    sources: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    file = models.ForeignKey(
        TemplateFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The page that saved it, and which of its savings it was: an earlier one may come in later.
    saved_from = models.CharField(max_length=36, blank=True)
    saved_turn = models.PositiveIntegerField(default=0)
    submitting_at = models.DateTimeField(null=True, blank=True)
    # A change that Meta may have: {"text": digest, "at": ISO time, "sources", "file": id}.
    given: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    refusal = models.CharField(
        max_length=1000, blank=True, help_text="Why Meta did not take it, for people"
    )
    # When the approved template was changed, ISO times: Meta counts.
    edits: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)

    objects: ClassVar = CompanyManager.from_queryset(TemplateTranslationQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "family", "language"], name="translation_once_a_language"
            )
        ]
        indexes = [
            models.Index(
                fields=["submitting_at"],
                condition=Q(submitting_at__isnull=False) | Q(given__isnull=False),
                name="template_asked_about",
            )
        ]

    def __str__(self) -> str:
        return f"{self.family} ({self.language})"

    @property
    def template(self) -> MessageTemplate | None:
        """What Meta has of it. One that Meta had under this name before is not it."""
        if self.submitted_at is None:
            return None
        family = self.family
        rows = MessageTemplate.objects.filter(waba=family.waba_id, is_gone=False)
        return rows.filter(name=family.name, language=self.language).first()

    def take_over(self, sources: Any, file_id: int | None) -> None:
        """It is sent with these from here on; to be saved."""
        self.sources = sources
        self.file = TemplateFile.objects.filter(pk=file_id).first() if file_id else None


class TemplateFavourite(CompanyOwned):
    """A person's own star at a name."""

    family = models.ForeignKey(TemplateFamily, on_delete=models.CASCADE, related_name="favourites")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "family", "user"], name="favourite_once")
        ]

    def __str__(self) -> str:
        return f"Favourite of {self.user_id}"


class TemplateTeamQuerySet(models.QuerySet["TemplateTeam"]):
    def of_meta(self) -> TemplateTeamQuerySet:
        """Without those of drafts: one that was renamed keeps its teams until Meta has it, and they
        are not those of another that Meta has under its new name."""
        return self.filter(family__in=TemplateFamily.objects.of_meta())

    def by_name(self, waba_id: int | None, name: str | None = None) -> dict[str, frozenset[int]]:
        """Who may use the names of a WABA that are not everybody's: teams by name, none where the
        last has been deleted."""
        rows = self.of_meta().filter(family__waba=waba_id)
        if name is not None:
            rows = rows.filter(family__name=name)
        found: dict[str, set[int]] = {}
        for of, team_id in rows.values_list("family__name", "team_id"):
            found.setdefault(of, set()).update([team_id] if team_id else [])
        return {of: frozenset(teams) for of, teams in found.items()}


class TemplateTeam(CompanyOwned):
    """A team that may use a name; of a name without such rows, everybody may.

    The row of a team that is deleted stays without it: what was for one team alone is not
    everybody's because that team is gone."""

    family = models.ForeignKey(TemplateFamily, on_delete=models.CASCADE, related_name="teams")
    team = models.ForeignKey("ats.Team", null=True, on_delete=models.SET_NULL, related_name="+")

    objects: ClassVar = CompanyManager.from_queryset(TemplateTeamQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "family", "team"], name="template_team_once")
        ]

    def __str__(self) -> str:
        return f"Team {self.team_id}" if self.team_id else "A team that is deleted"
