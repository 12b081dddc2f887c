"""The configuration around the senders: who reaches it, how health is told, the audit trail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import Role
from ats.tenancy import company_scope
from tests.factories.ats import CompanyFactory, UserFactory
from tests.factories.whatsapp import NOW, SenderFactory, World
from whatsapp import events
from whatsapp.connection.notices import tell_admins
from whatsapp.models import AdminNotice, AuditEntry, CompanySettings, Connection, Sender, Waba
from whatsapp.policy.notices import NoticeKind
from whatsapp.selectors.audit import PAGE, audit_page
from whatsapp.urls import urlpatterns

pytestmark = pytest.mark.django_db


@pytest.fixture
def wanda(world: World, client: Client) -> Client:
    client.force_login(UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN))
    return client


def page_of(client: Client) -> str:
    return client.get(reverse("whatsapp:configuration")).content.decode()


def connection(world: World, **changes: Any) -> None:
    with company_scope(world.company):
        Connection.objects.update(**changes)


def account(world: World, **changes: Any) -> None:
    with company_scope(world.company):
        Waba.objects.update(**changes)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.WHATSAPP_ADMIN])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_whatsapp_admins_reach_any_of_it(
    world: World, client: Client, role: Role, method: str
) -> None:
    client.force_login(UserFactory(company=world.company, role=role))
    for one in urlpatterns:
        if str(one.pattern).startswith("configuration/") and "<" not in str(one.pattern):
            status = getattr(client, method)(reverse(f"whatsapp:{one.name}")).status_code
            assert status in (403, 405), one.name


def test_another_companys_admin_sees_and_changes_their_own(world: World, client: Client) -> None:
    lindgren = CompanyFactory(name="Lindgren Logistics", modules=["whatsapp"])
    client.force_login(UserFactory(company=lindgren, role=Role.WHATSAPP_ADMIN))  # Charlie
    with company_scope(world.company):
        about = Connection.objects.get()
        events.audit(actor=world.alice, verb="connected", about=about, now=NOW)
    assert "Caravella" not in page_of(client)
    client.post(reverse("whatsapp:disconnect"))
    trail = client.get(reverse("whatsapp:audit_trail")).content.decode()
    assert world.alice.full_name not in trail
    with company_scope(world.company):
        assert Connection.objects.get().state == "connected"


def test_each_ability_says_how_it_stands(world: World, wanda: Client) -> None:
    page = page_of(wanda)
    assert "1 number can send." in page and "No event from Meta yet." in page
    account(
        world, heard_at=NOW - timedelta(minutes=5), webhook_override="https://elsewhere.example"
    )
    restricted = {"RESTRICTED_BIZ_INITIATED_MESSAGING": {"at": NOW.isoformat(), "until": ""}}
    account(world, restrictions=restricted, ban_state="SCHEDULE_FOR_DISABLE")
    page = page_of(wanda)
    assert "Last event: 20 November 2026" in page
    assert "https://elsewhere.example" in page
    assert "no conversation can be begun" in page
    assert "is going to disable" in page


def notices_of(client: Client) -> list[str]:
    _, *rest = page_of(client).split('data-part="notices"')
    return re.findall(r"<b>(.*?)</b>", rest[0].split("</ol>")[0]) if rest else []


def test_what_meta_told_of_lately_stands_on_the_page(world: World, wanda: Client) -> None:
    assert notices_of(wanda) == []
    with company_scope(world.company):
        for days in (31, 29, *range(21, 0, -1)):
            at = NOW - timedelta(days=days)
            data = {"account": f"account {days}"}
            tell_admins(world.company.pk, NoticeKind.REVIEW_REFUSED, now=at, **data)
        AdminNotice.objects.filter(at=NOW - timedelta(days=1)).update(problem="nobody")
        AdminNotice.objects.filter(at=NOW - timedelta(days=2)).update(data={})
    found = notices_of(wanda)
    assert found[:2] == ["Meta did not approve account 1", "Meta did not approve account 3"]
    assert found[-1] == "Meta did not approve account 20"
    assert page_of(wanda).count("no WhatsApp admin has an address") == 1
    with company_scope(world.company):
        AdminNotice.objects.filter(at__gt=NOW - timedelta(days=28)).delete()
    assert notices_of(wanda) == ["Meta did not approve account 29"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"scopes": ["whatsapp_business_messaging"]}, "lacks whatsapp_business_management"),
        ({"token_expires_at": NOW + timedelta(days=6)}, "The login ends on 26 November 2026"),
        ({"state": "broken", "broken_cause": "Expired."}, "Meta takes the login no more"),
    ],
)
def test_a_login_that_fails_or_will_is_said_before_anything_else(
    world: World, wanda: Client, changes: dict[str, Any], says: str
) -> None:
    connection(world, **changes)
    assert says in page_of(wanda)


def test_the_step_that_failed_says_why_and_has_a_retry(world: World, wanda: Client) -> None:
    account(world, numbers_read_at=NOW, stopped_at="webhook", stopped_by="Meta is not well. Wait.")
    page = page_of(wanda)
    assert "Meta is not well. Wait." in page
    assert 'Try again<span class="u-sr">: Webhook subscribed</span>' in page
    assert 'Try again<span class="u-sr">: Numbers read</span>' not in page


def test_the_event_line_is_done_by_an_event_since_the_login_and_not_by_an_older_one(
    world: World, wanda: Client
) -> None:
    account(world, heard_at=NOW - timedelta(minutes=1))
    assert "None since this login" in page_of(wanda)
    account(world, heard_at=NOW + timedelta(minutes=1))
    assert "None since this login" not in page_of(wanda)


def test_the_audit_trail_says_who_and_what_was_before_and_after(
    world: World, wanda: Client
) -> None:
    body = {
        "quiet-TOTAL_FORMS": 1,
        "quiet-INITIAL_FORMS": 0,
        "quiet-0-days": ["0", "1"],
        "quiet-0-start": "20",
        "quiet-0-end": "8",
    }
    wanda.post(reverse("whatsapp:save_quiet"), body)
    trail = wanda.get(reverse("whatsapp:audit_trail")).content.decode()
    assert "Changed the quiet time" in trail
    assert "none → Mon Tue 20:00 to 08:00" in trail


def test_the_audit_trail_says_which_sender_and_which_account(
    world: World, wanda: Client, django_assert_max_num_queries: Any
) -> None:
    with company_scope(world.company):
        other = SenderFactory(company=world.company, waba=world.sender.waba, friendly_name="Rome")
        Sender.objects.filter(pk=world.sender.pk).update(friendly_name="Nairobi", label="NAI")
        for about in (world.sender, other, world.sender.waba):
            events.audit(actor=world.alice, verb="number_renamed", about=about, now=NOW)
        Sender.objects.filter(pk=other.pk).delete()
        with django_assert_max_num_queries(3):
            lines = audit_page().lines
    assert [one.about for one in lines] == [
        "WhatsApp account: Caravella Careers",
        # Deleted since.
        "Sender",
        "Sender: Nairobi (NAI)",
    ]
    assert "Sender: Nairobi (NAI)" in wanda.get(reverse("whatsapp:audit_trail")).content.decode()


def test_the_audit_trail_is_walked_page_by_page_each_line_once(world: World, wanda: Client) -> None:
    with company_scope(world.company):
        about, _ = CompanySettings.objects.get_or_create()
        for number in range(PAGE + 3):
            events.audit(actor=None, verb=f"verb_{number}", about=about, now=NOW)
        # Of another kind: the trail of a bulk send is on its own page.
        events.audit(actor=None, verb="elsewhere", about=world.conversation, now=NOW)
        last = AuditEntry.objects.filter(object_type="CompanySettings").order_by("-pk")[PAGE - 1]
    url = reverse("whatsapp:audit_trail")
    first = wanda.get(url).content.decode()
    assert f"?before={last.pk}" in first and "Elsewhere" not in first
    second = wanda.get(url, {"before": last.pk}).content.decode()
    shown = [[n for n in range(PAGE + 3) if f"Verb {n}<" in page] for page in (first, second)]
    assert shown == [list(range(3, PAGE + 3)), [0, 1, 2]]
    assert "Older changes" not in second
    assert wanda.get(url, {"before": "²"}).status_code == 200


def test_after_a_disconnect_the_page_begins_anew_and_keeps_the_trail(
    world: World, wanda: Client
) -> None:
    connection(world, state="disconnected", token=b"")
    page = page_of(wanda)
    assert "WhatsApp is disconnected." in page and "Log in with Facebook" in page
    assert 'id="senders"' not in page and 'id="quiet"' not in page
    assert reverse("whatsapp:audit_trail") in page
    thread = wanda.get(reverse("whatsapp:conversation", args=[world.conversation.pk]))
    assert thread.status_code == 200


def test_countries_are_found_with_their_flags(world: World, wanda: Client) -> None:
    with company_scope(world.company):
        CompanySettings.objects.update_or_create(defaults={"allowed_countries": ["KE"]})
    page = page_of(wanda)
    assert 'label="🇮🇹 Italy (IT)"' in page
    assert "🇰🇪" in page.split('aria-label="Countries chosen"')[1].split("</ul>")[0]


def test_of_two_tabs_the_later_countries_do_not_win_silently(world: World, client: Client) -> None:
    client.force_login(UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN))
    url = reverse("whatsapp:save_recipient")
    drawn = client.get(reverse("whatsapp:configuration")).context["form"].version()
    assert client.post(url, {"allowed_countries": ["IT"], "drawn": drawn}).status_code == 302
    refused = client.post(url, {"allowed_countries": ["KE"], "drawn": drawn})
    assert refused.status_code == 422
    assert "Somebody else saved the field or the countries meanwhile" in refused.content.decode()
    with company_scope(world.company):
        assert CompanySettings.objects.get().allowed_countries == ["IT"]
    newer = refused.context["form"].version()
    assert client.post(url, {"allowed_countries": ["KE"], "drawn": newer}).status_code == 302
