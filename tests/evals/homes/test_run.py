"""The whole graph on a dialogue of our own, teacher-forced."""

import json
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from agent.settings import Settings
from evals.homes.dialogues import Homes
from evals.homes.run import run

Write = Callable[..., Homes]


async def test_the_graph_searches_books_and_is_graded(
    homes: Write, tmp_path: Path, mongod_uri: str
) -> None:
    homes()
    settings = Settings(mongodb_uri=SecretStr(mongod_uri), data_dir=tmp_path / "keys")
    lines = tmp_path / "predictions.jsonl"
    steps: list[tuple[int, int]] = []
    report = await run(
        settings, tmp_path, predictions=lines, progress=lambda *step: steps.append(step)
    )
    assert (report["n_dialogues"], report["n_turns"]) == (1, 6)
    assert report["entity_f1"] == 1.0
    assert report["jga"] == 1.0
    assert report["search_subset_rate"] == 1.0
    assert report["visit_exact_rate"] == 1.0
    assert report["visits_before_yes"] == 0
    assert steps == [(1, 1)]
    [visit] = [
        row["visit"] for row in map(json.loads, lines.read_text().splitlines()) if "visit" in row
    ]
    assert visit == {"property": "Juniper Flats", "tour_date": "2024-05-18", "approved": True}
