"""Seals every stored token and PIN with the newest key of WHATSAPP_TOKEN_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ats.tenancy import all_companies
from whatsapp.connection.vault import Locked, reseal
from whatsapp.models import Connection, ConnectionState, Sender


class Command(BaseCommand):
    help = "Seals tokens and PINs with the newest key. Afterwards older keys may be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        done, locked = 0, []
        with all_companies():
            for pk in Sender.objects.exclude(pin=None).order_by("pk").values_list("pk", flat=True):
                try:
                    with transaction.atomic():
                        sender = Sender.objects.select_for_update().get(pk=pk)
                        sender.pin = reseal(sender.pin or b"")
                        sender.save(update_fields=["pin"])
                except Locked:
                    locked.append(sender.company_id)
            kept = Connection.objects.exclude(state=ConnectionState.DISCONNECTED)
            for pk in kept.order_by("pk").values_list("pk", flat=True):
                try:
                    # Locked, so that a login at this moment is not overwritten with its old token.
                    with transaction.atomic():
                        row = Connection.objects.select_for_update().get(pk=pk)
                        row.token = reseal(row.token)
                        row.save(update_fields=["token"])
                    done += 1
                except Locked:
                    locked.append(row.company_id)
        self.stdout.write(f"{done} tokens sealed with the newest key.")
        if locked:
            raise CommandError(
                f"{len(locked)} could not be opened with any key (companies {locked}). "
                "Put their old key back and run this again, or have them log in again."
            )
