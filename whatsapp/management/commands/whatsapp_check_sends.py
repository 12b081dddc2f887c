"""`manage.py whatsapp_check_sends`: asks now what the nightly check asks."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from whatsapp.bulk.check import RULES, check_sends


class Command(BaseCommand):
    help = (
        "Checks everything that was ever sent against what must be true of it: nobody written to "
        "twice, nothing lost, every count right. Fails where a rule is broken, and names rows."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        check = check_sends(now=timezone.now())
        for name, count in check.counts.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {count}")
        for one in check.problems:
            ids = ", ".join(map(str, one["ids"]))
            self.stdout.write(f"{one['code']}: {one['sentence']} {one['rows']}, {one['of']} {ids}")
        if check.problems:
            raise CommandError(f"{len(check.problems)} of {len(RULES)} rules are broken.")
        self.stdout.write(f"All {len(RULES)} rules hold.")
