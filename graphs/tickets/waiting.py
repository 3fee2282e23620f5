"""The checkpoints of tickets that wait for a person: one each, gone once they are decided."""

from collections.abc import Sequence

from agent.mongo.repository import Repository
from graphs.checkpoints import Saved

CHECKPOINTS = ("checkpoints", "checkpoint_writes")


def place(tenant_id: str, ticket_id: str) -> str:
    """What LangGraph calls the ticket; no thread's id holds a slash."""
    return f"{tenant_id}//{ticket_id}"


class Waiting:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def keep(self, tenant_id: str, saved: Saved) -> None:
        await self._repository.together(lambda: saved.write(self._repository, tenant_id))

    async def is_kept(self, tenant_id: str, ticket_id: str) -> bool:
        rows = self._repository.scoped("checkpoints", tenant_id)
        return await rows.count({"thread_id": place(tenant_id, ticket_id)}) > 0

    async def drop(self, tenant_id: str, ticket_ids: Sequence[str]) -> None:
        if not ticket_ids:
            return
        where = {"thread_id": {"$in": [place(tenant_id, each) for each in ticket_ids]}}
        for name in CHECKPOINTS:
            await self._repository.scoped(name, tenant_id).delete_many(where)

    async def some(self, tenant_id: str, *, after: str, limit: int) -> list[str]:
        """ticket_ids of the tenant, by their order."""
        first, last = place(tenant_id, after), f"{tenant_id}/0"
        rows = await self._repository.scoped("checkpoints", tenant_id).find(
            {"thread_id": {"$gt": first, "$lt": last}},
            sort=[("thread_id", 1)],
            limit=limit,
            projection=["thread_id"],
        )
        head = len(place(tenant_id, ""))
        return [row["thread_id"][head:] for row in rows]
