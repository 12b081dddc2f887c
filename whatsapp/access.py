"""The gate from a request to a page and from a person to a row.

Pages of a module that is off answer 404, as if they did not exist; so does a row of another
company, and a row that is not there. A page that the person's role does not cover answers 403 and
says which role does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from ats.public import Role, User, company_of, has_module
from whatsapp.models import (
    BulkRun,
    Contact,
    Conversation,
    LiveEvent,
    MediaFile,
    Message,
    MessageTemplate,
    Sender,
    TemplateTranslation,
    Waba,
)

MODULE = "whatsapp"
View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class SignedIn(HttpRequest):
    """A request that passed `member`: its user belongs to a company."""

    user: User


def module_is_on(user: Any) -> bool:
    return (
        user.is_authenticated
        and user.company_id is not None
        and bool(has_module(user.company, MODULE))
    )


def may_write(user: User) -> bool:
    """Whether the person may send messages and record consent. The host knows, and says no to a
    role that it does not know."""
    return user.can_write


def may_configure(user: User) -> bool:
    return user.role == Role.WHATSAPP_ADMIN


def require_module(user: Any) -> None:
    if not module_is_on(user):
        raise Http404("No such page.")


def require_writer(user: User) -> None:
    if not may_write(user):
        raise PermissionDenied(
            "Your role may read conversations but not write. "
            "Ask a company admin to make you a recruiter."
        )


def require_configurer(user: User, to: str = "open the WhatsApp configuration") -> None:
    """`to` is what was asked, for the sentence that refuses it."""
    if not may_configure(user):
        # A company admin would be sent to themselves.
        remedy = (
            "Give somebody that role, or yourself, among the users of your company."
            if user.role == Role.COMPANY_ADMIN
            else "Ask a company admin to give you that role."
        )
        raise PermissionDenied(f"Only a WhatsApp admin may {to}. {remedy}")


def _gate(*checks: Callable[[User], None]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = cast(User, request.user)
            for check in checks:
                check(user)
            if "HX-Request" not in request.headers:
                # Read before the page's own rows: what is published while they are read is then
                # told again, instead of being missed.
                request.live_after = LiveEvent.objects.newest_id()  # type: ignore[attr-defined]
            # Every time on the module's pages is the company's.
            with timezone.override(company_of(user).tz):
                return view(request, *args, **kwargs)

        return cast(View, login_required(gated))

    return decorate


member = _gate(require_module)
writer = _gate(require_module, require_writer)
configurer = _gate(require_module, require_configurer)
template_writer = _gate(
    require_module, partial(require_configurer, to="write and change message templates")
)


def operator(view: View) -> View:
    """For ops alone. Everybody else is told nothing, not even that there is such a page."""

    @wraps(view)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_operator(request.user):
            raise Http404("No such page.")
        return view(request, *args, **kwargs)

    return cast(View, login_required(gated))


def is_operator(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_staff)


def get_conversation_for(user: User, conversation_id: int) -> Conversation:
    """The conversation with its sender, contact and candidate. 404 where it is not theirs."""
    row = (
        Conversation.objects.filter(company=company_of(user), pk=conversation_id)
        .select_related("sender__waba", "contact__candidate", "last_message")
        .first()
    )
    if row is None:
        raise Http404("No such conversation.")
    if row.moved_to_id is not None:
        # Its messages went to another thread of the same person; an open page follows them.
        return get_conversation_for(user, row.moved_to_id)
    return row


def get_media_for(user: User, media_id: int) -> MediaFile:
    """The file with its message, as for the conversation. 404 where it is not theirs."""
    row = (
        MediaFile.objects.filter(company=company_of(user), pk=media_id)
        .select_related("message")
        .first()
    )
    if row is None:
        raise Http404("No such file.")
    return row


def get_run_for(user: User, run_id: int | None) -> BulkRun:
    """The bulk run with what it is made of. 404 where there is none, also for what is no id."""
    rows = BulkRun.objects.filter(company=company_of(user)).select_related(
        "author", "template", "sender__waba"
    )
    row = rows.filter(pk=run_id).first() if run_id is not None else None
    if row is None:
        raise Http404("No such bulk send.")
    return row


def get_sender_for(user: User, sender_id: int) -> Sender:
    """The sender with its WABA and connection. 404 where Meta lists it no more, too."""
    row = (
        Sender.objects.filter(company=company_of(user), pk=sender_id, is_gone=False)
        .select_related("waba__connection")
        .first()
    )
    if row is None:
        raise Http404("No such sender.")
    return row


def get_message_for(user: User, message_id: int) -> Message:
    """The message with its conversation. 404 where it is not theirs."""
    row = (
        Message.objects.filter(company=company_of(user), pk=message_id)
        .select_related("conversation", "run")
        .first()
    )
    if row is None:
        raise Http404("No such message.")
    return row


def get_contact_for(user: User, contact_id: int) -> Contact:
    """The contact with its candidate, or the one that it has become part of."""
    row = (
        Contact.objects.filter(company=company_of(user), pk=contact_id)
        .select_related("candidate", "merged_into__candidate")
        .first()
    )
    if row is None:
        raise Http404("No such contact.")
    return row.merged_into or row


def get_template_for(user: User, template_id: int | None) -> MessageTemplate:
    """404 where there is none, also for what is no id at all."""
    rows = MessageTemplate.objects.filter(company=company_of(user))
    row = rows.filter(pk=template_id).first() if template_id is not None else None
    if row is None:
        raise Http404("No such template.")
    return row


def get_waba_for(user: User, waba_id: int | None) -> Waba:
    """404 where there is none, also for what is no id at all."""
    rows = Waba.objects.filter(company=company_of(user), is_gone=False)
    row = rows.filter(pk=waba_id).first() if waba_id is not None else None
    if row is None:
        raise Http404("No such WhatsApp account.")
    return row


def get_translation_for(user: User, translation_id: int) -> TemplateTranslation:
    """One language of a template with its family, WABA and connection. 404 where it is not
    theirs."""
    row = (
        TemplateTranslation.objects.filter(company=company_of(user), pk=translation_id)
        .select_related("family__waba__connection", "file", "draft_file", "saved_by")
        .first()
    )
    if row is None:
        raise Http404("No such template.")
    return row
