import json
import os
from pathlib import Path

import pytest

from agent.errors import InvalidInput
from evals.stages.keywords import stage_by_keyword
from evals.stages.run import run
from tests.agent.training.conversations import conversation

DATA = Path(os.environ.get("LATCHKEY_TEST_DATA", "../shared/data")) / "leasing"


def write(folder: Path, threads: int) -> Path:
    (folder / "slots.json").write_text("{}")
    (folder / "listings.jsonl").write_text("")
    with (folder / "dialogues.jsonl").open("w") as file:
        for seed in range(threads):
            turns: list[dict[str, object]] = [
                {"i": i, "role": t.speaker, "text": t.text, "home": {"stage": t.stage, "acts": []}}
                for i, t in enumerate(conversation(seed))
            ]
            turns.append({"i": len(turns), "role": "lead", "text": "a taxi please"})
            row = {"thread_id": f"t{seed}", "reference_date": "2026-03-01", "turns": turns}
            file.write(json.dumps(row) + "\n")
    return folder


def test_scores_threads_that_were_held_out(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    report = run(write(tmp_path, 40), seeds=(3, 4), progress=lambda *step: steps.append(step))
    assert steps == [(1, 2), (2, 2)]
    assert report["passed"]
    first, second = report["splits"]
    for split in (first, second):
        assert sum(split["threads"].values()) == 40
        assert split["overall"]["n"] == 6 * split["threads"]["scored"]
        assert split["overall"]["n"] == split["lead"]["n"] + split["agent"]["n"]
        assert split["overall"]["accuracy"] == 1.0
        baselines = split["overall"]["baselines"]
        assert baselines["majority"]["accuracy"] < baselines["keywords"]["accuracy"] < 1.0
    assert report["n"] == first["overall"]["n"] + second["overall"]["n"]


def test_too_little_to_split(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        run(write(tmp_path, 1))
    assert caught.value.code == "data_too_small"


def test_no_data(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        run(tmp_path)
    assert caught.value.code == "data_missing"


def test_keywords() -> None:
    assert stage_by_keyword("I want to VISIT it") == "touring"
    assert stage_by_keyword("Two rooms") == "qualifying"


@pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no data in {DATA}")
@pytest.mark.untraced
def test_on_a_public_data_set() -> None:
    report = run(DATA, seeds=(7,))
    assert report["lowest"] >= 0.97
