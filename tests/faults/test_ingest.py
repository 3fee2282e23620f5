"""An ingest dies within a batch; done again it leaves the rows of one that did not."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.ingest.conversations.ingest import ingest_conversations
from agent.kit.failpoints import EXIT_CODE
from agent.services import Services

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("children")]

ROOT = Path(__file__).parents[2]
TENANT = "default"
THREADS = 90
CHILD = """
import asyncio, json, sys
from datetime import datetime
from pathlib import Path

from agent.bootstrap import build_services
from agent.ingest.conversations.ingest import ingest_conversations
from agent.kit.clock import ManualClock
from agent.mongo.client import Database
from agent.settings import Settings


async def main(job):
    database = Database(job["uri"], job["database"])
    settings = Settings(data_dir=Path(job["data_dir"]), failpoint=job["failpoint"])
    services = build_services(settings, database, ManualClock(datetime.fromisoformat(job["now"])))
    await ingest_conversations(services, Path(job["path"]), tenant_id="default")


asyncio.run(main(json.loads(sys.argv[1])))
"""


def export(path: Path) -> Path:
    """A batch of conversations with 12 messages each, and a bit."""
    lines = ["role,text,timestamp"]
    for n in range(THREADS):
        for turn in range(0, 12, 2):
            clock = f"2025-01-{n % 28 + 1:02}T{n // 28:02}:{turn:02}:00Z"
            lines += [
                f'lead,"I need {turn % 4 + 1} bedrooms in Katy, mail kim{n}@example.com",{clock}',
                f"agent,Which day would suit you for a visit number {turn}?,",
            ]
        lines += [",,", ",,"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


async def rows_of(services: Services) -> dict[str, list[str]]:
    return {
        name: sorted(
            repr(sorted(row.items()))
            for row in await services.repository.scoped(name, TENANT).find({})
        )
        for name in ("messages", "raw_messages", "threads", "leads")
    }


@pytest.mark.parametrize("failpoint", ["ingest_batch:1", "ingest_batch:2"])
async def test_a_killed_ingest_is_done_again(
    services: Services, mongod_uri: str, tmp_path: Path, failpoint: str
) -> None:
    path = export(tmp_path / "export.csv")
    job: dict[str, Any] = {
        "uri": mongod_uri,
        "database": services.database.name,
        "data_dir": str(services.settings.data_dir),
        "now": services.clock.now().isoformat(),
        "failpoint": failpoint,
        "path": str(path),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CHILD,
        json.dumps(job),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert await child.wait() == EXIT_CODE
    cut = await rows_of(services)
    assert cut["messages"]
    assert len(cut["threads"]) < THREADS

    report = await ingest_conversations(services, path, tenant_id=TENANT)
    assert (report.threads, report.messages) == (THREADS, 12 * THREADS)
    assert report.added == 12 * THREADS - len(cut["messages"])
    mended = await rows_of(services)
    assert {name: len(rows) for name, rows in mended.items()} == {
        "messages": 12 * THREADS,
        "raw_messages": 12 * THREADS,
        "threads": THREADS,
        "leads": THREADS,
    }
    vault = await services.repository.scoped("vault", TENANT).count({})
    assert vault == THREADS
    for name in mended:
        await services.repository.scoped(name, TENANT).delete_many({})
    await ingest_conversations(services, path, tenant_id=TENANT)
    assert await rows_of(services) == mended
