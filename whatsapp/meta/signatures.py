"""X-Hub-Signature-256: HMAC-SHA256 over the raw bytes of a delivery, keyed by the app secret."""

import hashlib
import hmac
import re

HEADER = re.compile(r"sha256=([0-9a-fA-F]{64})", re.ASCII)


def sign(secret: str, raw: bytes) -> str:
    """The header's value for these bytes."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def is_signed(secret: str, raw: bytes, header: str | None) -> bool:
    """Whether the header proves that the holder of the secret sent exactly these bytes."""
    match = HEADER.fullmatch(header) if secret and header else None
    if match is None:
        return False
    expected = hmac.new(secret.encode(), raw, hashlib.sha256).digest()
    return hmac.compare_digest(expected, bytes.fromhex(match[1]))


def appsecret_proof(app_secret: str, token: str) -> str:
    """Proof, sent beside a token, that the app's own server makes the call."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
