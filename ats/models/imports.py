"""A CSV file of candidates, kept between its check and the decision to import it."""

from django.conf import settings
from django.db import models

from ats.tenancy import CompanyOwned


class CandidateImport(CompanyOwned):
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    filename = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True, blank=True)
    imported_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["company", "expires_at"], name="ats_import_expiry")]

    def __str__(self) -> str:
        return self.filename
