"""What strangers write into addresses: never an error page, and never another row."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from ats.tenancy import company_scope
from tests.factories.whatsapp import World
from whatsapp.ids import whole_number
from whatsapp.models import Message

STRANGE = ["²", "٣", "-1", "1_0", " 1", "1e3", "x", str(2**63), "9" * 40, "9" * 5000]


@pytest.mark.parametrize("given", ["", None, *STRANGE])
def test_what_no_row_can_have_is_no_number(given: str | None) -> None:
    assert whole_number(given) is None


def test_a_number_is_read() -> None:
    assert whole_number("0042") == 42
    assert whole_number(str(2**63 - 1)) == 2**63 - 1


@pytest.mark.django_db
@pytest.mark.parametrize("given", STRANGE)
def test_strange_ids_are_answered_without_an_error(
    world: World, client: Client, given: str
) -> None:
    client.force_login(world.alice)
    conversation, amina = world.conversation.pk, world.amina.pk
    reads = [
        (reverse("whatsapp:messages", args=[conversation]), "ids", 200),
        (reverse("whatsapp:messages", args=[conversation]), "before", 200),
        (reverse("whatsapp:inbox_rows"), "open", 200),
        (reverse("whatsapp:inbox_rows"), "after", 200),
        (reverse("whatsapp:chat", args=[amina]), "conversation", 200),
        (reverse("whatsapp:conversation_composer", args=[conversation]), "template", 404),
        (reverse("whatsapp:candidate_composer", args=[amina]), "sender", 404),
        (reverse("whatsapp_api:messages", args=[conversation]), "before", 200),
        (reverse("whatsapp_api:conversations"), "after", 200),
    ]
    for url, name, status in reads:
        assert client.get(url, {name: given}).status_code == status, (url, name)
    cursor = f"2026-11-20T14:18:00+00:00~{given}"
    assert client.get(reverse("whatsapp:inbox_rows"), {"after": cursor}).status_code == 200
    body = {"template": given, "client_id": uuid.uuid4()}
    send = reverse("whatsapp:conversation_send_template", args=[conversation])
    assert client.post(send, body).status_code == 404
    body = {"template_id": given, "client_id": str(uuid.uuid4())}
    answer = client.post(
        reverse("whatsapp_api:messages", args=[conversation]), body, content_type="application/json"
    )
    assert answer.status_code == 400


@pytest.mark.django_db
def test_a_text_with_a_nul_is_sent_without_it(world: World, client: Client) -> None:
    client.force_login(world.alice)
    for what, typed in (
        ("text", {"body": "Fri\0day?"}),
        ("template", {"template": world.template.pk, "value-body.1": "Am\0ina"}),
    ):
        url = reverse(f"whatsapp:conversation_send_{what}", args=[world.conversation.pk])
        assert client.post(url, {**typed, "client_id": uuid.uuid4()}).status_code == 200
    with company_scope(world.company):
        texts = list(Message.objects.order_by("pk").values_list("text", flat=True))
    assert texts[0] == "Friday?"
    assert texts[1].startswith("Hello Amina,")
