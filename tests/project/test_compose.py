"""docker-compose.yml, Procfile, settings and .env.example tell one story."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from honcho.environ import parse_procfile

from config.celery import QUEUES, app
from dev.lint import production
from whatsapp import jobs
from whatsapp.models.connection import SYNC_LEASE

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROCFILE = parse_procfile((ROOT / "Procfile").read_text()).processes
EXAMPLE = (ROOT / ".env.example").read_text()
# name → value of every line, and of those that are not commented out
DESCRIBED = dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", EXAMPLE, re.M))
TO_FILL_IN = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", EXAMPLE, re.M))
READERS = {"text", "integer", "flag", "words", "url", "fernet_keys", "database", "mapping"}
# Read by programs that we start, not by our own code.
OF_OTHERS = {"UVICORN_HOST", "UVICORN_PORT", "POSTGRES_PASSWORD", "DJANGO_SETTINGS_MODULE"}
SERVERS = {"db", "redis"}


def variables_read() -> set[str]:
    """The names given to the readers of config/env.py anywhere in the product."""
    found = set()
    for directory in ("config", "ats", "whatsapp"):
        for path in (ROOT / directory).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "env"
                    and node.func.attr in READERS
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    found.add(str(node.args[0].value))
    return found


def test_there_is_a_service_for_every_process_and_no_other() -> None:
    assert set(SERVICES) == set(PROCFILE) | SERVERS | {"migrate"}


@pytest.mark.parametrize("name", sorted(PROCFILE))
def test_a_service_runs_the_procfiles_command(name: str) -> None:
    assert shlex.split(SERVICES[name]["command"]) == shlex.split(PROCFILE[name])


def test_the_database_is_brought_up_to_date_once_before_anything_starts() -> None:
    migrate = SERVICES["migrate"]
    assert shlex.split(migrate["command"])[:3] == ["python", "manage.py", "migrate"]
    assert migrate["restart"] == "no"
    for name in PROCFILE:
        conditions = {k: v["condition"] for k, v in SERVICES[name]["depends_on"].items()}
        assert conditions == {
            "db": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_a_service_that_stays_is_watched_and_started_again(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert check["interval"]
    assert check["timeout"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize(("name", "port"), [("web", "WEB_PORT"), ("live", "UVICORN_PORT")])
def test_a_served_port_is_the_one_that_is_checked_and_published(name: str, port: str) -> None:
    service = SERVICES[name]
    listens = service["environment"][port]
    assert service["ports"] == [f"127.0.0.1:{listens}:{listens}"]
    probe = service["healthcheck"]["test"][-1]
    assert f"http://127.0.0.1:{listens}/healthz" in probe
    compile(probe, f"{name} health check", "exec")


def test_the_health_checks_look_where_the_processes_are() -> None:
    beat = SERVICES["beat"]
    file = Path(beat["environment"]["BEAT_SCHEDULE_FILE"])
    assert f"find {file.parent} -name '{file.name}*'" in beat["healthcheck"]["test"][-1]
    assert "celery -A config inspect ping" in SERVICES["worker"]["healthcheck"]["test"][-1]


def test_what_must_survive_is_on_a_named_volume() -> None:
    mounted = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", [])}
    assert mounted == set(COMPOSE["volumes"]) == {"database", "redis", "media"}
    assert "--appendonly yes" in SERVICES["redis"]["command"]


def test_every_process_of_ours_takes_its_settings_from_dotenv() -> None:
    for name in {*PROCFILE, "migrate"}:
        assert SERVICES[name]["env_file"] == ".env"
        assert SERVICES[name]["environment"]["DATABASE_URL"].startswith("postgresql://")
        assert SERVICES[name]["environment"]["REDIS_URL"].startswith("redis://")


def test_compose_sets_only_variables_that_something_reads() -> None:
    known = variables_read() | OF_OTHERS
    for name in {*PROCFILE, "migrate"}:
        assert set(SERVICES[name]["environment"]) <= known


def test_no_secret_stands_in_the_committed_files() -> None:
    secret = re.compile(r"(SECRET|PASSWORD|TOKEN|KEY)")
    for name, value in DESCRIBED.items():
        if secret.search(name):
            assert value == "", f".env.example gives {name} a value"
    for service in SERVICES.values():
        for name, value in (service.get("environment") or {}).items():
            if secret.search(name):
                assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]*\}", value), f"{name} in compose"
    password = re.compile(r"://[^/\s:]+:(?!\$\{)[^/\s@]+@")
    assert not password.search((ROOT / "docker-compose.yml").read_text())


def test_dotenv_example_describes_exactly_what_is_read() -> None:
    of_compose = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    read = variables_read() | of_compose | {"UVICORN_HOST", "UVICORN_PORT"}
    assert set(DESCRIBED) == read


def test_what_production_cannot_start_without_is_there_to_fill_in() -> None:
    by_compose = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    assert set(production()) - by_compose <= set(TO_FILL_IN)


def queues_of(name: str) -> set[str]:
    words = shlex.split(PROCFILE[name])
    return set(words[words.index("--queues") + 1].split(","))


def test_every_queue_is_worked_on_and_neither_files_nor_bulk_sends_hold_up_another() -> None:
    assert queues_of("worker") | queues_of("sender") | queues_of("media") == set(QUEUES)
    assert queues_of("media") == {"media"}
    assert queues_of("sender") == {"outbound"}
    assert not queues_of("worker") & {"media", "outbound"}


def test_what_is_fetched_is_where_it_is_served_from() -> None:
    for name in ("web", "sender", "media"):
        assert "media:/media" in SERVICES[name]["volumes"]
        assert SERVICES[name]["environment"]["MEDIA_ROOT"] == "/media"
    assert "--owner ats --mode 700 /media" in (ROOT / "Dockerfile").read_text()


def test_two_workers_on_one_machine_have_two_names() -> None:
    for name in ("sender", "media"):
        assert f"--hostname {name}@%h" in PROCFILE[name]
        assert f"--destination {name}@$$HOSTNAME" in SERVICES[name]["healthcheck"]["test"][-1]


def test_every_planned_task_names_its_queue_and_nothing_stands_before_the_sweep() -> None:
    queues = {entry["task"]: entry["options"]["queue"] for entry in app.conf.beat_schedule.values()}
    assert set(queues.values()) <= set(QUEUES)
    assert [task for task, queue in queues.items() if queue == "sweep"] == ["whatsapp.sweep"]
    assert set(jobs.QUEUES.values()) <= set(QUEUES) - {"sweep"}


def test_a_claim_outlasts_the_task_that_made_it() -> None:
    assert SYNC_LEASE.total_seconds() > app.conf.task_time_limit


def test_every_planned_task_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_the_image_holds_the_product_and_nothing_of_the_workshop() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert let_in == {
        "ats",
        "config",
        "whatsapp",
        "templates",
        "static",
        "manage.py",
        "requirements.txt",
    }
    assert all((ROOT / name).exists() for name in let_in)


def test_the_image_needs_no_root_and_no_development_packages() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines.index("USER ats") < next(i for i, x in enumerate(lines) if x.startswith("CMD"))
    assert "requirements-dev" not in "\n".join(lines)
    assert any("collectstatic" in line for line in lines)
