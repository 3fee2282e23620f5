from datetime import UTC, datetime
from typing import Any

import pytest

from agent.chunks.models import Source
from agent.errors import Forbidden, InvalidInput
from agent.knowledge.models import Article, ArticleDraft, Status
from agent.threads.models import Message, Role, Stage
from tests.tools.conftest import TENANT, THREAD, Floor
from tools.executor import Toolbox

WHEN = datetime(2026, 1, 5, tzinfo=UTC)


async def learn(floor: Floor, **fields: Any) -> None:
    given = {"title": "Parking", "text": "A permit for each space.", "knowledge_id": "KB-1"}
    draft = ArticleDraft.model_validate({**given, **fields})
    await floor.services.knowledge.put(TENANT, [draft], "test")


async def remember(
    floor: Floor, thread_id: str, *lines: str, community_id: str = "alder-row"
) -> None:
    """A conversation of the past, the lead first."""
    roles = [Role.LEAD if n % 2 == 0 else Role.AGENT for n in range(len(lines))]
    await floor.services.threads.store.append(
        TENANT,
        thread_id,
        [
            Message(message_id=f"m{n}", turn_index=n, role=roles[n], text=line, timestamp=WHEN)
            for n, line in enumerate(lines)
        ],
    )
    sources = [
        Source(
            f"{thread_id}/{n}",
            line,
            {
                "thread_id": thread_id,
                "turn_index": n,
                "role": str(roles[n]),
                "stage": "closing",
                "timestamp": WHEN,
                "community_id": community_id,
            },
        )
        for n, line in enumerate(lines)
    ]
    await floor.services.chunks.put(TENANT, "conversations", sources)


async def test_what_tickets_came_to_is_never_found(floor: Floor) -> None:
    await learn(floor, text="Parking permits hang on the mirror.")
    statuses: tuple[Status, ...] = ("active", "draft")
    for n, status in enumerate(statuses, 1):
        entry = Article(
            knowledge_id=f"KB-NEW-{n:04}",
            title="Parking permits",
            text="Parking permits are reset with the admin menu.",
            kind="resolution",
            source="ticket",
            status=status,
            digest=str(n),
            created_at=WHEN,
            updated_at=WHEN,
        )
        await floor.services.knowledge.store.insert(TENANT, entry)
    tools = await floor.toolbox()
    found = await tools.use("search_knowledge", query="parking permits admin menu", k=10)
    assert [each.source_id for each in found] == ["KB-1"]
    staff = await floor.services.knowledge.search(
        TENANT, "parking permits", kinds=("article", "resolution")
    )
    assert {each.article.knowledge_id for each in staff} == {"KB-1", "KB-NEW-0001"}


async def test_articles_come_with_their_ids(floor: Floor) -> None:
    await learn(floor)
    tools = await floor.toolbox()
    (found,) = await tools.use("search_knowledge", query="parking permit")
    assert (found.source_id, found.title, found.text) == (
        "KB-1",
        "Parking",
        "A permit for each space.",
    )
    assert tools.call.why.retrieved == ["KB-1"]


async def test_scripts_and_other_communities_are_not_for_this_lead(floor: Floor) -> None:
    await learn(floor, kind="script")
    await learn(floor, knowledge_id="KB-2", community_id="harbor-loft")
    tools = await floor.toolbox()
    assert await tools.use("search_knowledge", query="parking permit") == []
    assert tools.call.why.retrieved == []


async def test_the_community_of_an_offered_home(floor: Floor) -> None:
    await learn(floor, community_id="alder-row")
    harbor = await floor.services.tenants.community(TENANT, "harbor-loft")
    tools = await floor.toolbox(community=harbor)
    assert await tools.use("search_knowledge", query="permit") == []
    assert await tools.use("search_knowledge", query="permit", listing_id=floor.home)
    with pytest.raises(Forbidden):
        await tools.use("search_knowledge", query="permit", listing_id="lst_never")


async def test_past_answers_come_with_their_question(floor: Floor) -> None:
    await remember(floor, "csv-1", "Is there a gym?", "Yes, on the first floor.", "Great, thanks")
    await remember(floor, THREAD, "Is there a gym?", "There is a gym here.")
    tools = await floor.toolbox()
    (found,) = await tools.use("search_conversations", query="gym on which floor?")
    assert (found.source_id, found.question) == ("csv-1/1", "Is there a gym?")
    assert (found.answer, found.community_id) == ("Yes, on the first floor.", "alder-row")
    assert found.stage is None  # a label of a transcript, no stage of ours
    assert tools.call.why.retrieved == ["csv-1/1"]


async def test_what_was_said_of_another_community_stays_there(floor: Floor) -> None:
    for n in range(60):
        await remember(floor, f"far-{n}", "Is there a gym?", "No.", community_id="elsewhere")
    await remember(floor, "near", "Do you have any gym around?", "Yes, on the first floor.")
    tools = await floor.toolbox()
    (found,) = await tools.use("search_conversations", query="Is there a gym?")
    assert found.source_id == "near/1"


async def test_another_tenant_finds_nothing(floor: Floor) -> None:
    await learn(floor)
    await remember(floor, "csv-1", "Is there a gym?", "Yes, on the first floor.")
    tools = Toolbox(await floor.call(tenant_id="other"))
    for name in ("search_knowledge", "search_conversations"):
        assert await tools.use(name, query="parking permit gym") == []


@pytest.mark.parametrize("name", ["search_knowledge", "search_conversations"])
@pytest.mark.parametrize(
    "args",
    [{}, {"query": ""}, {"query": "x" * 501}, {"query": "x", "k": 11}, {"query": "x", "y": 1}],
)
async def test_arguments_are_strict(floor: Floor, name: str, args: dict[str, Any]) -> None:
    tools = await floor.toolbox(stage=Stage.RENEWAL)
    with pytest.raises(InvalidInput):
        await tools.use(name, **args)
