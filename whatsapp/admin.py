"""Ops see what Meta delivered and what could not be applied, and why. Nothing is edited here, and
what people wrote is not shown."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from rest_framework.authtoken.models import TokenProxy

from whatsapp.models import WebhookEvent, WebhookItem

# An API token is a person's password for programs, and that page shows everybody's. They are made
# with `manage.py drf_create_token`.
import_module("rest_framework.authtoken.admin")
admin.site.unregister(TokenProxy)


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "received_at", "state", "attempts", "cause")
    list_filter = ("state",)
    fields = ("received_at", "state", "attempts", "next_try_at", "cause")
    show_full_result_count = False


@admin.register(WebhookItem)
class WebhookItemAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "state", "attempts", "created_at", "applied_at", "cause")
    list_filter = ("state", "kind")
    fields = (
        "event",
        "kind",
        "waba_id",
        "phone_number_id",
        "state",
        "attempts",
        "next_try_at",
        "created_at",
        "applied_at",
        "cause",
    )
    show_full_result_count = False
