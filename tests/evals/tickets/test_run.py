import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from agent.errors import InvalidInput
from agent.kit.clock import ManualClock
from agent.services import Services
from evals.tickets.data import read_desk
from evals.tickets.run import Evaluation

ARTICLES = (
    ("KB-1", "Pair a keypad", "Hold star for ten seconds.", "Gates"),
    ("KB-2", "Reset a gate motor", "Pull the lever down.", "Gates"),
    ("KB-3", "Refund a deposit", "Open the ledger. Post it.", "Ledger"),
)
CASES = (
    ("Gate will not open", "The motor hums.", "Gates", "KB-1"),
    ("Deposit has to go back", "A resident wants it.", "Ledger", "KB-3"),
    ("Gate will not open", "The motor hums loudly.", "Gates", "KB-1"),
    ("Nothing helps here", "Lights are purple.", "Gates", None),
    ("Deposit has to go back", "A resident waits for it.", "Ledger", "KB-3"),
    ("Nothing helps here", "Lights are purple again.", "Gates", None),
)


def row(n: int, subject: str, description: str, category: str, kb_id: str | None) -> dict[str, Any]:
    return {
        "ticket_id": f"CS-{n}",
        "conversation_id": f"CONV-{n}",
        "created_at": f"2026-01-{n + 1:02}T09:00:00",
        "subject": subject,
        "description": f"{description} Category: {category}.",
        "issue_summary": "never shown",
        "transcript": "Caller: Good morning.\nAgent: Hold on.",
        "contact_name": "Robin Lake",
        "gold": {"category": category, "resolution": f"Did what {n} says.", "kb_id": kb_id},
    }


def lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "tickets"
    folder.mkdir()
    names = ("kb_id", "title", "body", "category")
    with gzip.open(folder / "kb.jsonl.gz", "wt") as file:
        for article in ARTICLES:
            file.write(json.dumps(dict(zip(names, article, strict=True))) + "\n")
    script = {"script_id": "S-1", "title": "Keypads", "purpose": "Pairs.", "text": "update pads"}
    lines(folder / "scripts.jsonl", [script])
    rows = [row(n, *case) for n, case in enumerate(CASES)]
    lines(folder / "history.jsonl", rows[:1])
    lines(folder / "tickets.jsonl", rows[:0:-1])
    asked = [
        {"text": "How do I refund a deposit?", "answer_type": "KB", "target_id": "KB-3"},
        {"text": "Which script is for keypads?", "answer_type": "SCRIPT", "target_id": "S-1"},
        {"text": "Gate hums", "answer_type": "TICKET_RESOLUTION", "target_id": "CS-2"},
        {"text": "Gate hums", "answer_type": "TICKET_RESOLUTION", "target_id": "CS-77"},
    ]
    lines(folder / "questions.jsonl", asked)
    return tmp_path


async def test_a_desk_is_replayed_in_time(
    desk: Path, services: Services, clock: ManualClock
) -> None:
    steps: list[tuple[int, int]] = []
    evaluation = Evaluation(services, clock, read_desk(desk), lambda *step: steps.append(step))
    report = await evaluation.report()
    assert report["n"] == 3
    assert report["repeat_n"] == 2
    assert report["repeat_hit_at_1"] == report["loo_hit_at_1"] == 1.0
    assert report["ceiling"] == 1.0
    assert sum(quarter["n"] for quarter in report["by_quarter"]) == 3
    assert report["category"] == {"n": 0, "accuracy": None, "classes": {}}
    assert report["questions"]["n"] == report["questions"]["tickets"]["n"] == 1
    assert report["questions"]["hit_at_1"] == 1.0
    assert report["baselines"]["nearest_ticket"]["bm25"]["n"] == 3
    assert set(report["baselines"]) == {"bm25", "vector", "no_learning", "nearest_ticket"}
    assert sum(band["n"] for band in report["scores"]) == 5
    assert steps[-1][0] <= steps[-1][1]


def test_nothing_of_the_gold_is_in_a_draft(desk: Path) -> None:
    found = read_desk(desk / "tickets")
    assert [each.draft.ticket_id for each in found.history] == ["CS-0"]
    assert [each.draft.ticket_id for each in found.tickets] == [f"CS-{n}" for n in range(1, 6)]
    for each in (*found.history, *found.tickets):
        said = each.draft.model_dump_json()
        assert "Did what" not in said
        assert "never shown" not in said
        assert (each.draft.category, each.draft.priority, each.draft.tier) == (None, None, None)


def test_a_folder_without_tickets_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as error:
        read_desk(tmp_path)
    assert error.value.code == "data_missing"
