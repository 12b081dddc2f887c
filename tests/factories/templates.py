"""Templates that are written here."""

from __future__ import annotations

import factory

from tests.factories.ats import OwnedFactory
from tests.factories.whatsapp import NOW, SenderFactory
from whatsapp.models import TemplateFamily, TemplateTranslation


class TemplateFamilyFactory(OwnedFactory):
    class Meta:
        model = TemplateFamily

    waba = factory.LazyAttribute(lambda row: SenderFactory(company=row.company).waba)
    name = "interview_reminder"
    created_at = NOW


class TemplateTranslationFactory(OwnedFactory):
    """A draft without a word."""

    class Meta:
        model = TemplateTranslation

    family = factory.SubFactory(TemplateFamilyFactory, company=factory.SelfAttribute("..company"))
    language = "en"
    written = factory.LazyFunction(dict)
    saved_at = NOW
