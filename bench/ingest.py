"""Signed deliveries answered 200 and stored ÷ a bare Django view with one INSERT.

Same server, same workers, same connections, same bodies, turn by turn.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from bench._load import delivery, line, median, rate, request
from bench._stage import migrated, process

GOAL = 0.80
ROUNDS = 5
REQUESTS = 3000


def main() -> None:
    web = migrated() | {"WEB_CONCURRENCY": "1", "WEB_THREADS": "8"}
    bare_env = web | {"DJANGO_SETTINGS_MODULE": "bench._bare_settings"}
    secret = settings.WHATSAPP["APP_SECRET"]
    ids = "300000000000000", "100000000000000"
    bodies = [delivery(number, *ids) for number in range(REQUESTS)]
    requests = [request("/whatsapp/webhook/", body, secret) for body in bodies]
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(_turn("config.wsgi", web, requests))
        bare.append(_turn("bench._bare", bare_env, requests))
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    shown = ", ".join(f"{a:.0f}/{b:.0f}" for a, b in zip(ours, bare, strict=True))
    line("ingest", f"{median(ratios):.2f}", f"{GOAL:.2f}", f"deliveries/s ours/bare: {shown}")


def _turn(application: str, env: dict[str, str], requests: list[bytes]) -> float:
    port = int(env["WEB_PORT"])
    command = ("gunicorn", "--config", "config/gunicorn.py", application)
    with process(*command, env=env, ready_at=f"http://127.0.0.1:{port}/"):
        rate(port, requests[:300])
        _stored()
        answered = rate(port, requests)
        stored = _stored()
    if stored != len(requests):
        raise SystemExit(f"{len(requests)} answered, {stored} stored")
    return answered


def _stored() -> int:
    """How many deliveries there are; takes them away."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM whatsapp_webhookevent")
        count = int(cursor.fetchone()[0])
        cursor.execute("TRUNCATE whatsapp_webhookevent CASCADE")
    return count


if __name__ == "__main__":
    main()
