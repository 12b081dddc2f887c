"""Whether a run may be made at all: what would refuse every row of it is said at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ats.public import User, company_of
from whatsapp.bulk.audience import Audience
from whatsapp.models import CompanySettings, MessageTemplate, Sender
from whatsapp.policy.decision import Allowed
from whatsapp.policy.facts import ConsentFacts, RecipientFacts
from whatsapp.policy.reasons import Reason, ReasonCode
from whatsapp.policy.send import may_send
from whatsapp.sending.content import TemplateDraft
from whatsapp.sending.facts import gather
from whatsapp.sending.target import Target
from whatsapp.sending.values import Spec, fields_of

# Somebody about whom the rules have nothing to say.
ANYBODY = RecipientFacts(mobile="+")
AGREED = ConsentFacts(legal_basis=True, marketing_opt_in=True)


def problems(
    *,
    by: User,
    sender: Sender,
    template: MessageTemplate,
    values: Spec,
    audience: Mapping[str, Any],
    now: datetime,
) -> tuple[Reason, ...]:
    """Everything that stands in the way of the run as a whole."""
    company = company_of(by)
    draft = TemplateDraft(template, _sample(values, fields_of(company)))
    content = draft.facts(sender, now=now)
    nobody = Target(sender, None, None, None, None)
    facts = gather(nobody, content, company=company, author=by)
    decision = may_send(
        replace(facts, recipient=ANYBODY, consent=AGREED, allowed_regions=frozenset()), now=now
    )
    found = [] if isinstance(decision, Allowed) else list(decision.reasons)
    if not CompanySettings.objects.filter(recipient_field__isnull=False).exists():
        found.append(Reason(ReasonCode.NO_RECIPIENT_FIELD))
    if not Audience(audience, company).count(up_to=1):
        found.append(Reason(ReasonCode.NOBODY_CHOSEN))
    return tuple(found)


def _sample(values: Spec, fields: Collection[str]) -> dict[str, str]:
    """What is typed as it is; what comes from candidates is known to be there or not with each."""
    return {
        key: "…" if source.get("field") in fields else source.get("text", "")
        for key, source in values.items()
    }
