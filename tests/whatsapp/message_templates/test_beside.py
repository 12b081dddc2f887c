"""What stands beside a draft: what Meta has of its name, how much there may be, and whose it is."""

from __future__ import annotations

import pytest

from ats.models import Team
from ats.tenancy import company_scope
from tests.factories.whatsapp import NOW, MessageTemplateFactory, World
from whatsapp.message_templates import drafts
from whatsapp.message_templates.beside import around
from whatsapp.message_templates.sharing import give_to_teams
from whatsapp.models import MessageTemplate, Sender, TemplateTeam, Waba
from whatsapp.policy.written import Written
from whatsapp.selectors.templates import Wish, library

pytestmark = pytest.mark.django_db


def test_many_templates_want_a_verified_portfolio_and_an_approved_name(world: World) -> None:
    with company_scope(world.company):
        Waba.objects.update(business_verification="verified")
        Sender.objects.update(name_status="PENDING_REVIEW")
        row = drafts.start_template(waba=world.sender.waba, language="en", by=world.alice, now=NOW)

        def is_verified() -> bool:
            fresh = type(row).objects.select_related("family__waba").get(pk=row.pk)
            return around(fresh, Written()).is_verified

        assert not is_verified()
        Sender.objects.update(name_status="APPROVED")
        assert is_verified()
        Waba.objects.update(business_verification="pending")
        assert not is_verified()


def test_the_teams_of_a_renamed_draft_are_not_those_of_what_meta_has_under_that_name(
    world: World,
) -> None:
    waba = world.sender.waba
    with company_scope(world.company):
        ours = MessageTemplateFactory(company=world.company, waba=waba, name="ours")
        everybodys = MessageTemplateFactory(company=world.company, waba=waba, name="everybodys")
        team = Team.objects.create(company=world.company, name="Kitchen")
        give_to_teams(template=ours, teams=[team], by=world.alice, now=NOW)
        assert TemplateTeam.objects.by_name(waba.pk) == {"ours": frozenset({team.pk})}
        row = drafts.adopt(ours, now=NOW)
        MessageTemplate.objects.filter(pk=ours.pk).update(is_gone=True)
        drafts.save_draft(
            translation=row,
            written=Written(name="everybodys", language=row.language, body="Hello to you."),
            sources={},
            saving=drafts.Saving("this", 1, row.version, "ours", row.family.category),
            by=world.alice,
            now=NOW,
        )
        assert TemplateTeam.objects.by_name(waba.pk) == {}
        shown = library(world.alice, Wish(words="everybodys"), now=NOW).lines
        assert [one.teams for one in shown if one.at_meta] == [None]
        # Nor does choosing teams for the other touch the draft's.
        give_to_teams(template=everybodys, teams=[], by=world.alice, now=NOW)
        assert TemplateTeam.objects.get().team == team
