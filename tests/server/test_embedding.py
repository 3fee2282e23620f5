"""`latchkey embed`, `latchkey search`, and the job that embeds."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from agent.errors import InvalidInput
from agent.kit.failpoints import EXIT_CODE
from agent.services import Services
from server.commands.search import conditions
from server.jobs import make_runner
from tests.server.commands import Latchkey, printed

pytestmark = pytest.mark.usefixtures("children")

TENANT = "default"
THINGS = {42: "trombone"}


@pytest.fixture
async def talk(services: Services) -> int:
    """Messages in the database; how many."""
    rows = services.repository.scoped("messages", TENANT)
    await services.tenants.community(TENANT)
    return await rows.insert_many(
        [
            {
                "thread_id": f"t{n // 2}",
                "turn_index": n % 2,
                "message_id": f"m{n}",
                "role": ("lead", "agent")[n % 2],
                "text": (f"Is there room for my {THINGS.get(n, 'bike')}?", f"Yes, {n}.")[n % 2],
            }
            for n in range(700)
        ]
    )


def test_embeds_what_is_missing_and_finds_it(latchkey: Latchkey, talk: int) -> None:
    (run,) = printed(latchkey("embed", "--corpus", "conversations", "--json"))["runs"]
    assert (run["sources"], run["status"], run["cost"]) == (talk, "done", 0.0)
    assert run["seconds"] > 0
    (again,) = printed(latchkey("embed", "--corpus", "conversations", "--json"))["runs"]
    assert again["sources"] == 0
    search = ("search", "a trombone, is there room?", "--corpus", "conversations", "-k", "1")
    found = printed(latchkey(*search, "--where", "role=agent", "--json"))
    assert [hit["source_id"] for hit in found["hits"]] == ["t21/1"]
    assert "Yes, 43." in latchkey(*search, "--where", "role=agent").stdout
    shown = latchkey("embed", "--rebuild")
    assert shown.exit_code == 0, shown.exception
    assert "conversations v2 by wordllama: 700 texts" in shown.stdout.replace("\n", " ")
    assert "knowledge v" in shown.stdout


def test_a_killed_rebuild_is_gone_on_with(
    latchkey: Latchkey, talk: int, environment: dict[str, str]
) -> None:
    embed = ("embed", "--corpus", "conversations")
    code = "from server.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *embed, "--rebuild"],
        env={**os.environ, **environment, "LATCHKEY_FAILPOINT": "embedding_batch:2"},
        check=False,
        capture_output=True,
    )
    assert done.returncode == EXIT_CODE, done.stderr
    (run,) = printed(latchkey(*embed, "--rebuild", "--json"))["runs"]
    assert (run["sources"], run["skipped"], run["embedding_version"]) == (talk, 512, "v1")
    assert printed(latchkey(*embed, "--json"))["runs"][0]["sources"] == 0
    search = ("search", "trombone", "--corpus", "conversations", "-k", "100", "--json")
    ids = [hit["source_id"] for hit in printed(latchkey(*search))["hits"]]
    assert len(ids) == len(set(ids)) == 100
    assert ids[0] == "t21/0"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["embed", "--corpus", "poems"], "search_corpus_unknown"),
        (["embed", "--tenant", "nobody"], "tenant_not_found"),
        (["search", "cats", "--corpus", "poems"], "search_corpus_unknown"),
        (["search", "cats", "--where", "text=cats"], "search_filter_undeclared"),
        (["search", " "], "search_text_empty"),
        (["eval", "retrieval", "--data", "/nowhere"], "data_missing"),
    ],
)
def test_wrong_use_is_one_line(latchkey: Latchkey, args: list[str], code: str) -> None:
    result = latchkey(*args)
    assert result.exit_code == 1
    assert getattr(result.exception, "code", None) == code


def test_an_empty_corpus_finds_nothing(latchkey: Latchkey) -> None:
    assert "Nothing was found." in latchkey("search", "cats", "--corpus", "tickets").stdout


def test_filters_are_written_field_equals_value() -> None:
    assert conditions(["role=agent", "stage=a=b"]) == {"role": "agent", "stage": "a=b"}
    with pytest.raises(InvalidInput):
        conditions(["role"])


def test_doctor_makes_the_index_only_where_there_is_one(latchkey: Latchkey) -> None:
    for search, ok, detail in (
        ("exact", True, "needs no index"),
        ("atlas", False, "LATCHKEY_VECTOR_SEARCH=exact"),
    ):
        result = latchkey("doctor", "--create-indexes", "--json", LATCHKEY_VECTOR_SEARCH=search)
        checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
        assert checks["vector search"]["ok"] == ok
        assert detail in checks["vector search"]["detail"]


async def test_the_job_embeds_and_reports(services: Services, talk: int) -> None:
    params = {"corpus": "conversations"}
    job = await services.jobs.enqueue(TENANT, "embeddings", params, actor="office")
    runner = make_runner(services, asyncio.Event())
    assert await runner.run_once()
    done = await services.jobs.get(TENANT, job.job_id)
    assert done.status == "done", done.error
    assert done.report is not None
    assert done.report["runs"][0]["sources"] == talk
    assert done.progress.done == talk
