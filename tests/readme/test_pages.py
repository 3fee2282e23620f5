"""What the pages name exists: commands, options, targets, routes, variables, files."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from agent.settings import NAMES
from server.app import create_app
from server.cli import app
from tests.readme.markdown import PAGES, ROOT, commands, links, read, spans

pytestmark = pytest.mark.untraced

_ROUTE = re.compile(r"(?<![\w.])/api/[\w/{}-]*\w}?(?:\.(?:xlsx|ics)\b)?")
_VARIABLE = re.compile(r"\b(?:LATCHKEY_[A-Z_]+|MONGODB_URI)\b")
_FILE = re.compile(r"(?:agent|graphs|tools|prompts|server|evals|tests|docs)/[\w./*-]*")

PACKAGES = ("agent", "graphs", "tools", "prompts", "server", "evals")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not link.exists()] == []


@each_page
def test_named_files_are_there(page: Path) -> None:
    named = {span for span in spans(page) if _FILE.fullmatch(span)}
    assert [name for name in sorted(named) if not any(ROOT.glob(name.rstrip("/")))] == []


@each_page
def test_named_variables_are_read(page: Path) -> None:
    known = {*NAMES.values(), *(f"{name}_FILE" for name in NAMES.values())}
    assert set(_VARIABLE.findall(read(page))) - known == set()


@each_page
def test_commands_are_understood(page: Path) -> None:
    assert [why for line in sorted(commands(page, "latchkey")) if (why := refused(line))] == []


@each_page
def test_targets_can_be_made(page: Path) -> None:
    for line in sorted(commands(page, "make")):
        if line == "make":
            continue
        ran = subprocess.run(
            [*shlex.split(line), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr


def test_named_routes_are_served() -> None:
    served = {_shape(path) for path in create_app(_never).openapi()["paths"]}
    named = {route for page in PAGES for route in _ROUTE.findall(read(page))}
    assert len(named) > 3
    assert {route for route in named if _shape(route) not in served} == set()


def test_the_ownership_page_has_a_line_for_every_module() -> None:
    owned = re.findall(r"^\| `(\S+)` \| \S", read(ROOT / "docs" / "architecture.md"), re.MULTILINE)
    modules = {str(path.relative_to(ROOT)) for path in _modules()}
    assert len(owned) == len(set(owned))
    assert modules - set(owned) == set(), "add one sentence each to docs/architecture.md"
    assert set(owned) - modules == set(), "docs/architecture.md names what is not there"


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    assert refused("latchkey ingest poems FILE")
    assert refused("latchkey serve --verbose")
    assert refused("latchkey ingest listings FILE --community ID") is None


def _modules() -> Iterator[Path]:
    """What the ownership page must name: code and words; of `__init__.py` those that do more than
    import."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            marker = path.name == "__init__.py" and path.parent.name != "prompts"
            if path.suffix in (".py", ".js", ".md") and not marker:
                yield path


def refused(line: str) -> str | None:
    """Why the command line does not understand `line`, whose values may be placeholders."""
    node: Any = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while words and hasattr(node, "commands") and not words[0].startswith("-"):
        name = words.pop(0)
        if name not in node.commands:
            return f"{line!r}: there is no {name!r}"
        node = node.commands[name]
    options = {option for parameter in node.params for option in parameter.opts} | {"--help"}
    unknown = [word for word in words if word.startswith("-") and word not in options]
    return f"{line!r}: there is no {unknown[0]}" if unknown else None


def _shape(route: str) -> str:
    return re.sub(r"{\w+}", "{}", route)


def _never() -> Any:
    raise AssertionError("only described here, never opened")
