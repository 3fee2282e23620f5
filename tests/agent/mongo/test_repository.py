
from agent.mongo.repository import Repository


async def test_a(repository: Repository) -> None:
    await repository.scoped("leads", "t").insert({"lead_id": "1"})
    assert await repository.scoped("leads", "t").count({}) == 1


async def test_b(repository: Repository) -> None:
    assert await repository.scoped("leads", "t").count({}) == 0
