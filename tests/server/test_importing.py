"""A deployed stage classifier labels what is imported, and never learns from itself."""

from pathlib import Path

import pytest

from agent.errors import InvalidInput
from agent.ingest.conversations.ingest import ingest_conversations
from agent.ingest.conversations.models import ConversationReport
from agent.services import Services
from server.importing import guesser
from tests.agent.training.conversations import silent, write

TENANT = "default"
ROWS = """\
role,text
lead,I am looking for 2 rooms in Harbor
agent,Which area of Harbor?
lead,I would like to visit on day 3
"""


async def deploy(services: Services) -> None:
    await write(services, *range(80))
    model = await services.training.train_stages(TENANT, silent, actor="test")
    await services.training.deploy(TENANT, model.version, actor="test")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(ROWS)
    return path


async def ingest(services: Services, path: Path) -> ConversationReport:
    return await ingest_conversations(
        services, path, tenant_id=TENANT, guess=await guesser(services, TENANT)
    )


async def imported(services: Services) -> list[tuple[str, bool]]:
    rows = await services.repository.scoped("messages", TENANT).find(
        {"source": "csv"}, sort=[("turn_index", 1)]
    )
    return [(row["stage"], row["stage_guessed"]) for row in rows]


async def test_the_rules_label_where_nothing_is_deployed(services: Services, file: Path) -> None:
    assert (await ingest(services, file)).stages_by == "rules"
    assert {guessed for _, guessed in await imported(services)} == {False}


async def test_the_classifier_in_use_labels(services: Services, file: Path) -> None:
    await deploy(services)
    assert (await ingest(services, file)).stages_by == "model"
    assert await imported(services) == [
        ("qualifying", True),
        ("qualifying", True),
        ("touring", True),
    ]
    [thread] = await services.repository.scoped("threads", TENANT).find({"source": "csv"})
    assert thread["stage"] == "touring"
    assert "touring" in thread["labels"]


async def test_no_model_learns_what_a_model_guessed(services: Services, file: Path) -> None:
    await deploy(services)
    await ingest(services, file)
    await services.repository.scoped("messages", TENANT).delete_many({"source": None})
    with pytest.raises(InvalidInput) as caught:
        await services.training.train_stages(TENANT, silent, actor="test")
    assert caught.value.message.startswith("0 turns have a stage")


async def test_a_classifier_whose_file_is_gone_leaves_it_to_the_rules(
    services: Services, file: Path
) -> None:
    await deploy(services)
    await services.repository.scoped("model_artefacts", TENANT).delete_many({})
    services.training._stages._classifiers.clear()
    assert (await ingest(services, file)).stages_by == "rules"
