"""Whom a message goes to and from which number: from a conversation, or from a candidate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ats.public import Candidate, User, candidate_mobile
from whatsapp.contacts.identity import contact_for_candidate, with_number
from whatsapp.contacts.links import say_who
from whatsapp.inbox.conversations import conversation_between
from whatsapp.models import CompanySettings, Contact, Conversation, Sender
from whatsapp.policy.send import window
from whatsapp.policy.spellings import spellings


@dataclass(frozen=True, slots=True)
class Target:
    """Anything but the candidate's company may be missing: the policy then says so in words.

    `mobile` is the validated number of the candidate's record; of a person who is no candidate it
    is the number that they wrote from.
    """

    sender: Sender | None
    contact: Contact | None
    conversation: Conversation | None
    candidate: Candidate | None
    mobile: str | None
    # Whose conversation it is, where another candidate has the same number.
    shared_with: Candidate | None = None
    # The number that `sender` has replaced, whose conversation was open.
    instead_of: Sender | None = None

    @property
    def number_changed(self) -> bool:
        """The conversation is with another number than the record has now."""
        if self.contact is None or self.mobile is None or not self.contact.phone:
            return False
        forms = spellings(self.mobile.removeprefix("+"))
        return not forms & {self.contact.phone.removeprefix("+"), self.contact.wa_id}

    @property
    def last_inbound_at(self) -> datetime | None:
        return self.conversation.last_inbound_at if self.conversation else None


def target_of(conversation: Conversation) -> Target:
    """The person of a conversation, at the number or user id that WhatsApp knows them by."""
    contact = conversation.contact
    return Target(
        sender=conversation.sender,
        contact=contact,
        conversation=conversation,
        candidate=contact.candidate,
        mobile=mobile_of(contact.candidate) if contact.candidate else contact.phone or None,
    )


def target_to_write(conversation: Conversation, *, now: datetime) -> Target:
    """Where a message that is written now in this conversation goes: as `target_of`, unless its
    number has been replaced. Then only an answer in the open window leaves from it, while it is
    connected; everything else begins, or goes on with, a conversation from its successor."""
    target = target_of(conversation)
    old = conversation.sender
    successor = old.successor
    if successor is None:
        return target
    if old.status == "CONNECTED" and window(conversation.last_inbound_at, now).open:
        return target
    thread = (
        Conversation.objects.filter(sender=successor, contact=conversation.contact_id)
        .select_related("sender__waba", "contact__candidate")
        .first()
    )
    return replace(target, sender=successor, conversation=thread, instead_of=old)


def target_for_candidate(candidate: Candidate, *, sender: Sender | None = None) -> Target:
    """A candidate at the number in the recipient field, which may have a conversation already."""
    sender = sender or usual_sender()
    mobile = mobile_of(candidate)
    contact = conversation = None
    if sender is not None and mobile:
        contact = with_number(sender.waba.portfolio_id, mobile.removeprefix("+"))
    if contact is not None and contact.candidate_id not in (None, candidate.pk):
        # One WhatsApp account cannot be two people: nothing of theirs is shown or sent from here.
        return Target(sender, None, None, candidate, mobile, shared_with=contact.candidate)
    if contact is not None:
        conversation = (
            Conversation.objects.filter(sender=sender, contact=contact)
            .select_related("sender__waba", "contact__candidate")
            .first()
        )
    return Target(sender, contact, conversation, candidate, mobile)


def mobile_of(candidate: Candidate) -> str | None:
    """E.164 in the field that the WhatsApp admin chose; None where it or the choice is missing."""
    field_id = CompanySettings.objects.values_list("recipient_field_id", flat=True).first()
    return candidate_mobile(candidate, field_id) if field_id else None


def usual_sender() -> Sender | None:
    """The number to write from where nobody chose one: the oldest that can send."""
    rows = Sender.objects.filter(is_gone=False).select_related("waba").order_by("pk")
    in_use = rows.filter(replaced_by=None)
    return in_use.filter(status="CONNECTED").first() or in_use.first() or rows.first()


def _as_it_is(conversation: Conversation) -> Conversation:
    """Colleagues may have joined or parted people since the page was drawn: the thread that the
    messages are in now, with its contact locked, so that a message written next stays with it."""
    Contact.objects.select_for_update(no_key=True).get(pk=conversation.contact_id)
    rows = Conversation.objects.select_related("sender__waba", "contact__candidate", "moved_to")
    row = rows.get(pk=conversation.pk)
    return _as_it_is(row.moved_to) if row.moved_to else row


def open_conversation(target: Target, *, by: User | None, now: datetime) -> Conversation:
    """The target's conversation, begun where there is none. The policy has allowed it before."""
    if target.conversation is not None:
        conversation = _as_it_is(target.conversation)
        contact = conversation.contact
        if contact.candidate_id is None and target.candidate is not None:
            # Somebody unknown wrote first; who writes back from a profile says who it is.
            say_who(contact, target.candidate, by=by, now=now)
        return conversation
    if target.sender is not None and target.contact is not None and target.instead_of is not None:
        return conversation_between(target.sender, target.contact, now=now)
    if target.sender is None or target.candidate is None or not target.mobile:
        raise ValueError("a conversation needs a sender, a candidate and a number")
    contact = contact_for_candidate(
        target.candidate,
        portfolio_id=target.sender.waba.portfolio_id,
        phone=target.mobile,
        by=by,
        now=now,
    )
    return conversation_between(target.sender, contact, now=now)
