"""What the sandbox is started with: read once from the command line and the environment."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import ids


@dataclass(frozen=True, slots=True)
class Options:
    host: str
    port: int
    state: Path
    app_id: str
    app_secret: str
    webhook_url: str
    verify_token: str

    @property
    def partner_id(self) -> str:
        """The business that owns the app, as webhooks about the app itself name it."""
        return ids.node_id("partner", self.app_id)

    @property
    def base(self) -> str:
        """Where the product reaches this sandbox."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{host}:{self.port}"


class Missing(ValueError):
    """A setting without which nothing the sandbox says could be trusted."""


def read(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> Options:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default=environ.get("SANDBOX_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(environ.get("SANDBOX_PORT", "8002")))
    parser.add_argument("--state", default=environ.get("SANDBOX_STATE", ".local/sandbox"))
    given = parser.parse_args(argv)
    required = ("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET", "WHATSAPP_VERIFY_TOKEN")
    missing = [name for name in required if not environ.get(name)]
    if missing:
        raise Missing(
            f"The sandbox needs {', '.join(missing)} in the environment: it signs and verifies "
            "with them, so give it the same values as the product."
        )
    return Options(
        host=given.host,
        port=given.port,
        state=Path(given.state),
        app_id=environ["FACEBOOK_APP_ID"],
        app_secret=environ["FACEBOOK_APP_SECRET"],
        webhook_url=environ.get("WHATSAPP_WEBHOOK_URL")
        or "http://127.0.0.1:8000/whatsapp/webhook/",
        verify_token=environ["WHATSAPP_VERIFY_TOKEN"],
    )
