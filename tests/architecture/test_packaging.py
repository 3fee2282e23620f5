"""Six top-level packages share the import path with everybody: what keeps that safe."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from agent.settings import NAMES, Settings

pytestmark = pytest.mark.untraced

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "graphs", "tools", "prompts", "server", "evals")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_that_is_imported_is_ours(package: str) -> None:
    file = importlib.import_module(package).__file__
    assert file
    assert Path(file).resolve() == ROOT / package / "__init__.py"


def test_no_other_distribution_owns_our_names() -> None:
    owners = metadata.packages_distributions()
    for package in PACKAGES:
        assert set(owners.get(package, [])) <= {"latchkey"}, owners[package]


@pytest.mark.parametrize("package", PACKAGES)
def test_types_are_shipped(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_tests_shadow_no_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_import_is_declared() -> None:
    declared = {
        re.split(r"[\[<>=!~ ;]", requirement, maxsplit=1)[0].lower()
        for requirement in (
            *PROJECT["project"]["dependencies"],
            *PROJECT["project"]["optional-dependencies"]["worker"],
            *PROJECT["project"]["optional-dependencies"]["composio"],
        )
    }
    modules = {
        "celery": "celery", "composio": "composio",
        "langchain_openai": "langchain-openai",
        "cryptography": "cryptography", "fastapi": "fastapi", "langgraph": "langgraph",
        "phonenumbers": "phonenumbers", "pydantic": "pydantic", "jwt": "pyjwt",
        "bm25s": "bm25s", "numpy": "numpy", "openai": "openai", "Stemmer": "pystemmer",
        "wordllama": "wordllama", "icalendar": "icalendar", "limits": "limits",
        "prometheus_client": "prometheus-client", "pwdlib": "pwdlib", "structlog": "structlog",
        "pymongo": "pymongo", "python_multipart": "python-multipart", "rich": "rich",
        "openpyxl": "openpyxl", "python_calamine": "python-calamine", "typer": "typer",
        "uvicorn": "uvicorn",
    }  # fmt: skip
    come_along = {
        "starlette": "fastapi", "langchain_core": "langgraph", "bson": "pymongo",
        "langsmith": "langgraph",
        "pydantic_core": "pydantic", "h11": "uvicorn",
        "composio_client": "composio", "httpx": "composio", "typing_extensions": "pydantic",
    }  # fmt: skip
    for path in sources():
        for name in _imported(path) - set(PACKAGES) - sys.stdlib_module_names:
            needed = modules.get(name) or come_along.get(name)
            assert needed in declared, f"{path.relative_to(ROOT)} imports {name}"


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


def test_the_wheel_holds_the_packages_with_their_data_and_no_tests(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == set(PACKAGES)
    for data in (
        "server/pages/demo/index.html",
        "server/pages/demo/main.js",
        "agent/demo/alder_row/listings.csv",
        "prompts/leasing/replies.md",
    ):
        assert data in names
    assert not [name for name in names if "__pycache__" in name]


def test_studio_names_modules_not_files() -> None:
    config = json.loads((ROOT / "langgraph.json").read_text())
    for spec in config["graphs"].values():
        module, _, attribute = spec.partition(":")
        assert "/" not in spec
        assert callable(getattr(importlib.import_module(module), attribute))


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [("requirements.lock", ["dev"]), ("requirements-studio.lock", ["studio", "composio"])],
)
def test_the_lock_is_whole(lock: str, wanted: list[str]) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"https?://|--index-url|--find-links", text)
    whole = text.replace("\\\n", " ")
    requirements = re.findall(r"^([a-z0-9._-]+)==(\S+)(.*)$", whole, re.M | re.I)
    assert len(requirements) > 50
    for name, version, rest in requirements:
        assert "--hash=sha256:" in rest, f"{name}=={version} has no hash"
    locked = {name.lower().replace("_", "-").replace(".", "-") for name, _, _ in requirements}
    optional = PROJECT["project"]["optional-dependencies"]
    extras = [each for extra in wanted for each in optional[extra]]
    for requirement in [*PROJECT["project"]["dependencies"], *extras]:
        name = re.split(r"[\[<>=!~ ;]", requirement, maxsplit=1)[0].lower()
        assert name.replace("_", "-") in locked, name


def test_every_setting_has_an_example() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    shown = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert sorted(shown) == sorted(NAMES.values())
    defaults = Settings()
    assert Settings.from_env(shown) == defaults
    assert NAMES.keys() == Settings.model_fields.keys()


def test_ci_runs_the_same_commands_as_a_person() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert {"make proof", "make check"} <= set(lines)
    assert any("make test" in line for line in lines)
