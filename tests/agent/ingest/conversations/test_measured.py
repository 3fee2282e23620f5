"""Real exports with their oracle, where a copy of them is at hand."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agent.ingest.conversations.ingest import Intake, ingest_conversations
from agent.ingest.conversations.models import ConversationReport, Turn
from agent.ingest.conversations.redaction import Redacted, Redactor
from agent.ingest.conversations.rejected import RejectedFile
from agent.ingest.conversations.segments import Segments
from agent.ingest.conversations.turns import TurnReader
from agent.services import Services

DATA = Path(os.environ.get("LATCHKEY_TEST_DATA", "../shared/data")) / "leasing"
pytestmark = pytest.mark.skipif(
    not (DATA / "conversations.csv").is_file(), reason=f"there is no data in {DATA}"
)
TENANT = "default"
CODES = {
    "unknown_role": "role_unknown",
    "empty_text": "text_missing",
    "repeated_header": "header_repeated",
    "field_count": "row_too_long",
}


def read(path: Path) -> tuple[ConversationReport, list[Redacted]]:
    report = ConversationReport()
    with TurnReader(path) as reader, RejectedFile(None) as refused:
        redactor = Redactor(lambda kind, value: f"{kind}:{value}")
        intake = Intake(iter(reader), Segments(b"key"), redactor, report, refused)
        parts = [part for batch in intake.batches() for part in batch.new]
    return report, sorted(parts, key=lambda redacted: redacted.part.serial)


def oracle(name: str) -> list[dict[str, Any]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def seen(turn: Turn) -> dict[str, Any]:
    return {
        "line": turn.line,
        "role": turn.side,
        "role_source": "prefix" if turn.from_prefix else "column",
        "text": turn.text,
        "timestamp": turn.timestamp and turn.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_a_messy_export_equals_its_oracle() -> None:
    *wanted, summary = oracle("conversations_messy.expected.jsonl")
    report, parts = read(DATA / "conversations_messy.csv")
    assert report.threads == len(parts) == summary["threads"]
    assert report.messages == summary["turns"]
    assert report.duplicates == summary["duplicates"]
    for part, thread in zip(parts, wanted, strict=True):
        assert (part.part.reference or None) == thread["thread_id"]
        assert [seen(turn) for turn in part.part.turns] == [
            {name: turn[name] for name in seen(part.part.turns[0])} for turn in thread["turns"]
        ]
    assert sorted((row["line"], row["code"]) for row in report.rejected) == sorted(
        (row["line"], CODES[row["reason"]]) for thread in wanted for row in thread["rejected"]
    )
    assert sorted((row["line"], row["code"]) for row in report.warnings) == sorted(
        (row["line"], row["code"]) for thread in wanted for row in thread["warnings"]
    )


def test_nothing_planted_is_left_and_nothing_public_is_lost() -> None:
    wanted = oracle("conversations_messy.expected.jsonl")[:-1]
    _, parts = read(DATA / "conversations_messy.csv")
    leaks, kept, public = [], 0, 0
    for part, thread in zip(parts, wanted, strict=True):
        for line, turn in zip(part.lines, thread["turns"], strict=True):
            for planted in turn["pii"]:
                if planted["text"] in line.text or planted["text"] in line.written[1]:
                    leaks.append((turn["line"], planted["type"]))
            public += len(turn["business"])
            kept += sum(each["text"] in line.text for each in turn["business"])
    assert not leaks
    assert kept / public > 0.97


@pytest.mark.untraced
async def test_every_turn_of_a_clean_export_is_stored_once(services: Services) -> None:
    wanted = oracle("dialogues.jsonl")
    path = DATA / "conversations.csv"
    report = await ingest_conversations(services, path, tenant_id=TENANT)
    assert (report.threads, report.messages) == (780, 15_378)
    assert (report.added, report.duplicates, report.rejected_count) == (15_378, 0, 0)
    rows = await services.repository.scoped("messages", TENANT).find({})
    threads: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: row["turn_index"]):
        threads.setdefault(row["thread_id"], []).append(row)
    stored = sorted(threads.values(), key=lambda turns: turns[0]["timestamp"])
    different = 0
    for turns, dialogue in zip(stored, wanted, strict=True):
        for row, turn in zip(turns, dialogue["turns"], strict=True):
            assert row["role"] == turn["role"]
            different += row["text"] != " ".join(turn["text"].split())
    assert different == sum(bool(row["pii_hashes"]) or "[" in row["text"] for row in rows)
    again = await ingest_conversations(services, path, tenant_id=TENANT)
    assert (again.threads, again.added) == (780, 0)
