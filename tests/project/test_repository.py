"""What no committed file may hold, and what every one must."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from dev.servers import ROOT

BINARY = {".png", ".jpg", ".ico", ".woff2", ".webp"}
# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(
        r"(?<![\w.{}])/(?:ho" r"me|Us" r"ers|ro" r"ot|wo" r"rk)/\w"
    ),
    "an address of a package index": re.compile(
        r"(?:index-" r"url|extra-in" r"dex|trusted-" r"host|artif" r"actory|proxy\.gol" r"ang)"
    ),
    "a private key": re.compile(r"BEGIN (?:RSA |EC )?PRIV" r"ATE KEY"),
}
VAGUE = {"utils.py", "helpers.py", "misc.py", "common.py"}


@cache
def files() -> tuple[Path, ...]:
    """What is committed, or would be with the next commit."""
    if not (ROOT / ".git").exists():
        pytest.skip("This is a copy without its history: nothing says which files belong to it.")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def python_files() -> list[Path]:
    return [path for path in files() if path.suffix == ".py"]


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_file_holds(what: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        if path.suffix not in BINARY
        for match in [FORBIDDEN[what].search(_without_flags(path))]
        if match
    ]
    assert not found


def _without_flags(path: Path) -> str:
    """The text; in the Makefile without pip-compile's switches that keep addresses out."""
    return re.sub(r"--no-emit-\S+", "", path.read_text(errors="replace"))


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in python_files()
        if path.stat().st_size
        and "migrations" not in path.parts
        and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert not silent


def test_no_file_is_named_after_nothing() -> None:
    assert not [str(path) for path in python_files() if path.name in VAGUE]


def test_links_in_the_documents_lead_somewhere() -> None:
    broken = []
    for path in files():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            if "://" not in target and not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken


def test_the_readme_names_every_variable_to_fill_in() -> None:
    readme = (ROOT / "README.md").read_text()
    example = (ROOT / ".env.example").read_text()
    missing = [
        name for name in re.findall(r"^#?([A-Z0-9_]+)=", example, re.M) if f"`{name}`" not in readme
    ]
    assert not missing


def test_every_decision_has_its_four_parts() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
    for path in decisions:
        headings = re.findall(r"^## (\w+)", path.read_text(), re.M)
        assert headings == ["Status", "Context", "Decision", "Consequences"], path.name
