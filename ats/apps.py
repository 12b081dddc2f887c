"""Registers the host application and its own places in the shell."""

from django.apps import AppConfig

from ats import shell


class AtsConfig(AppConfig):
    name = "ats"
    verbose_name = "Applicant tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        shell.register()
