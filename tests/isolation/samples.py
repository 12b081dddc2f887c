"""What the walk over models and URLs needs to know. A new URL argument wants one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ats.models import Company
from tests.factories import whatsapp
from tests.factories.ats import (
    ApplicationFactory,
    CandidateFactory,
    CandidateImportFactory,
    JobFactory,
)


@dataclass(frozen=True)
class Sample:
    """Makes an object of the company and says how it stands in a URL; `missing` never exists."""

    make: Callable[[Company], int | str]
    missing: int | str = 2**40


# The name of the URL's argument → an object of Alice's company.
SAMPLES: dict[str, Sample] = {
    "candidate_id": Sample(lambda company: CandidateFactory(company=company).pk),
    "job_id": Sample(lambda company: JobFactory(company=company).pk),
    "application_id": Sample(lambda company: ApplicationFactory(company=company).pk),
    "import_id": Sample(lambda company: CandidateImportFactory(company=company).pk),
    "conversation_id": Sample(lambda company: whatsapp.ConversationFactory(company=company).pk),
}

# Models of ours that belong to no company, each with its reason.
WITHOUT_COMPANY: dict[str, str] = {
    "ats.Company": "the company itself",
    "ats.User": "ops have none; everybody else's is checked at sign-in",
    "whatsapp.WebhookEvent": "whose a delivery is, is known once it is read",
    "whatsapp.WebhookItem": "as its delivery; handlers open the scope of the company they find",
}

# Arguments that name no row of a company: the signed link of a password reset.
NOT_OBJECTS = {"uidb64", "token"}

# URLs that anonymous people may open.
PUBLIC = {
    "healthz",
    "login",
    "password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "logout",
    # Meta signs its deliveries instead of signing in.
    "whatsapp:webhook",
}
