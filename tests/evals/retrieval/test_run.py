import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.errors import InvalidInput
from agent.settings import Settings
from evals.retrieval.run import run
from evals.retrieval.tasks import read_tasks

DATA = Path(__file__).parents[4] / "shared" / "data"


def write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    topics = ["parking permit", "pool hours", "package room", "noise rules"]
    write(
        tmp_path / "tickets" / "kb.jsonl.gz",
        [
            {"kb_id": f"k{n}", "title": topic.title(), "body": f"All about the {topic}."}
            for n, topic in enumerate(topics)
        ],
    )
    write(
        tmp_path / "tickets" / "questions.jsonl",
        [
            {"text": f"Who knows the {topic}?", "answer_type": "KB", "target_id": f"k{n}"}
            for n, topic in enumerate(topics)
        ]
        + [{"text": "Which script?", "answer_type": "SCRIPT", "target_id": "s1"}],
    )
    write(
        tmp_path / "leasing" / "dialogues.jsonl",
        [
            {
                "thread_id": f"thread{n}",
                "turns": [
                    {"i": 0, "role": "lead", "text": "Do they take dogs?", "home": {"acts": []}},
                    {
                        "i": 1,
                        "role": "agent",
                        "text": f"Yes, number {n} does.",
                        "home": {"acts": [{"act": "INFORM", "slot": "pets"}]},
                    },
                    {"i": 2, "role": "lead", "text": "Bye now.", "home": {"acts": []}},
                    {
                        "i": 3,
                        "role": "agent",
                        "text": f"Goodbye, number {n}!",
                        "home": {"acts": [{"act": "GOODBYE", "slot": None}]},
                    },
                ],
            }
            for n in range(40)
        ],
    )
    return tmp_path


async def test_each_method_is_measured_on_what_is_there(data: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = await run(Settings(), data, progress=lambda *done: seen.append(done))
    assert report["tasks"].keys() == {"articles", "past_answers"}
    assert seen == [(1, 2), (2, 2)]
    articles = report["tasks"]["articles"]
    assert (articles["n"], articles["documents"], articles["product"]) == (4, 4, "bm25")
    for name in ("bm25_plain", "bm25", "vector", "fusion"):
        assert articles["methods"][name]["hit@1"] == 1.0, name
    assert report["passed"]
    answers = report["tasks"]["past_answers"]
    assert answers["methods"][answers["product"]]["hit@1"] == 1.0
    assert answers["sweep"]["vector"]["20"] == 1.0
    assert answers["methods"]["bm25_plain"]["mrr"] < 1


def test_the_threads_that_ask_do_not_answer(data: Path) -> None:
    (_, task) = read_tasks(data)
    threads = {source.meta["role"] for source in task.sources}
    assert threads == {"lead", "agent"}
    known = {source.source_id for source in task.sources}
    assert 0 < len(task.questions) < len(known)
    for question in task.questions:
        assert question.wanted <= known


async def test_nothing_to_measure_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        await run(Settings(), tmp_path, progress=lambda *_: None)
    assert refused.value.code == "data_missing"


@pytest.mark.skipif(not DATA.is_dir(), reason="the measured data lies outside the repository")
def test_reads_the_measured_data() -> None:
    tasks = {task.name: task for task in read_tasks(DATA)}
    assert {"articles", "scripts", "documents", "snippets", "past_answers"} <= tasks.keys()
    for task in tasks.values():
        known = {source.source_id for source in task.sources}
        assert all(question.wanted & known for question in task.questions), task.name
