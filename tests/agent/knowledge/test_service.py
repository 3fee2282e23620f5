import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.bootstrap import build_services
from agent.chunks.following import FOLLOWED
from agent.chunks.models import Source
from agent.errors import NotFound, Unavailable
from agent.kit.clock import ManualClock
from agent.knowledge.models import ArticleDraft
from agent.mongo.client import Database
from agent.services import Services
from agent.settings import Settings
from evals.openai_stub import Fault, openai_stub

TENANT = "default"


def draft(title: str, text: str, **fields: object) -> ArticleDraft:
    return ArticleDraft.model_validate({"title": title, "text": text, **fields})


PARKING = draft("Parking", "Every space has a permit.", knowledge_id="KB-1")
PARCELS = draft("Packages", "Parcels wait in the package room.", knowledge_id="KB-2")


async def titles(services: Services, text: str, **how: object) -> list[str]:
    found = await services.knowledge.search(TENANT, text, **how)  # type: ignore[arg-type]
    return [each.article.title for each in found]


async def put(services: Services, *drafts: ArticleDraft) -> list[str]:
    results = await services.knowledge.put(TENANT, drafts, "test")
    return [result.outcome for result in results]


async def test_added_once_replaced_by_content_and_found_at_once(services: Services) -> None:
    assert await put(services, PARKING, PARCELS) == ["added", "added"]
    assert await titles(services, "where do I park, is there a permit?") == ["Parking"]
    assert await put(services, PARKING, PARCELS) == ["unchanged", "unchanged"]
    assert await put(services, draft("Parking", "Bicycles too.", knowledge_id="KB-1")) == [
        "updated"
    ]
    assert await titles(services, "bicycles") == ["Parking"]
    assert await titles(services, "permit") == []
    assert (await services.knowledge.get(TENANT, "KB-1")).version == 2


async def test_the_title_names_an_article_without_an_id(services: Services) -> None:
    await put(services, draft("Trash", "Monday."))
    assert await put(services, draft("trash", "Tuesday.")) == ["updated"]
    assert await put(services, draft("Trash", "Monday.", community_id="alder-row")) == ["added"]


async def test_the_same_id_twice_in_one_batch_keeps_the_last(services: Services) -> None:
    later = draft("Parking", "Later.", knowledge_id="KB-1")
    assert await put(services, PARKING, later) == ["added", "updated"]
    assert (await services.knowledge.get(TENANT, "KB-1")).text == "Later."


async def test_a_retired_article_is_found_no_more_and_stays_retired(services: Services) -> None:
    await put(services, PARKING, PARCELS)
    await services.knowledge.follow(TENANT)
    retired = await services.curator.retire(TENANT, "KB-1", actor="user:ana")
    assert (retired.status, retired.version) == ("retired", 2)
    assert await titles(services, "permit") == []
    assert await put(services, PARKING) == ["unchanged"]
    assert (await services.curator.retire(TENANT, "KB-1", actor="user:ana")).version == 2
    with pytest.raises(NotFound):
        await services.curator.retire(TENANT, "KB-9", actor="user:ana")


async def test_scripts_are_apart_and_a_change_of_kind_moves(services: Services) -> None:
    await put(services, PARKING)
    await titles(services, "permit")
    await put(services, PARKING.model_copy(update={"kind": "script"}))
    assert await titles(services, "permit") == []
    assert await titles(services, "permit", kinds=("script",)) == ["Parking"]


async def test_filters(services: Services) -> None:
    await put(
        services,
        draft("Permit A", "A permit.", product="Cars", community_id="alder-row"),
        draft("Permit B", "A permit.", category="Bikes"),
    )
    assert await titles(services, "permit", product="Cars") == ["Permit A"]
    assert await titles(services, "permit", category="Bikes") == ["Permit B"]
    assert await titles(services, "permit", community_id="harbor-loft") == ["Permit B"]
    assert len(await titles(services, "permit", community_id="alder-row")) == 2


async def test_tenants_are_apart(services: Services) -> None:
    await put(services, PARKING)
    assert await services.knowledge.search("other", "permit") == []
    with pytest.raises(NotFound):
        await services.knowledge.get("other", "KB-1")


async def test_what_a_crash_left_behind_is_made_good(services: Services) -> None:
    """The row was written, the process died before the search had it."""
    await put(services, PARKING)
    assert await services.knowledge.store.tenants_behind() == [TENANT]
    assert await services.knowledge.follow_all()
    assert await services.knowledge.store.behind(TENANT, limit=1) == []
    assert not await services.knowledge.follow_all()


async def test_an_older_text_in_the_search_is_neither_found_nor_kept(services: Services) -> None:
    """Two processes raced, and the chunk of the older text was written last."""
    await put(services, PARKING)
    assert await titles(services, "permit") == ["Parking"]
    stale = Source("KB-1", "An old permit.", {"title": "Parking", "digest": "old"})
    await services.chunks.put(TENANT, "knowledge", [stale])
    assert await titles(services, "permit") == []
    assert await titles(services, "permit") == ["Parking"]


async def test_a_change_while_the_search_follows_is_followed_too(services: Services) -> None:
    await put(services, PARKING)
    (seen,) = await services.knowledge.store.behind(TENANT, limit=1)
    await put(services, draft("Parking", "Bicycles.", knowledge_id="KB-1"))
    await services.knowledge.follow(TENANT)
    await services.knowledge._follow(TENANT, [seen])
    assert await titles(services, "bicycles") == ["Parking"]


async def test_many_at_once(services: Services) -> None:
    drafts = [draft(f"Article {n}", f"Word{n} alone.") for n in range(FOLLOWED + 20)]
    await put(services, *drafts)
    found = await asyncio.gather(*(titles(services, f"word{n}") for n in (0, 5, FOLLOWED + 19)))
    assert found == [["Article 0"], ["Article 5"], [f"Article {FOLLOWED + 19}"]]


async def test_an_article_that_cannot_be_indexed_stays_behind_alone(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("embedding_unavailable", "Later.")

    await put(services, draft("Guests", "Guests ask for a permit."))
    assert await titles(services, "permit") == ["Guests"]
    await put(services, PARKING)
    with monkeypatch.context() as patch:
        patch.setattr(services.chunks, "put", away)
        assert await titles(services, "permit") == ["Guests"]
    assert {*await titles(services, "permit")} == {"Guests", "Parking"}


async def test_one_tenant_does_not_hold_up_the_search_of_others(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    async with openai_stub() as stub:
        settings = Settings(
            data_dir=tmp_path,
            embedding_model="text-embedding-3-small",
            openai_base_url=stub.base_url,
            openai_api_key=SecretStr("stub"),
        )
        services = build_services(settings, database, clock)
        for tenant in ("a", "b", "c"):
            await services.knowledge.put(tenant, [PARKING], "test")
        stub.faults.append(Fault("status", status=400))
        assert await services.knowledge.follow_all()
        left = await services.knowledge.store.tenants_behind()
        assert len(left) == 1
        assert await services.knowledge.follow_all()
        assert await services.knowledge.store.tenants_behind() == []
        await services.chunks.close()


async def test_nor_does_one_whose_rows_break_the_search(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for tenant in ("a", "b"):
        await services.knowledge.put(tenant, [PARKING], "test")
    put = services.chunks.put

    async def breaks(tenant_id: str, *rest: Any, **options: Any) -> Any:
        if tenant_id == "a":
            raise ValueError(PARKING.text)
        return await put(tenant_id, *rest, **options)

    monkeypatch.setattr(services.chunks, "put", breaks)
    assert await services.knowledge.follow_all()
    assert await services.knowledge.store.tenants_behind() == ["a"]
    assert PARKING.text not in caplog.text
