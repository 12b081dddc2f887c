"""What the control API can change and a restart keeps."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Settings:
    clock_offset: float = 0.0
    # Webhooks
    url: str = ""
    hold: bool = False
    copies: int = 1
    shuffle: bool = False
    batch_ms: int = 20
    batch_max: int = 1000
    retry_base_ms: int = 1000
    statuses: str = "auto"
    # Limits
    enforce: bool = True
    mps: int = 80
    sync_errors: bool = False
    rise: bool = True
    # Templates: seconds until a submission is decided; below 0 a person decides
    review_seconds: float = 0.0
    # Tokens from a login last for ever unless this many seconds are set
    token_expires_in: int = 0

    def record(self) -> dict[str, Any]:
        return asdict(self)
