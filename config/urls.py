"""The project's URLs: the host at the root, the module under `whatsapp/` where it is installed."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path
from django.utils.module_loading import import_string

from config.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("", include("ats.urls")),
]
if apps.is_installed("whatsapp"):
    urlpatterns += [
        # By name: importing the module's code fails where the module is not installed.
        path("healthz/webhooks", import_string("whatsapp.views.health.webhooks"), name="health"),
        path("healthz/sends", import_string("whatsapp.views.health.sends"), name="health_of_sends"),
        path("whatsapp/", include("whatsapp.urls")),
        path("api/whatsapp/", include("whatsapp.api.urls")),
    ]

handler403 = "ats.views.errors.forbidden"
handler404 = "ats.views.errors.not_found"
handler500 = "ats.views.errors.server_error"
