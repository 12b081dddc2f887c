"""The environment that the processes on a developer's machine and in the tests run with."""

from __future__ import annotations

import os
from pathlib import Path

import environ
from cryptography.fernet import Fernet

from dev.servers import LOCAL, ROOT

# The sandbox's own Meta application. Nothing outside this machine knows it.
SANDBOX_APP = {
    "FACEBOOK_APP_ID": "100000000000001",
    "FACEBOOK_APP_SECRET": "sandbox-app-secret",
    "FACEBOOK_CONFIG_ID": "200000000000001",
    "WHATSAPP_VERIFY_TOKEN": "sandbox-verify-token",
}


def read_dotenv() -> None:
    """Takes `.env` in, where there is one; what is set already wins."""
    file = ROOT / ".env"
    if file.exists():
        environ.Env.read_env(str(file))


def token_key(directory: Path = LOCAL) -> str:
    """The key for tokens at rest, made once for this checkout."""
    file = directory / "token.key"
    if not file.exists():
        directory.mkdir(parents=True, exist_ok=True)
        file.write_text(Fernet.generate_key().decode())
        file.chmod(0o600)
    return file.read_text().strip()


def addresses(web: int, live: int, sandbox: int) -> dict[str, str]:
    """Where the processes find each other."""
    return {
        "PUBLIC_URL": f"http://localhost:{web}",
        "LIVE_URL": f"http://localhost:{live}",
        "GRAPH_URL": f"http://127.0.0.1:{sandbox}",
        "FACEBOOK_DIALOG_URL": f"http://localhost:{sandbox}",
        "WHATSAPP_WEBHOOK_URL": f"http://127.0.0.1:{web}/whatsapp/webhook/",
    }


def of_ports(
    web: int, live: int, sandbox: int, *, settings: str, local: Path = LOCAL
) -> dict[str, str]:
    """Everything but the two servers' addresses. What the caller's environment sets wins, except
    the settings module and what belongs to the ports."""
    own = {
        **addresses(web, live, sandbox),
        "WHATSAPP_TOKEN_KEYS": token_key(),
        "WEB_CONCURRENCY": "1",
        "WEB_RELOAD": "1" if settings.endswith(".dev") else "0",
        "WORKER_CONCURRENCY": "2",
        "MEDIA_ROOT": str(local / "media"),
        **SANDBOX_APP,
        **os.environ,
    }
    ports = {
        "DJANGO_SETTINGS_MODULE": settings,
        "WEB_HOST": "127.0.0.1",
        "WEB_PORT": str(web),
        "UVICORN_HOST": "127.0.0.1",
        "UVICORN_PORT": str(live),
        "SANDBOX_PORT": str(sandbox),
        "SANDBOX_STATE": str(local / "sandbox"),
        "BEAT_SCHEDULE_FILE": str(local / "celerybeat-schedule"),
        "PYTHONUNBUFFERED": "1",
    }
    return {**own, **ports}
