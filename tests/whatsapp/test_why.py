"""“Why may I write?” says what the candidate has said since on WhatsApp."""

from __future__ import annotations

from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, World
from whatsapp.consent.record import record_consent
from whatsapp.models import Contact
from whatsapp.selectors.consent import why_may_i_write


def answers(world: World) -> dict[str, tuple[bool, str]]:
    with company_scope(world.company):
        return {one.purpose: (one.granted, one.answer) for one in why_may_i_write(world.amina)}


def test_whatsapps_switch_for_marketing_stands_above_a_recorded_consent(world: World) -> None:
    with company_scope(world.company):
        record_consent(
            candidate=world.amina,
            purpose="marketing",
            basis="consent",
            source="careers page",
            wording="",
            by=world.alice,
            now=NOW,
        )
        assert answers(world)["marketing"] == (True, "Yes")
        Contact.objects.update(marketing_stopped_at=NOW)
    said = answers(world)
    assert said["marketing"] == (False, "Stopped with WhatsApp’s switch 20 Nov 2026")
    assert said["application"] == (True, "Yes")


def test_a_wish_to_stop_stands_above_everything(world: World) -> None:
    with company_scope(world.company):
        Contact.objects.update(opted_out_at=NOW)
    assert set(answers(world).values()) == {(False, "Asked us to stop 20 Nov 2026")}
