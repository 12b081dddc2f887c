"""The module's pages: who may open them, what the server refuses, and what stays typed."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.authtoken.models import Token

from ats.models import CandidateValue, Company, Role
from ats.tenancy import company_scope
from tests.factories.ats import CandidateFactory, CompanyFactory, UserFactory
from tests.factories.whatsapp import (
    AMINA,
    ContactFactory,
    ConversationFactory,
    MessageFactory,
    MessageTemplateFactory,
    WabaFactory,
    World,
)
from whatsapp.models import CompanySettings, Consent, Contact, Conversation, LiveEvent, Message

pytestmark = pytest.mark.django_db

PAGES = ["whatsapp:inbox", "whatsapp:configuration", "whatsapp_api:conversations"]


@pytest.fixture
def alice(world: World, client: Client) -> Client:
    client.force_login(world.alice)
    return client


def send_url(world: World, what: str = "text") -> str:
    return reverse(f"whatsapp:conversation_send_{what}", args=[world.conversation.pk])


@pytest.mark.parametrize("page", PAGES)
def test_where_the_module_is_off_its_pages_do_not_exist(
    world: World, client: Client, page: str
) -> None:
    Company.objects.update(modules=[])
    client.force_login(UserFactory(company=world.company, role=Role.WHATSAPP_ADMIN))
    assert client.get(reverse(page)).status_code == 404
    assert "WhatsApp" not in client.get("/candidates/").content.decode()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.WHATSAPP_ADMIN])
def test_only_a_whatsapp_admin_configures(world: World, client: Client, role: Role) -> None:
    client.force_login(UserFactory(company=world.company, role=role))
    for name in ("configuration", "connect_return"):
        assert client.get(reverse(f"whatsapp:{name}")).status_code == 403
    for name in ("save_recipient", "sync", "connect_begin", "connect_hint"):
        assert client.post(reverse(f"whatsapp:{name}")).status_code == 403


def test_who_may_only_read_sees_the_thread_and_cannot_write(world: World, client: Client) -> None:
    client.force_login(UserFactory(company=world.company, role=Role.READ_ONLY))
    page = client.get(reverse("whatsapp:conversation", args=[world.conversation.pk]))
    assert "You can read, not write" in page.content.decode()
    with company_scope(world.company):
        Conversation.objects.update(last_inbound_at=None)
        CandidateValue.objects.all().delete()
    # What others have to mend is told, and not asked of somebody who may not.
    page = client.get(reverse("whatsapp:chat", args=[world.amina.pk]))
    assert "You can read, not write" in page.content.decode()
    assert "Edit the candidate" not in page.content.decode()
    refused = client.post(send_url(world), {"body": "Hello", "client_id": uuid.uuid4()})
    assert refused.status_code == 403
    client.post(reverse("whatsapp:read", args=[world.conversation.pk]))
    with company_scope(world.company):
        assert not Message.objects.exists()


def test_what_was_typed_stays_when_the_window_shut_meanwhile(world: World, alice: Client) -> None:
    with company_scope(world.company):
        Conversation.objects.update(last_inbound_at=None)
    draft = uuid.uuid4()
    answer = alice.post(send_url(world), {"body": "Half a thought", "client_id": draft})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Only a template can be sent" in page
    assert 'role="listbox"' in page
    with company_scope(world.company):
        assert not Message.objects.exists()


def test_a_text_that_is_too_long_comes_back_with_why(world: World, alice: Client) -> None:
    body = "x" * 4097
    answer = alice.post(send_url(world), {"body": body, "client_id": uuid.uuid4()})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert body in page
    assert "It has 4097 characters; WhatsApp takes 4096." in page


def test_a_missing_value_is_named_beside_its_field(world: World, alice: Client) -> None:
    given = {"template": world.template.pk, "client_id": uuid.uuid4(), "value-body.1": " "}
    answer = alice.post(send_url(world, "template"), given)
    assert answer.status_code == 422
    assert "Fill this in" in answer.content.decode()


def test_a_value_with_a_line_break_is_refused_before_meta_would(
    world: World, alice: Client
) -> None:
    given = {
        "template": world.template.pk,
        "client_id": uuid.uuid4(),
        "value-body.1": "Amina\nNjoroge",
    }
    answer = alice.post(send_url(world, "template"), given)
    assert answer.status_code == 422
    assert "line break" in answer.content.decode()
    with company_scope(world.company):
        assert not Message.objects.exists()


def test_a_template_of_another_account_cannot_be_chosen(world: World, alice: Client) -> None:
    connection = world.sender.waba.connection
    other_waba = WabaFactory(company=world.company, connection=connection)
    other = MessageTemplateFactory(company=world.company, waba=other_waba)
    given = {"template": other.pk, "client_id": uuid.uuid4(), "value-body.1": "Amina"}
    refused = alice.post(send_url(world, "template"), given)
    assert refused.status_code == 422
    assert "belongs to another WhatsApp account" in refused.content.decode()


def test_pressing_send_twice_in_two_tabs_is_one_message(world: World, alice: Client) -> None:
    given = {"body": "Friday?", "client_id": str(uuid.uuid4())}
    assert alice.post(send_url(world), given).status_code == 200
    assert alice.post(send_url(world), given).status_code == 200
    with company_scope(world.company):
        assert Message.objects.count() == 1


def test_a_candidate_without_a_number_is_explained(world: World, alice: Client) -> None:
    nobody = CandidateFactory(company=world.company, first_name="Tobias")
    page = alice.get(reverse("whatsapp:chat", args=[nobody.pk])).content.decode()
    assert "No validated mobile number" in page


def test_html_of_a_candidate_is_text(world: World, alice: Client) -> None:
    with company_scope(world.company):
        MessageFactory(
            conversation=world.conversation,
            direction="in",
            status="received",
            wamid="wamid.X",
            text="<script>alert(1)</script> javascript:alert(1)",
        )
    page = alice.get(reverse("whatsapp:conversation", args=[world.conversation.pk]))
    assert "<script>alert" not in page.content.decode()
    assert 'href="javascript' not in page.content.decode()


def test_opening_the_thread_makes_it_read_and_tells_the_colleagues(
    world: World, alice: Client
) -> None:
    with company_scope(world.company):
        Conversation.objects.update(unread_count=2)
        alice.post(reverse("whatsapp:read", args=[world.conversation.pk]))
        assert Conversation.objects.get().unread_count == 0
        assert LiveEvent.objects.get().kind == "conversation"
        # Nothing new, nothing told.
        alice.post(reverse("whatsapp:read", args=[world.conversation.pk]))
        assert LiveEvent.objects.count() == 1


def test_the_inbox_is_walked_page_by_page_each_row_once(
    world: World, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whatsapp.selectors.inbox.PAGE", 3)
    for _ in range(7):
        ConversationFactory(company=world.company, sender=world.sender)
    seen: list[str] = []
    url = reverse("whatsapp:inbox")
    for _ in range(5):
        page = alice.get(url).content.decode()
        seen += re.findall(r'data-conversation-row="(\d+)"', page)
        more = re.search(r'hx-get="([^"]+after=[^"]+)"', page)
        if more is None:
            break
        url = more[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 8


def test_consent_needs_its_evidence_and_keeps_what_was_typed(world: World, alice: Client) -> None:
    url = reverse("whatsapp:record_consent", args=[world.amina.pk])
    given = {"purpose": "marketing", "basis": "consent", "source": "", "wording": "News, please"}
    refused = alice.post(url, given)
    assert refused.status_code == 422
    assert "it is the evidence should anybody ask" in refused.content.decode()
    assert "News, please" in refused.content.decode()
    alice.post(url, {**given, "source": "job fair, form 12"})
    with company_scope(world.company):
        row = Consent.objects.current(world.amina.pk)["marketing"]
        assert (row.granted, row.source, row.recorded_by) == (
            True,
            "job fair, form 12",
            world.alice,
        )
    alice.post(
        reverse("whatsapp:withdraw_consent", args=[world.amina.pk]), {"purpose": "marketing"}
    )
    with company_scope(world.company):
        assert not Consent.objects.current(world.amina.pk)["marketing"].granted


class TestApi:
    def url(self, world: World) -> str:
        return reverse("whatsapp_api:messages", args=[world.conversation.pk])

    def post(self, client: Client, world: World, **body: Any) -> Any:
        return client.post(self.url(world), body, content_type="application/json")

    def test_a_token_signs_in_and_sends_once(self, world: World) -> None:
        token = Token.objects.create(user=world.alice)
        client = Client(headers={"Authorization": f"Token {token.key}"})
        draft = str(uuid.uuid4())
        first = self.post(client, world, client_id=draft, text="Friday?")
        again = self.post(client, world, client_id=draft, text="Friday?")
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json()["id"] == again.json()["id"]
        [listed] = client.get(self.url(world)).json()["results"]
        assert (listed["text"], listed["status"]) == ("Friday?", "queued")
        [conversation] = client.get(reverse("whatsapp_api:conversations")).json()["results"]
        assert conversation["id"] == world.conversation.pk

    def test_the_rules_answer_with_all_their_reasons(self, world: World, alice: Client) -> None:
        with company_scope(world.company):
            Conversation.objects.update(last_inbound_at=None)
            Consent.objects.all().delete()
        text = self.post(alice, world, client_id=str(uuid.uuid4()), text="Friday?")
        assert text.status_code == 409
        assert [r["code"] for r in text.json()["reasons"]] == ["window_closed"]
        template = self.post(
            alice, world, client_id=str(uuid.uuid4()), template_id=world.template.pk, values={}
        )
        assert [r["code"] for r in template.json()["reasons"]] == [
            "missing_values",
            "no_legal_basis",
        ]

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"client_id": "x", "text": "Hello"},
            {"client_id": str(uuid.uuid4())},
            {"client_id": str(uuid.uuid4()), "text": "a", "template_id": 1},
            {"client_id": str(uuid.uuid4()), "template_id": 10**6},
        ],
    )
    def test_bad_input_is_named(self, world: World, alice: Client, body: Any) -> None:
        assert self.post(alice, world, **body).status_code == 400

    def test_another_company_finds_nothing(self, world: World, client: Client) -> None:
        client.force_login(UserFactory(company=CompanyFactory(modules=["whatsapp"])))
        assert client.get(self.url(world)).status_code == 404
        body = {"client_id": str(uuid.uuid4()), "text": "Hello"}
        assert self.post(client, world, **body).status_code == 404


def test_two_candidates_with_one_number_do_not_share_a_conversation(
    world: World, alice: Client
) -> None:
    with company_scope(world.company):
        MessageFactory(conversation=world.conversation, text="Only for Amina", status="delivered")
    twin = CandidateFactory(company=world.company, first_name="Grace", mobile=AMINA)
    page = alice.get(reverse("whatsapp:chat", args=[twin.pk])).content.decode()
    assert "Only for Amina" not in page
    assert "the conversation is with Amina Njoroge" in page
    for what, given in (
        ("text", {"body": "For Grace"}),
        ("template", {"template": world.template.pk, "value-body.1": "Grace"}),
    ):
        url = reverse(f"whatsapp:candidate_send_{what}", args=[twin.pk])
        refused = alice.post(url, {**given, "client_id": uuid.uuid4()})
        assert refused.status_code == 422
    page = alice.get(reverse("whatsapp:chat", args=[world.amina.pk])).content.decode()
    assert "Only for Amina" in page
    assert "Two candidates have this number" not in page


def test_writing_back_from_a_profile_says_who_the_unknown_person_is(
    world: World, alice: Client
) -> None:
    with company_scope(world.company):
        Contact.objects.update(candidate=None)
    url = reverse("whatsapp:candidate_send_text", args=[world.amina.pk])
    assert alice.post(url, {"body": "Friday?", "client_id": uuid.uuid4()}).status_code == 200
    with company_scope(world.company):
        assert Contact.objects.get().candidate == world.amina


def test_a_new_number_begins_a_new_conversation_and_the_old_one_stays_readable(
    world: World, alice: Client
) -> None:
    with company_scope(world.company):
        MessageFactory(conversation=world.conversation, text="At the old number", status="read")
        CandidateValue.objects.update(value="+254733000111")
    url = reverse("whatsapp:chat", args=[world.amina.pk])
    for asked in ("", f"?conversation={world.conversation.pk}"):
        old = alice.get(url + asked).content.decode()
        assert "At the old number" in old
        assert "The candidate’s record has another number now" in old
    assert 'href="?conversation=new"' in old
    page = alice.get(f"{url}?conversation=new").content.decode()
    assert "At the old number" not in page
    assert "No message with +254 733 000111 yet" in page
    send = reverse("whatsapp:candidate_send_template", args=[world.amina.pk])
    assert send in page
    given = {"template": world.template.pk, "client_id": uuid.uuid4(), "value-body.1": "Amina"}
    assert alice.post(send, given).status_code == 200
    with company_scope(world.company):
        assert set(Conversation.objects.values_list("contact__phone", flat=True)) == {
            AMINA,
            "+254733000111",
        }
    assert "At the old number" not in alice.get(url).content.decode()


def test_an_old_number_out_of_its_window_leads_to_the_new_one(world: World, alice: Client) -> None:
    with company_scope(world.company):
        MessageFactory(conversation=world.conversation, text="At the old number", status="read")
        Conversation.objects.update(last_inbound_at=None)
        CandidateValue.objects.update(value="+254733000111")
    page = alice.get(reverse("whatsapp:chat", args=[world.amina.pk])).content.decode()
    assert "At the old number" in page
    assert "not written yet" not in page
    assert '?conversation=new">Write to the new number' in page


def test_streams_are_not_served_by_the_web_process(alice: Client) -> None:
    assert alice.get(reverse("whatsapp:live")).status_code == 404


def test_a_refused_country_is_called_by_its_name(world: World, alice: Client) -> None:
    with company_scope(world.company):
        Conversation.objects.update(last_inbound_at=None)
        CompanySettings.objects.update(allowed_countries=["IT"])
    page = alice.get(reverse("whatsapp:conversation", args=[world.conversation.pk]))
    assert "numbers of this country (Kenya)" in page.content.decode()
    body = {"client_id": str(uuid.uuid4()), "template_id": world.template.pk, "values": {}}
    url = reverse("whatsapp_api:messages", args=[world.conversation.pk])
    refused = alice.post(url, body, content_type="application/json").json()["reasons"]
    assert any("(Kenya)" in one["sentence"] for one in refused)


def test_a_link_of_a_candidate_opens_apart_and_learns_nothing(world: World, alice: Client) -> None:
    text = 'See https://amina.example/?a=1&b=2 <a href="https://x.example">x</a>'
    with company_scope(world.company):
        MessageFactory(
            conversation=world.conversation,
            direction="in",
            status="received",
            wamid="wamid.L",
            text=text,
        )
    page = alice.get(reverse("whatsapp:conversation", args=[world.conversation.pk]))
    shown = page.content.decode()
    apart = 'target="_blank" rel="noopener noreferrer nofollow" href="https://amina.example/?a=1'
    assert f"<a {apart}" in shown
    assert '<a href="https://x.example"' not in shown


def test_looking_at_the_configuration_writes_nothing(client: Client) -> None:
    company = CompanyFactory(modules=["whatsapp"])
    client.force_login(UserFactory(company=company, role=Role.WHATSAPP_ADMIN))
    assert client.get(reverse("whatsapp:configuration")).status_code == 200
    with company_scope(company):
        assert not CompanySettings.objects.exists()


def test_an_open_thread_asks_the_same_however_long_it_and_the_list_are(
    world: World, alice: Client, django_assert_max_num_queries: Any
) -> None:
    url = reverse("whatsapp:conversation", args=[world.conversation.pk])

    def asked() -> int:
        with django_assert_max_num_queries(26) as queries:
            alice.get(url)
        return len(queries)

    MessageFactory(company=world.company, conversation=world.conversation, author=world.alice)
    few = asked()
    for number in range(5):
        luca = CandidateFactory(company=world.company, mobile=f"+39320555014{number}")
        contact = ContactFactory(company=world.company, candidate=luca)
        ConversationFactory(company=world.company, sender=world.sender, contact=contact)
        MessageFactory(company=world.company, conversation=world.conversation, author=world.bob)
    assert asked() == few


def test_nobody_reads_api_tokens_in_the_administration(admin_client: Client, world: World) -> None:
    key = Token.objects.create(user=world.alice).key
    index = admin_client.get("/admin/").content.decode()
    assert "authtoken" not in index
    assert key not in index
    assert admin_client.get("/admin/authtoken/tokenproxy/").status_code == 404
