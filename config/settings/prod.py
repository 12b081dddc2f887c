"""Production: HTTPS only, every secret from the environment, hashed static files."""

from config import env
from config.settings.base import *  # noqa: F403

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
PUBLIC_URL = env.url("PUBLIC_URL")
LIVE_URL = env.url("LIVE_URL")
CSRF_TRUSTED_ORIGINS = [env.origin(PUBLIC_URL)]

for _name in ("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"):
    env.text(_name)

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
# The health check of the container asks over plain HTTP from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
PROXY_COUNT = env.integer("PROXY_COUNT", 1)

STORAGES["staticfiles"] = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
