"""Jobs, the applications to them, and the interviews of an application."""

from django.conf import settings
from django.db import models

from ats.models.candidates import Candidate
from ats.tenancy import CompanyOwned


class JobStatus(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"


class Stage(models.TextChoices):
    APPLIED = "applied", "Applied"
    SCREENING = "screening", "Screening"
    INTERVIEW = "interview", "Interview"
    OFFER = "offer", "Offer"
    HIRED = "hired", "Hired"
    REJECTED = "rejected", "Rejected"


class Job(CompanyOwned):
    title = models.CharField(max_length=120)
    location = models.CharField(max_length=120)
    address = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.OPEN)
    recruiter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="jobs",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["title", "id"]
        indexes = [models.Index(fields=["company", "status", "title"], name="ats_job_list")]

    def __str__(self) -> str:
        return f"{self.title}, {self.location}"


class Application(CompanyOwned):
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="applications")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="applications")
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.APPLIED)
    created_at = models.DateTimeField(auto_now_add=True)
    stage_changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["company", "candidate", "job"], name="ats_application_once"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "job", "stage"], name="ats_application_job_stage"),
            models.Index(fields=["company", "stage", "candidate"], name="ats_application_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} → {self.job_id}"


class Interview(CompanyOwned):
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="interviews"
    )
    starts_at = models.DateTimeField()
    place = models.CharField(max_length=200)
    recruiter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="interviews"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["company", "starts_at"], name="ats_interview_calendar"),
            models.Index(fields=["company", "application", "starts_at"], name="ats_interview_next"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.place}"
