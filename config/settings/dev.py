"""A developer's machine: `make run` starts the servers and fills in the environment."""

from config.settings.base import *  # noqa: F403

DEBUG = True
SECRET_KEY = "only-for-this-machine-never-in-production-0123456789"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# Templates are read again when they change.
TEMPLATES[0]["APP_DIRS"] = False
TEMPLATES[0]["OPTIONS"]["loaders"] = [  # type: ignore[index]
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
