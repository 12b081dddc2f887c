"""`make lint` after ruff: types, directions of imports, migrations, production settings.

Every check runs and names itself; one that fails makes the whole fail.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from cryptography.fernet import Fernet

from dev import servers, suite

# Addresses for checks that read the settings and never connect.
NOWHERE = {
    "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/nowhere",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}


def production() -> dict[str, str]:
    """Every variable without which the production settings refuse to start, with made-up values."""
    return {
        **NOWHERE,
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "SECRET_KEY": "made-up-for-a-check-" + Fernet.generate_key().decode(),
        "ALLOWED_HOSTS": "ats.example.com",
        "PUBLIC_URL": "https://ats.example.com",
        "LIVE_URL": "https://ats.example.com",
        "WHATSAPP_TOKEN_KEYS": Fernet.generate_key().decode(),
        "WHATSAPP_VERIFY_TOKEN": "made-up",
        "FACEBOOK_APP_ID": "100000000000001",
        "FACEBOOK_APP_SECRET": "made-up",
    }


def bare_environment() -> dict[str, str]:
    """What a process needs of this machine, and nothing that the product reads."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def passes(name: str, command: list[str], env: dict[str, str]) -> bool:
    print(f"{name} …", flush=True)
    return subprocess.run(command, env=env, cwd=servers.ROOT).returncode == 0


def main(arguments: list[str]) -> int:
    python = sys.executable
    directions = str(Path(python).parent / "lint-imports")
    settings = suite.test_environment() | NOWHERE
    with ExitStack() as stack:
        database = os.environ.get("DATABASE_URL") or stack.enter_context(
            servers.postgres(servers.LOCAL / "test" / "postgres", servers.TEST_POSTGRES)
        )
        results = {
            "mypy": passes("mypy", [python, "-m", "mypy"], settings),
            "import-linter": passes("import-linter", [directions, "--no-logo"], settings),
            "makemigrations --check": passes(
                "makemigrations --check",
                [python, "manage.py", "makemigrations", "--check", "--dry-run"],
                settings | {"DATABASE_URL": database},
            ),
            "check --deploy": passes(
                "check --deploy (production settings)",
                [python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
                bare_environment() | production() | {"MEDIA_ROOT": "/srv/ats/media"},
            ),
        }
    failed = [name for name, passed in results.items() if not passed]
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0
