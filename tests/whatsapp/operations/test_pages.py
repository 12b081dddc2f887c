"""The pages of ops: who gets in, what they show, and what a press of “Apply again” takes."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ats.models import User
from tests.factories.ats import UserFactory
from tests.factories.whatsapp import NOW, WebhookEventFactory, WebhookItemFactory
from whatsapp.models import EventState, ItemState, WebhookItem
from whatsapp.selectors import operations as selector

pytestmark = pytest.mark.django_db

PAGE = "/whatsapp/operations/webhooks/"
APPLY = f"{PAGE}apply/"


def text_of(answer: Any) -> str:
    """What one reads: without tags, blanks joined."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def toasts(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def waiting() -> set[int]:
    return set(WebhookItem.objects.filter(state=ItemState.WAITING).values_list("pk", flat=True))


def addresses() -> list[str]:
    item = WebhookItemFactory()
    return [
        PAGE,
        APPLY,
        reverse("whatsapp:webhook_item", args=[item.pk]),
        reverse("whatsapp:apply_item", args=[item.pk]),
        reverse("whatsapp:webhook_delivery", args=[item.event_id]),
        reverse("whatsapp:apply_delivery", args=[item.event_id]),
    ]


class TestWhoGetsIn:
    def test_for_a_companys_people_there_is_no_such_page(self, charlie: Client) -> None:
        for address in addresses():
            assert {charlie.get(address).status_code, charlie.post(address).status_code} <= {
                404,
                405,
            }
        assert waiting() == set()

    def test_strangers_are_sent_to_sign_in(self, client: Client) -> None:
        for address in addresses():
            for answer in (client.get(address), client.post(address)):
                assert answer.status_code == 405 or answer["Location"].startswith(reverse("login"))
        assert waiting() == set()

    def test_nothing_happens_without_the_forms_token(self, operator: User) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(operator)
        item = WebhookItemFactory()
        assert strict.post(reverse("whatsapp:apply_item", args=[item.pk])).status_code == 403
        assert waiting() == set()

    def test_reading_an_address_changes_nothing(self, ops: Client) -> None:
        for address in addresses():
            assert ops.get(address).status_code in (200, 405)
        assert waiting() == set()

    def test_the_administration_leads_here(self, client: Client) -> None:
        client.force_login(UserFactory(company=None, is_staff=True, is_superuser=True))
        for address in ("/admin/", "/admin/whatsapp/webhookitem/"):
            assert f'href="{PAGE}"' in client.get(address).content.decode()


class TestThePage:
    def test_an_empty_installation_says_so(self, ops: Client) -> None:
        said = text_of(ops.get(PAGE))
        assert "Everything is applied or stopped" in said
        assert "No item is parked." in said
        assert "Everything that came was for a company here." in said
        assert "This version reads every field that came." in said
        assert "Nothing in the state “Parked”" in said

    def test_a_queue_that_stands_still_is_told(self, ops: Client) -> None:
        WebhookEventFactory(received_at=NOW - timedelta(minutes=4), state=EventState.NEW)
        assert 'role="alert"' not in ops.get(PAGE).content.decode()
        WebhookEventFactory(
            received_at=NOW - timedelta(hours=1, minutes=30), state=EventState.NEW, attempts=1
        )
        said = text_of(ops.get(PAGE))
        assert "The oldest event has waited for 1 hour 30 minutes." in said
        assert "see that a worker runs" in said

    def test_parked_items_are_grouped_by_cause(self, ops: Client) -> None:
        for hours in (1, 5):
            at = NOW - timedelta(hours=hours)
            WebhookItemFactory(event__received_at=at, cause="<b>No wamid</b>")
        WebhookItemFactory(kind="statuses", cause="Other")
        answer = ops.get(PAGE)
        groups = answer.context["causes"]
        assert [(g["kind"], g["cause"], g["items"]) for g in groups] == [
            ("messages", "<b>No wamid</b>", 2),
            ("statuses", "Other", 1),
        ]
        assert (groups[0]["first"], groups[0]["last"]) == (
            NOW - timedelta(hours=5),
            NOW - timedelta(hours=1),
        )
        assert b"<b>No wamid" not in answer.content

    def test_what_nobody_owns_says_until_when_it_is_applied_by_itself(self, ops: Client) -> None:
        number = {"waba_id": "1009", "phone_number_id": "3009", "state": ItemState.UNCLAIMED}
        for days in (1, 3, 8):
            WebhookItemFactory(event__received_at=NOW - timedelta(days=days), **number)
        WebhookItemFactory(
            event__received_at=NOW - timedelta(days=9), waba_id="1008", state=ItemState.UNCLAIMED
        )
        answer = ops.get(PAGE)
        said = text_of(answer)
        assert "2 of 3, the last until 26 Nov, 14:18" in said
        assert "The whole WABA 1008 1 11 Nov, 14:18 11 Nov, 14:18 No more, since 18 Nov" in said

    def test_fields_not_read_are_counted(self, ops: Client) -> None:
        for _ in range(3):
            WebhookItemFactory(state=ItemState.UNHANDLED, kind="user_preferences")
        assert "user_preferences 3 " in text_of(ops.get(PAGE))

    def test_groups_are_made_of_a_bounded_number(
        self, ops: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(selector, "COUNTED", 2)
        for _ in range(3):
            WebhookItemFactory()
        assert ops.get(PAGE).context["causes"][0]["items"] == 2

    def test_no_message_text_and_no_number_of_a_person_is_on_it(self, ops: Client) -> None:
        WebhookItemFactory(payload={"item": {"from": "254722555014", "text": {"body": "Secret"}}})
        said = ops.get(PAGE).content.decode()
        assert "Secret" not in said
        assert "254722555014" not in said


class TestTheList:
    def ids(self, answer: Any) -> list[int]:
        return [row.pk for row in answer.context["page"].rows]

    def test_it_shows_what_matches_everything_chosen(self, ops: Client) -> None:
        old, new = (
            WebhookItemFactory(event__received_at=NOW - timedelta(days=days)) for days in (3, 0)
        )
        status = WebhookItemFactory(kind="statuses", phone_number_id="3009", cause="Other")
        kept = WebhookItemFactory(state=ItemState.UNHANDLED, kind="history")
        for query, expected in {
            "": [status.pk, new.pk, old.pk],
            "?field=statuses": [status.pk],
            "?account=3009": [status.pk],
            "?until=2026-11-18": [old.pk],
            "?since=2026-11-20T14:00&field=messages": [new.pk],
            f"?like={old.pk}": [new.pk, old.pk],
            "?state=unhandled": [kept.pk],
            "?state=applied": [],
            f"?like={2**40}": [],
        }.items():
            assert self.ids(ops.get(PAGE + query)) == expected, query

    def test_pages_follow_each_other_without_gap_or_repetition(
        self, ops: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(selector, "PAGE", 2)
        every = [WebhookItemFactory(kind="statuses").pk for _ in range(5)][::-1]
        seen: list[int] = []
        address = f"{PAGE}?state=parked&field=statuses"
        while address:
            answer = ops.get(address)
            seen += self.ids(answer)
            link = re.search(r'rel="next" href="([^"#]+)', answer.content.decode())
            address = PAGE + link[1].replace("&amp;", "&") if link else ""
        assert seen == every

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("since=yesterday", "“yesterday” is neither a day such as 2026-11-20 nor a time"),
            ("since=2026-11-20&until=2026-11-18", "This is before the time in “from”."),
            ("until=0001-01-01T00:00%2B23:00", "is neither a day"),
            ("until=9999-12-31", "is neither a day"),
            ("state=nonsense", "nonsense"),
        ],
    )
    def test_a_mistake_is_named_and_stays_typed(self, ops: Client, query: str, said: str) -> None:
        answer = ops.get(f"{PAGE}?{query}")
        assert answer.status_code == 200
        assert said in text_of(answer)
        if "yesterday" in query:
            assert 'value="yesterday"' in answer.content.decode()
            assert "Correct the choice above" in text_of(answer)

    @pytest.mark.parametrize("query", ["like=x", f"like={2**70}", "before=x", f"before={2**70}"])
    def test_a_made_up_number_breaks_nothing(self, ops: Client, query: str) -> None:
        assert ops.get(f"{PAGE}?{query}").status_code == 200


class TestApplyingAgain:
    def test_everything_with_the_same_cause(self, ops: Client) -> None:
        first, second = WebhookItemFactory(), WebhookItemFactory()
        WebhookItemFactory(cause="Another")
        WebhookItemFactory(kind="statuses")
        answer = ops.post(APPLY, {"state": "parked", "like": first.pk}, follow=True)
        assert waiting() == {first.pk, second.pk}
        assert toasts(answer) == ["2 are being applied again."]
        # Somebody else presses the same button a moment later.
        again = ops.post(APPLY, {"state": "parked", "like": first.pk}, follow=True)
        assert toasts(again) == ["Nothing matches any more: somebody was quicker, or a worker was."]

    def test_a_time_range_and_back_to_the_list_as_it_was(self, ops: Client) -> None:
        inside = WebhookItemFactory(event__received_at=NOW - timedelta(days=2))
        WebhookItemFactory()
        query = "state=parked&until=2026-11-19"
        sent = {"state": "parked", "until": "2026-11-19", "back": query}
        answer = ops.post(APPLY, sent)
        assert answer["Location"] == f"{PAGE}?{query}"
        assert waiting() == {inside.pk}

    def test_back_leads_nowhere_else(self, ops: Client) -> None:
        sent = {"state": "parked", "back": "//evil.example/\r\nSet-Cookie: a=b"}
        location = ops.post(APPLY, sent)["Location"]
        assert location.startswith(f"{PAGE}?//evil")
        assert "\n" not in location

    def test_a_number_that_nobody_owns(self, ops: Client) -> None:
        theirs = WebhookItemFactory(state=ItemState.UNCLAIMED, phone_number_id="3009")
        WebhookItemFactory(state=ItemState.UNCLAIMED, phone_number_id="3008")
        ops.post(APPLY, {"state": "unclaimed", "account": "3009"})
        assert waiting() == {theirs.pk}

    @pytest.mark.parametrize("sent", [{}, {"state": "applied"}, {"state": "parked", "since": "x"}])
    def test_a_choice_that_says_too_little_takes_nothing(
        self, ops: Client, sent: dict[str, str]
    ) -> None:
        WebhookItemFactory()
        WebhookItemFactory(state=ItemState.APPLIED)
        answer = ops.post(APPLY, sent, follow=True)
        assert toasts(answer)[0].startswith("Say what to apply again")
        assert waiting() == set()

    def test_too_many_for_a_page_are_left_to_the_command(
        self, ops: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(selector, "COUNTED", 2)
        for _ in range(3):
            WebhookItemFactory()
        answer = ops.post(APPLY, {"state": "parked"}, follow=True)
        assert "whatsapp_replay" in toasts(answer)[0]
        assert waiting() == set()

    def test_one_item_from_the_list_and_from_its_own_page(self, ops: Client) -> None:
        item = WebhookItemFactory()
        address = reverse("whatsapp:apply_item", args=[item.pk])
        assert ops.post(address, {"back": "state=parked"})["Location"] == f"{PAGE}?state=parked"
        assert waiting() == {item.pk}
        WebhookItem.objects.update(state=ItemState.APPLIED, applied_at=NOW)
        assert ops.post(address)["Location"] == reverse("whatsapp:webhook_item", args=[item.pk])
        assert waiting() == {item.pk}

    def test_of_a_delivery_what_stopped(self, ops: Client) -> None:
        event = WebhookEventFactory()
        stopped = WebhookItemFactory(event=event)
        WebhookItemFactory(event=event, state=ItemState.APPLIED)
        WebhookItemFactory()
        ops.post(reverse("whatsapp:apply_delivery", args=[event.pk]))
        assert waiting() == {stopped.pk}

    def test_a_delivery_that_could_not_be_split(self, ops: Client) -> None:
        event = WebhookEventFactory(state=EventState.PARKED, cause="The body is not JSON.")
        assert "The body is not JSON." in text_of(ops.get(PAGE))
        ops.post(reverse("whatsapp:apply_delivery", args=[event.pk]))
        event.refresh_from_db()
        assert event.state == EventState.NEW

    def test_the_log_says_who_and_what(
        self, ops: Client, operator: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        item = WebhookItemFactory()
        with caplog.at_level(logging.INFO):
            ops.post(APPLY, {"state": "parked", "like": item.pk, "field": "messages"})
        line = next(m for m in caplog.messages if m.startswith("webhooks_applied_again"))
        assert f"by={operator.pk} rows=1 " in line
        assert f"like='{item.pk}'" in line


class TestWhatMetaSent:
    def test_an_item_is_shown_whole_and_escaped(self, ops: Client) -> None:
        payload = {"item": {"text": {"body": "<script>alert(1)</script> für Zoë"}}}
        item = WebhookItemFactory(payload=payload, cause="<i>why</i>")
        answer = ops.get(reverse("whatsapp:webhook_item", args=[item.pk]))
        page = answer.content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt; für Zoë" in page
        assert "<script>alert" not in page
        assert "<i>why" not in page
        assert "no-store" in answer["Cache-Control"]

    def test_who_opens_one_is_noted_by_ids_alone(
        self, ops: Client, operator: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        item = WebhookItemFactory()
        with caplog.at_level(logging.INFO):
            ops.get(reverse("whatsapp:webhook_item", args=[item.pk]))
            ops.get(reverse("whatsapp:webhook_delivery", args=[item.event_id]))
        assert f"webhook_item_opened by={operator.pk} item={item.pk}" in caplog.messages
        assert f"webhook_delivery_opened by={operator.pk} event={item.event_id}" in caplog.messages
        assert "254722555014" not in caplog.text

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe not json", b"<b>" * 40_000])
    def test_any_body_is_shown(self, ops: Client, body: bytes) -> None:
        event = WebhookEventFactory(body=body, state=EventState.PARKED)
        answer = ops.get(reverse("whatsapp:webhook_delivery", args=[event.pk]))
        assert answer.status_code == 200
        assert b"<b><b>" not in answer.content
        assert len(answer.content) < 800_000

    @pytest.mark.parametrize("name", ["webhook_item", "webhook_delivery", "apply_item"])
    def test_one_that_is_gone_is_missing(self, ops: Client, name: str) -> None:
        ask = ops.post if name.startswith("apply") else ops.get
        for pk in (2**40, 2**70):
            assert ask(reverse(f"whatsapp:{name}", args=[pk])).status_code == 404
