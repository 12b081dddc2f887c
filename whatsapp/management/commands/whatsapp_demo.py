"""Demo data: the module is on, and the demo candidates have agreed to be written to."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from ats.public import Candidate, Company
from ats.tenancy import company_scope
from whatsapp.access import MODULE
from whatsapp.consent.record import record_consent
from whatsapp.models import Consent, ConsentBasis, ConsentPurpose


class Command(BaseCommand):
    help = "Records consent for the demo candidates, once for each company that has none."

    def handle(self, *args: Any, **options: Any) -> None:
        for company in Company.objects.order_by("pk"):
            with company_scope(company):
                if company.has_module(MODULE) and not Consent.objects.exists():
                    self.record_consents()

    def record_consents(self) -> None:
        # Every third has said nothing yet: what the product says then is worth seeing.
        for number, candidate in enumerate(Candidate.objects.order_by("pk")):
            if number % 3 == 1:
                continue
            record_consent(
                candidate=candidate,
                purpose=ConsentPurpose.APPLICATION,
                basis=ConsentBasis.CONSENT,
                source="careers page, application form",
                wording="The company may write to me on WhatsApp about this application.",
                by=None,
                now=timezone.now() - timedelta(days=3),
            )
