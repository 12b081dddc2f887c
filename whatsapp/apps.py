"""The module's entry into the host: sidebar, profile tab, settings page, system checks."""

from importlib import import_module

from django.apps import AppConfig

from ats import extensions


class WhatsAppConfig(AppConfig):
    name = "whatsapp"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        # Models exist only from here on, and what is registered uses them.
        import_module("whatsapp.places").register(extensions)
        import_module("whatsapp.checks")
