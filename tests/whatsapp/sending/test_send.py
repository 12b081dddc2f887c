"""From the press of Send to Meta's answer: once, under the rules, with every failure in words."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone

from ats.models import CandidateValue
from ats.tenancy import company_scope
from tests.factories.whatsapp import AMINA, MessageFactory, MessageTemplateFactory, WabaFactory
from tests.sandboxed import Sandboxed
from whatsapp.connection import vault
from whatsapp.models import (
    Connection,
    ConnectionState,
    Consent,
    Contact,
    Conversation,
    Message,
    MessageStatus,
)
from whatsapp.sending import engine, messages, outcome
from whatsapp.sending.content import TemplateDraft, TextDraft
from whatsapp.sending.explain import failure_of
from whatsapp.sending.send import NotAllowed, send
from whatsapp.sending.target import target_for_candidate, target_of

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("sending")]


def write(meta: Sandboxed, draft: Any = None, client_id: uuid.UUID | None = None) -> Message:
    with company_scope(meta.world.company):
        conversation = Conversation.objects.select_related(
            "sender__waba", "contact__candidate"
        ).get(pk=meta.world.conversation.pk)
        return send(
            target=target_of(conversation),
            draft=draft or TextDraft("Friday at 14:00?"),
            by=meta.world.alice,
            client_id=client_id or uuid.uuid4(),
            now=timezone.now(),
        )


def drain() -> None:
    assert engine.drain(timezone.now)


def test_a_text_goes_out_once_and_meta_knows_our_id(meta: Sandboxed) -> None:
    message = write(meta)
    assert message.status == MessageStatus.QUEUED
    assert meta.arrived() == []
    drain()
    message.refresh_from_db()
    [seen] = meta.arrived()
    assert (seen["text"], seen["wamid"]) == ("Friday at 14:00?", message.wamid)
    assert seen["biz_opaque_callback_data"] == str(message.callback_id)
    assert message.status == MessageStatus.ACCEPTED
    drain()
    assert len(meta.arrived()) == 1


def test_a_template_reads_as_it_was_approved(meta: Sandboxed) -> None:
    message = write(meta, TemplateDraft(meta.world.template, {"body.1": "Amina"}))
    drain()
    message.refresh_from_db()
    [seen] = meta.arrived()
    assert message.status == MessageStatus.ACCEPTED, message.error_title
    assert message.text in seen["text"]
    assert message.text == "Hello Amina, when would an interview suit you best?"


def test_pressing_send_twice_is_one_message(meta: Sandboxed) -> None:
    draft = uuid.uuid4()
    assert write(meta, client_id=draft) == write(meta, client_id=draft)
    drain()
    assert len(meta.arrived()) == 1


def test_the_rules_are_asked_again_right_before_sending(meta: Sandboxed) -> None:
    message = write(meta)
    with company_scope(meta.world.company):
        Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    assert [one["code"] for one in message.refusal] == ["window_closed"]
    failure = failure_of(message, tz=meta.world.company.tz)
    assert failure is not None
    assert failure.title == "Only a template can be sent"
    assert meta.arrived() == []


def test_what_the_rules_refuse_is_never_written(meta: Sandboxed) -> None:
    with company_scope(meta.world.company):
        Consent.objects.all().delete()
        Conversation.objects.update(last_inbound_at=None)
    with pytest.raises(NotAllowed) as refusal:
        write(meta, TemplateDraft(meta.world.template, {}))
    assert [reason.code.value for reason in refusal.value.reasons] == [
        "missing_values",
        "no_legal_basis",
    ]
    with company_scope(meta.world.company):
        assert not Message.objects.exists()


def test_an_answer_that_is_lost_is_unconfirmed_and_never_sent_again(meta: Sandboxed) -> None:
    meta.stack.control("fail", count=1, code=2, after_accept=True, match="messages")
    message = write(meta)
    drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.UNCONFIRMED
    assert len(meta.arrived()) == 1
    with company_scope(meta.world.company):
        Message.objects.update(next_try_at=timezone.now() - timedelta(days=1))
    drain()
    assert len(meta.arrived()) == 1


def test_meta_out_of_breath_is_asked_again_later(meta: Sandboxed, settings: Any) -> None:
    meta.stack.control("fail", count=1, code=130429, match="messages")
    message = write(meta)
    drain()
    message.refresh_from_db()
    assert (message.status, message.attempts) == (MessageStatus.QUEUED, 1)
    assert message.next_try_at is not None
    later = message.next_try_at
    # The sender's pause is over as well, which Redis counts by its own clock.
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    assert engine.drain(lambda: later)
    message.refresh_from_db()
    assert message.status == MessageStatus.ACCEPTED
    assert len(meta.arrived()) == 1


def test_a_refusal_of_meta_is_final_and_explained(meta: Sandboxed) -> None:
    meta.stack.control("templates/status", template_id=_template_id(meta), status="PAUSED")
    message = write(meta, TemplateDraft(meta.world.template, {"body.1": "Amina"}))
    drain()
    message.refresh_from_db()
    assert (message.status, message.error_code) == (MessageStatus.FAILED, 132015)
    failure = failure_of(message, tz=meta.world.company.tz)
    assert failure is not None
    assert "132015" in failure.meta
    assert failure.remedy


def _template_id(meta: Sandboxed) -> str:
    [business] = meta.stack.ask("businesses")["businesses"]
    return str(business["templates"][0]["id"])


def test_a_dead_token_marks_the_connection_and_keeps_the_message(meta: Sandboxed) -> None:
    meta.stack.control("token/revoke", access_token=meta.token)
    message = write(meta)
    drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.QUEUED
    with company_scope(meta.world.company):
        connection = Connection.objects.get()
        assert connection.state == ConnectionState.BROKEN
        # A new login, and what waited goes out.
        connection.state = ConnectionState.CONNECTED
        fresh = meta.stack.control("token", waba_id=meta.world.sender.waba.waba_id)
        connection.token = vault.seal(fresh["access_token"])
        connection.save()
    drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.ACCEPTED
    assert len(meta.arrived()) == 1


def test_the_first_message_to_a_candidate_begins_the_conversation(meta: Sandboxed) -> None:
    with company_scope(meta.world.company):
        Conversation.objects.all().delete()
        Contact.objects.all().delete()
        target = target_for_candidate(meta.world.amina)
        assert target.conversation is None
        message = send(
            target=target,
            draft=TemplateDraft(meta.world.template, {"body.1": "Amina"}),
            by=meta.world.alice,
            client_id=uuid.uuid4(),
            now=timezone.now(),
        )
    drain()
    with company_scope(meta.world.company):
        contact = Contact.objects.get()
        assert (contact.candidate, contact.phone) == (meta.world.amina, AMINA)
        # What Meta answered for the number is kept, and used from then on.
        assert contact.wa_id == AMINA[1:]
        message.refresh_from_db()
        assert message.conversation.contact == contact


def test_a_message_whose_worker_is_gone_becomes_unconfirmed_after_its_lease(
    meta: Sandboxed, settings: Any
) -> None:
    message = write(meta)
    with company_scope(meta.world.company):
        Message.objects.filter(pk=message.pk).update(
            status=MessageStatus.SENDING, claimed_at=timezone.now()
        )
        lease = timedelta(seconds=settings.WHATSAPP["SENDING_LEASE"])
        assert outcome.expire_claims(now=timezone.now() + lease - timedelta(seconds=1)) == 0
        assert outcome.expire_claims(now=timezone.now() + lease + timedelta(seconds=1)) == 1
    message.refresh_from_db()
    assert message.status == MessageStatus.UNCONFIRMED


def test_a_draft_that_went_out_with_other_words_is_not_answered_with_them(
    meta: Sandboxed,
) -> None:
    draft = uuid.uuid4()
    write(meta, TextDraft("Friday?"), client_id=draft)
    with pytest.raises(NotAllowed) as refusal:
        write(meta, TextDraft("No, Saturday!"), client_id=draft)
    assert [reason.code.value for reason in refusal.value.reasons] == ["draft_changed"]


def test_what_cannot_be_prepared_has_not_left_and_says_so_in_the_end(
    meta: Sandboxed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a fault of ours")

    message = write(meta)
    monkeypatch.setattr(messages, "payload_of", broken)
    drain()
    message.refresh_from_db()
    assert message.status == MessageStatus.QUEUED
    later = timezone.now() + outcome.GIVEN_UP_AFTER + timedelta(minutes=1)
    engine.drain(lambda: later)
    message.refresh_from_db()
    assert message.status == MessageStatus.FAILED
    failure = failure_of(message, tz=meta.world.company.tz)
    assert failure is not None
    assert "before anything reached WhatsApp" in failure.sentence
    assert meta.arrived() == []


def test_a_message_that_waited_for_a_day_is_not_sent_any_more(meta: Sandboxed) -> None:
    message = write(meta)
    with company_scope(meta.world.company):
        Message.objects.update(created_at=timezone.now() - timedelta(hours=25))
    drain()
    message.refresh_from_db()
    assert [one["code"] for one in message.refusal] == ["waited_too_long"]
    assert meta.arrived() == []


def test_a_template_of_another_account_is_refused(meta: Sandboxed) -> None:
    with company_scope(meta.world.company):
        connection = meta.world.sender.waba.connection
        waba = WabaFactory(company=meta.world.company, connection=connection)
        other = MessageTemplateFactory(company=meta.world.company, waba=waba)
    with pytest.raises(NotAllowed) as refusal:
        write(meta, TemplateDraft(other, {"body.1": "Amina"}))
    assert [reason.code.value for reason in refusal.value.reasons] == ["template_of_other_sender"]


def test_a_candidate_whose_number_was_taken_away_gets_answers_but_no_template(
    meta: Sandboxed,
) -> None:
    with company_scope(meta.world.company):
        CandidateValue.objects.all().delete()
    with pytest.raises(NotAllowed) as refusal:
        write(meta, TemplateDraft(meta.world.template, {"body.1": "Amina"}))
    assert [reason.code.value for reason in refusal.value.reasons] == ["no_number"]
    write(meta)
    drain()
    assert len(meta.arrived()) == 1


def test_a_candidate_with_another_number_now_gets_no_template_at_the_old_one(
    meta: Sandboxed,
) -> None:
    with company_scope(meta.world.company):
        CandidateValue.objects.update(value="+254733000111")
    with pytest.raises(NotAllowed) as refusal:
        write(meta, TemplateDraft(meta.world.template, {"body.1": "Amina"}))
    assert [reason.code.value for reason in refusal.value.reasons] == ["number_changed"]


def test_an_answer_that_did_not_arrive_leaves_the_candidate_waiting(meta: Sandboxed) -> None:
    asked_at = timezone.now() - timedelta(hours=1)
    with company_scope(meta.world.company):
        MessageFactory(
            conversation=meta.world.conversation,
            direction="in",
            status="received",
            at=asked_at,
            created_at=asked_at,
        )
        Conversation.objects.update(waiting_since=asked_at)
    meta.stack.control("fail", count=1, code=131026, match="messages")
    write(meta)
    with company_scope(meta.world.company):
        assert Conversation.objects.get().waiting_since is None
        drain()
        assert Conversation.objects.get().waiting_since == asked_at


def test_a_message_that_is_tried_again_is_not_overtaken(meta: Sandboxed) -> None:
    meta.stack.control("fail", count=1, code=131000, match="messages")
    for body in ("first", "second", "third"):
        write(meta, TextDraft(body))
    drain()
    assert meta.arrived() == []
    later = timezone.now() + timedelta(minutes=1)
    assert engine.drain(lambda: later)
    assert [one["text"] for one in meta.arrived()] == ["first", "second", "third"]
