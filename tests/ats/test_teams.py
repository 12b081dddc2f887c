"""Teams: company admins make, fill and delete them; other applications ask who is in one."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from ats import public
from ats.models import Role, Team, User
from ats.tenancy import company_scope
from tests.factories.ats import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(client: Client) -> User:
    person: User = UserFactory(role=Role.COMPANY_ADMIN, full_name="Olga Marin")
    client.force_login(person)
    return person


def test_a_team_is_made_filled_renamed_and_deleted(client: Client, olga: User) -> None:
    alice, bob = UserFactory(company=olga.company), UserFactory(company=olga.company)
    assert "No teams yet" in client.get(reverse("ats:teams")).content.decode()
    given = {"name": "Front office", "members": [alice.pk, bob.pk]}
    assert client.post(reverse("ats:team_new"), given).status_code == 302
    with company_scope(olga.company):
        [team] = public.teams(olga.company)
        assert public.teams_of(alice) == public.teams_of(bob) == {team.pk}
        assert public.teams_of(olga) == frozenset()
    address = reverse("ats:team", args=[team.pk])
    assert "Front office" in client.get(address).content.decode()
    client.post(address, {"name": "Reception", "members": [bob.pk]})
    with company_scope(olga.company):
        assert public.teams_of(bob) == {team.pk for team in public.teams(bob.company)}
        assert public.teams_of(alice) == frozenset()
    client.post(reverse("ats:team_delete", args=[team.pk]))
    with company_scope(olga.company):
        assert public.teams(olga.company) == []


def test_a_name_twice_and_somebody_elses_people_are_refused_in_words(
    client: Client, olga: User
) -> None:
    TeamFactory(company=olga.company, name="Front office")
    charlie = UserFactory()
    answer = client.post(reverse("ats:team_new"), {"name": "front Office", "members": [charlie.pk]})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "There is a team “front Office” already." in html
    assert 'value="front Office"' in html
    with company_scope(olga.company):
        assert Team.objects.count() == 1


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.WHATSAPP_ADMIN, Role.READ_ONLY])
def test_only_company_admins_see_and_change_teams(client: Client, role: Role) -> None:
    person = UserFactory(role=role)
    team = TeamFactory(company=person.company)
    client.force_login(person)
    for name, args in (("teams", []), ("team_new", []), ("team", [team.pk])):
        assert client.get(reverse(f"ats:{name}", args=args)).status_code == 403
    assert client.post(reverse("ats:team_delete", args=[team.pk])).status_code == 403
    assert reverse("ats:teams") not in client.get(reverse("ats:settings")).content.decode()
