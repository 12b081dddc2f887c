"""Addresses of the REST API."""

from django.urls import path

from whatsapp.api.conversations import ConversationList, MessageList
from whatsapp.api.runs import RunAct, RunDetail, RunList, RunRows
from whatsapp.bulk import runs

app_name = "whatsapp_api"

urlpatterns = [
    path("conversations/", ConversationList.as_view(), name="conversations"),
    path("conversations/<int:conversation_id>/messages/", MessageList.as_view(), name="messages"),
    path("runs/", RunList.as_view(), name="runs"),
    path("runs/<int:run_id>/", RunDetail.as_view(), name="run"),
    path("runs/<int:run_id>/rows/", RunRows.as_view(), name="run_rows"),
    path("runs/<int:run_id>/pause/", RunAct.as_view(act=runs.pause), name="run_pause"),
    path("runs/<int:run_id>/resume/", RunAct.as_view(act=runs.resume), name="run_resume"),
    path("runs/<int:run_id>/start/", RunAct.as_view(act=runs.start_now), name="run_start"),
    path("runs/<int:run_id>/stop/", RunAct.as_view(act=runs.stop), name="run_stop"),
    path("runs/<int:run_id>/let-go-on/", RunAct.as_view(act=runs.let_go_on), name="run_let_go_on"),
]
