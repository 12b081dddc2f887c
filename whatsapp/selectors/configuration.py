"""What the configuration page shows."""

from __future__ import annotations

from whatsapp.models import CompanySettings


def recipient_settings() -> CompanySettings:
    """The company's choices, or those of a company that has chosen nothing; writes no row."""
    return CompanySettings.objects.first() or CompanySettings()
