"""Workbooks of tickets with an oracle, where a copy of them is at hand."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agent.ingest.tickets import TicketFile, read_tickets
from agent.kit.text import clean
from agent.tickets.models import TicketDraft

DATA = Path(os.environ.get("LATCHKEY_TEST_DATA", "../shared/data")) / "tickets"
pytestmark = pytest.mark.skipif(
    not (DATA / "tickets_messy.xlsx").is_file(), reason=f"there is no data in {DATA}"
)
NOT_IN_WORKBOOK = {"category", "tier"}


async def read(name: str) -> tuple[TicketFile, list[tuple[int, TicketDraft]]]:
    async with read_tickets(DATA / name, name=name) as file:
        return file, [kept async for batch in file.batches for kept in batch]


def plain(draft: TicketDraft) -> dict[str, Any]:
    said = draft.model_dump()
    created = draft.created_at
    return said | {
        "created_at": created.replace(tzinfo=None).isoformat() if created else None,
        "priority": draft.priority.lower() if draft.priority else None,
    }


def expected(said: dict[str, Any]) -> dict[str, Any]:
    fields = {name: said.get(name) for name in TicketDraft.model_fields}
    cleaned = {
        name: clean(value) if isinstance(value, str) else value for name, value in fields.items()
    }
    return cleaned | {"priority": cleaned["priority"].lower() if cleaned["priority"] else None}


async def test_a_messy_workbook() -> None:
    oracle = json.loads((DATA / "tickets_messy.expected.json").read_text(encoding="utf-8"))
    file, kept = await read("tickets_messy.xlsx")
    assert (file.sheet, file.header_row) == (oracle["sheet"], oracle["header_row"])
    assert file.columns == oracle["columns"]
    assert [row for row, _ in kept] == [said["row"] for said in oracle["accepted"]]
    for (_, draft), said in zip(kept, oracle["accepted"], strict=True):
        assert plain(draft) == expected(said)
    assert [(row.row, row.of_row) for row in file.rejected] == [
        (said["row"], said.get("of_row")) for said in oracle["rejected"]
    ]
    for row, said in zip(file.rejected, oracle["rejected"], strict=True):
        assert row.code in said["accept"]
    assert [(each.row, each.field, each.code) for each in file.warnings] == [
        (said["row"], said["field"], said["code"]) for said in oracle["warnings"]
    ]


async def test_a_tidy_workbook() -> None:
    lines = (DATA / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    file, kept = await read("tickets.xlsx")
    assert (file.rejected, file.warnings, file.ignored_columns) == ([], [], [])
    for (_, draft), line in zip(kept, lines, strict=True):
        said = json.loads(line)
        said["priority"] = said["gold"]["priority"]
        wanted = expected(said) | dict.fromkeys(NOT_IN_WORKBOOK)
        assert plain(draft) == wanted
