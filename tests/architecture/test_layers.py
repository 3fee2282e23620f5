import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.untraced

ROOT = Path(__file__).parents[2]
PLACES = {
    "pymongo": ("agent/mongo/", "graphs/checkpoints.py"),
    "bson": ("agent/mongo/",),
    "langgraph": ("graphs/", "evals/"),
    "celery": ("agent/jobs/broker.py", "server/celery_app.py"),
    "fastapi": ("server/", "evals/bench/bare.py"),
    "starlette": ("server/",),
    "typer": ("server/",),
    "uvicorn": ("server/", "evals/bench/bare.py"),
    "langchain_openai": ("agent/ai/chat/client.py",),
    "h11": ("evals/openai_stub/wire.py",),
    "cryptography": ("agent/kit/crypto.py",),
    "bm25s": ("agent/ai/search/lexical.py",),
    "Stemmer": ("agent/ai/search/lexical.py",),
    "wordllama": ("agent/ai/embeddings/offline.py",),
    "phonenumbers": ("agent/privacy/phones.py",),
}
"""Library -> where alone it may be imported."""


@cache
def imported(file: Path) -> set[str]:
    """The top-level packages a file imports, late ones included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_arrows_hold() -> None:
    # a process of its own: import-linter switches the loggers of others off
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("library", PLACES)
def test_a_library_is_used_in_its_place(library: str) -> None:
    strays = []
    for package in ("agent", "graphs", "tools", "prompts", "server", "evals"):
        for file in (ROOT / package).rglob("*.py"):
            name = file.relative_to(ROOT).as_posix()
            if library in imported(file) and not name.startswith(PLACES[library]):
                strays.append(name)
    assert strays == []
