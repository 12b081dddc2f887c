"""The ATS without the WhatsApp module: proves that the host stands alone."""

from config.settings.test import *  # noqa: F403
from config.settings.test import HOST_APPS, HOST_MIDDLEWARE

INSTALLED_APPS = list(HOST_APPS)
MIDDLEWARE = list(HOST_MIDDLEWARE)
