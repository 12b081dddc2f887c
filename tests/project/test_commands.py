"""What `make run`, `make lint` and the build machine promise."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import __main__ as commands
from dev import lint, run, servers
from dev.problems import Problem

ROOT = servers.ROOT


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture(autouse=True)
def _free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports of this machine that nothing uses, and no server given from outside."""
    monkeypatch.delenv("REDIS_URL", raising=False)
    for name in run.PORTS:
        monkeypatch.setenv(name, str(servers.free_port()))


@pytest.mark.parametrize("variable", sorted(run.PORTS))
def test_a_taken_port_is_one_line_with_its_number_and_variable(
    variable: str, taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(taken_port))
    with pytest.raises(Problem) as caught:
        run.chosen_ports()
    line = str(caught.value)
    assert "\n" not in line
    assert f"Port {taken_port} is taken" in line
    assert f"{variable}=" in line


def test_a_word_for_a_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVE_PORT", "eighty")
    with pytest.raises(Problem, match="LIVE_PORT='eighty' is not a port number"):
        run.chosen_ports()


def test_free_ports_are_taken_as_they_are() -> None:
    assert run.chosen_ports() == {name: int(os.environ[name]) for name in run.PORTS}


def test_a_redis_of_ones_own_needs_no_port(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_PORT", str(taken_port))
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/0")
    assert run.chosen_ports()["REDIS_PORT"] == taken_port


def test_a_problem_ends_the_command_with_one_line_and_no_traceback(
    taken_port: int, tmp_path: Path
) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "dev", "run"],
        env={**os.environ, "WEB_PORT": str(taken_port)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert f"Port {taken_port} is taken" in result.stderr


def test_an_unknown_command_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["fly"]) == 2
    assert "run" in capsys.readouterr().err


def test_lint_runs_every_check_and_fails_when_one_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def passes(name: str, command: list[str], env: dict[str, str]) -> bool:
        asked.append(name)
        return name != "mypy"

    monkeypatch.setattr(lint, "passes", passes)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    assert lint.main([]) == 1
    assert len(asked) == 4
    assert "Failed: mypy" in capsys.readouterr().out


def test_the_build_machine_runs_the_two_commands_and_no_other() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "set -euo pipefail" in script
    runs = [line for line in script.splitlines() if re.search(r"\b(make|pytest|ruff)\b", line)]
    assert runs == ["make lint", "REQUIRE_BROWSER=1 make test"]
    assert "chromium" in script
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)


def test_make_lint_begins_with_ruff_and_goes_on_with_the_rest() -> None:
    result = subprocess.run(
        ["make", "--dry-run", "--assume-old=.venv/.ready", "lint"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.strip() for line in result.stdout.splitlines() if ".venv/bin/" in line]
    assert [line.split("/bin/")[1] for line in lines[-3:]] == [
        "ruff check .",
        "ruff format --check .",
        "python -m dev lint",
    ]
