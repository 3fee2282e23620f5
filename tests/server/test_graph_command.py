import json
from pathlib import Path

from typer.testing import CliRunner

from graphs.drawing import mermaid
from server.cli import app

CLI = CliRunner()


def test_prints_writes_and_says_json(tmp_path: Path) -> None:
    assert CLI.invoke(app, ["graph"]).stdout == mermaid("leasing")
    out = tmp_path / "leasing.mmd"
    done = CLI.invoke(app, ["graph", "leasing", "--out", str(out), "--json"])
    assert json.loads(done.stdout) == {"graph": "leasing", "file": str(out)}
    assert out.read_text() == mermaid("leasing")
    data = json.loads(CLI.invoke(app, ["graph", "--json"]).stdout)
    assert "graph TD;" in data["mermaid"].splitlines()


def test_an_unknown_graph_is_named_as_such() -> None:
    failed = CLI.invoke(app, ["graph", "nothing"])
    assert failed.exit_code == 1
    assert "leasing" in str(failed.exception)
