"""From a file of conversations to a model in use, command by command."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.agent.training.conversations import conversation
from tests.server.commands import Latchkey, printed


def transcripts(path: Path, threads: int) -> str:
    file = path / "conversations.csv"
    rows = ["role,text,timestamp"]
    for seed in range(threads):
        rows += [f'{turn.speaker},"{turn.text}",' for turn in conversation(seed)]
        rows += [",,", ",,"]
    file.write_text("\n".join(rows) + "\n")
    return str(file)


def test_from_transcripts_to_a_model_in_use(latchkey: Latchkey, tmp_path: Path) -> None:
    printed(latchkey("ingest", "conversations", transcripts(tmp_path, 100), "--json"))

    out = tmp_path / "files"
    report = printed(latchkey("dataset", "build", "--out", str(out), "--json"))
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["dataset_id"] == report["dataset_id"]
    for name, file in report["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == file["sha256"]
    assert manifest["provenance"]["source_files"] == ["conversations.csv"]
    again = printed(latchkey("dataset", "build", "--json"))
    assert again["hash"] == report["hash"]

    expected = printed(latchkey("train", "fine-tune", "--estimate", "--json"))
    assert expected["examples"] == report["counts"]["examples_train"]

    model = printed(latchkey("train", "stages", "--json"))
    assert model["status"] == "evaluated", model["evaluation"]
    deployed = printed(latchkey("models", "deploy", model["version"], "--json"))
    assert deployed["version"] == model["version"]
    (listed,) = printed(latchkey("models", "list", "--json"))["models"]
    assert listed["in_use_as"] == ["stages"]
    assert model["version"][:12] in latchkey("models", "list").stdout
    back = latchkey("models", "rollback", model["version"])
    assert back.stdout == "Nothing learnt is in use as stages.\n"


def test_nothing_to_learn_from(latchkey: Latchkey, tmp_path: Path) -> None:
    for args, code in (
        (("dataset", "build"), "dataset_empty"),
        (("train", "stages"), "stages_too_few"),
        (("train", "fine-tune"), "dataset_not_found"),
        (("models", "deploy", "nothing"), "model_not_found"),
        (("models", "rollback", "nothing"), "model_not_found"),
    ):
        result = latchkey(*args)
        assert result.exit_code == 1
        assert getattr(result.exception, "code", None) == code
    assert "no models yet" in latchkey("models", "list").stdout


def test_a_folder_that_cannot_be_written_to(latchkey: Latchkey, tmp_path: Path) -> None:
    printed(latchkey("ingest", "conversations", transcripts(tmp_path, 1), "--json"))
    (tmp_path / "taken").write_text("")
    result = latchkey("dataset", "build", "--out", str(tmp_path / "taken"))
    assert getattr(result.exception, "code", None) == "out_unwritable"


@pytest.mark.parametrize("wrong", ["--base=", "--max-usd=1e9"])
def test_what_cannot_be_tuned_is_used_wrongly(latchkey: Latchkey, wrong: str) -> None:
    result = latchkey("train", "fine-tune", "--estimate", wrong)
    assert result.exit_code == 2
    assert wrong[2:].partition("=")[0].replace("-", "_") in result.output


def test_an_unknown_stage_is_used_wrongly(latchkey: Latchkey) -> None:
    result = latchkey("models", "deploy", "one", "--stage", "nowhere")
    assert result.exit_code == 2
    assert "touring" in result.output
