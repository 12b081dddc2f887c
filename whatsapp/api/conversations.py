"""Conversations and their messages."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, cast

from django.utils import timezone
from rest_framework import status
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ats.public import User, company_of
from ats.tenancy import company_scope
from whatsapp import access
from whatsapp.api.new_message import NewMessageSerializer, drafted
from whatsapp.api.serializers import ConversationSerializer, MessageSerializer
from whatsapp.countries import country_name
from whatsapp.ids import whole_number
from whatsapp.models import Conversation, Message
from whatsapp.policy.sentences import say
from whatsapp.selectors.inbox import PAGE, read_cursor
from whatsapp.sending.send import NotAllowed, send
from whatsapp.sending.target import target_of


class ModuleIsOn(BasePermission):
    """404 rather than 403 where the module is off: see `access.require_module`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        access.require_module(request.user)
        return True


class CompanyView(APIView):
    """A token signs in after the middleware has run, so the company's scope opens here."""

    permission_classes = (IsAuthenticated, ModuleIsOn)
    _scope: AbstractContextManager[None] | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            if self._scope is not None:
                self._scope.__exit__(None, None, None)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._scope = company_scope(company_of(self.user(request)))
        self._scope.__enter__()

    @staticmethod
    def user(request: Request) -> User:
        return cast(User, request.user)


class ConversationList(CompanyView):
    def get(self, request: Request) -> Response:
        """Newest first; `next` is the cursor for `?after=`."""
        rows = (
            Conversation.objects.listed().newest_first().select_related("contact", "last_message")
        )
        cursor = read_cursor(request.query_params.get("after", ""))
        page = list((rows.after(*cursor) if cursor else rows)[: PAGE + 1])
        last = page[PAGE - 1] if len(page) > PAGE else None
        following = f"{last.last_message_at.isoformat()}~{last.pk}" if last else None
        data = ConversationSerializer(page[:PAGE], many=True).data
        return Response({"results": data, "next": following})


class MessageList(CompanyView):
    def get(self, request: Request, conversation_id: int) -> Response:
        """Newest first, `?before=` a message's id for the page before it."""
        conversation = access.get_conversation_for(self.user(request), conversation_id)
        rows = Message.objects.filter(conversation=conversation).select_related("media")
        rows = rows.order_by("-at", "-pk")
        before = whole_number(request.query_params.get("before"))
        edge = rows.filter(pk=before).first() if before is not None else None
        if edge is not None:
            rows = rows.filter(at__lte=edge.at).exclude(at=edge.at, pk__gte=edge.pk)
        return Response({"results": MessageSerializer(rows[:PAGE], many=True).data})

    def post(self, request: Request, conversation_id: int) -> Response:
        """Sends one message: see `new_message`. 400 names what has another shape, 409 gives every
        reason where the rules refuse."""
        user = self.user(request)
        access.require_writer(user)
        conversation = access.get_conversation_for(user, conversation_id)
        form = NewMessageSerializer(data=request.data, context={"conversation": conversation})
        form.is_valid(raise_exception=True)
        given, now = form.validated_data, timezone.now()
        try:
            with drafted(given, now=now) as draft:
                message = send(
                    target=target_of(conversation),
                    draft=draft,
                    by=user,
                    client_id=given["client_id"],
                    now=now,
                )
        except NotAllowed as refusal:
            said = [say(reason, country_name=country_name) for reason in refusal.reasons]
            reasons = [
                {"code": s.code, "title": s.title, "sentence": s.sentence, "remedy": s.remedy}
                for s in said
            ]
            return Response({"reasons": reasons}, status=status.HTTP_409_CONFLICT)
        return Response(MessageSerializer(message).data, status=status.HTTP_201_CREATED)
