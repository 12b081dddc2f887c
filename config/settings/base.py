"""What every place shares. What differs by machine comes from the environment (`config.env`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from csp.constants import NONCE, NONE, SELF

from config import env, storage

BASE_DIR = env.BASE_DIR

HOST_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "rest_framework.authtoken",
    "ats.apps.AtsConfig",
]
INSTALLED_APPS = ["whatsapp.apps.WhatsAppConfig", *HOST_APPS]

HOST_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ats.tenancy.CompanyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
MIDDLEWARE = ["whatsapp.views.webhook.WebhookFirst", *HOST_MIDDLEWARE]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["ats.templatetags.look", "django.templatetags.static"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": env.database("DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = env.integer("DATABASE_CONN_MAX_AGE", 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "ats",
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# People
AUTH_USER_MODEL = "ats.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "ats.throttling.attempted_address"
AXES_CLIENT_IP_CALLABLE = "ats.throttling.client_address"
# How many proxies of ours stand before the web process, each adding to X-Forwarded-For.
PROXY_COUNT = env.integer("PROXY_COUNT", 0)
AXES_LOCKOUT_CALLABLE = "ats.views.accounts.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_VERBOSE = False

# Language and time
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
# Files of conversations: a folder, or S3. Never under a URL of their own.
MEDIA_ROOT = env.text("MEDIA_ROOT", "") or str(BASE_DIR / ".local" / "media")
# Whether somebody chose where they are kept (`whatsapp.checks`).
MEDIA_IS_KEPT = bool(env.text("MEDIA_ROOT", "") or env.text("S3_BUCKET", ""))
STORAGES: dict[str, Any] = {
    "default": storage.default(),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024

# Addresses
PUBLIC_URL = env.url("PUBLIC_URL", "http://localhost:8000")
LIVE_URL = env.url("LIVE_URL", "http://localhost:8001")

# Pages: nothing inline, nothing from elsewhere; the stream is the one other origin.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "connect-src": [SELF, env.origin(LIVE_URL)],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
# The configuration page opens Meta's login in a window and must hear from it.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin-allow-popups"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = False

EMAIL_URL = env.text("EMAIL_URL", "consolemail://")
globals().update(env.mail(EMAIL_URL))
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "ATS <no-reply@localhost>")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": [],
}

# WhatsApp: which Meta application this installation is, and where Meta is.
WHATSAPP: dict[str, Any] = {
    "GRAPH_URL": env.url("GRAPH_URL", "https://graph.facebook.com"),
    "GRAPH_VERSION": env.text("GRAPH_VERSION", "v26.0"),
    "FACEBOOK_DIALOG_URL": env.url("FACEBOOK_DIALOG_URL", "https://www.facebook.com"),
    "APP_ID": env.text("FACEBOOK_APP_ID", ""),
    "APP_SECRET": env.text("FACEBOOK_APP_SECRET", ""),
    "CONFIG_ID": env.text("FACEBOOK_CONFIG_ID", ""),
    "VERIFY_TOKEN": env.text("WHATSAPP_VERIFY_TOKEN", ""),
    "TOKEN_KEYS": env.fernet_keys("WHATSAPP_TOKEN_KEYS"),
    "CONNECT_TIMEOUT": env.integer("GRAPH_CONNECT_TIMEOUT", 5),
    "READ_TIMEOUT": env.integer("GRAPH_READ_TIMEOUT", 20),
    # A send whose worker died is called unconfirmed this many seconds after it was claimed: longer
    # than a call may take (`whatsapp.checks`).
    "SENDING_LEASE": env.integer("WHATSAPP_SENDING_LEASE", 90),
    # Connections to Meta that one sending process keeps open: enough for pace × latency.
    "CONNECTIONS": env.integer("WHATSAPP_CONNECTIONS", 16),
    # What slows down and pauses bulk sends: changes to `whatsapp.policy.protection.Thresholds`.
    "RUN_THRESHOLDS": env.mapping("WHATSAPP_RUN_THRESHOLDS"),
    # Percent of a portfolio's messaging limit that bulk sends leave to single messages.
    "SINGLE_SHARE": env.integer("WHATSAPP_SINGLE_SHARE", 10),
    # Deliveries and their items are deleted after so many days (`whatsapp.checks`: at least 8).
    "WEBHOOK_RETENTION_DAYS": env.integer("WEBHOOK_RETENTION_DAYS", 30),
    # `/healthz/webhooks` answers 503 once an event has waited for more seconds than this.
    "WEBHOOK_AGE_ALARM": env.integer("WEBHOOK_AGE_ALARM", 300),
    # What a monitor sends as its bearer token to read that page; empty means staff only.
    "HEALTH_TOKEN": env.text("HEALTH_TOKEN", ""),
    # A file whose worker died is fetched again this many seconds after it was claimed: longer than
    # a task may last (`whatsapp.checks`).
    "MEDIA_LEASE": env.integer("WHATSAPP_MEDIA_LEASE", 360),
    # Where files may be fetched from, besides the Graph itself: the token goes nowhere else.
    "MEDIA_HOSTS": env.words("WHATSAPP_MEDIA_HOSTS", ("lookaside.fbsbx.com",)),
    # The same of the photos in business profiles, which are fetched without a token.
    "PHOTO_HOSTS": env.words("WHATSAPP_PHOTO_HOSTS", ("pps.whatsapp.net",)),
}

# Celery: names and schedules live in config/celery.py
CELERY_BROKER_URL = REDIS_URL

LOGGING_CONFIG = "config.logging.configure"
LOGGING = {"level": env.text("LOG_LEVEL", "INFO")}
