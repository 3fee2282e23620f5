"""Every query of the answers kept for requests that may come again."""

from typing import Any

from agent.errors import Duplicate
from agent.mongo.repository import Collection, Repository


class IdempotencyStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def add(self, tenant_id: str, row: dict[str, Any]) -> bool:
        """Whether there was none under its id."""
        try:
            await self._rows(tenant_id).insert(row)
        except Duplicate:
            return False
        return True

    async def get(self, tenant_id: str, request_id: str) -> dict[str, Any] | None:
        return await self._rows(tenant_id).find_one({"request_id": request_id})

    async def take_over(
        self, tenant_id: str, request_id: str, *, token: str, row: dict[str, Any]
    ) -> bool:
        """Put `row` in the place of the one that `token` held; whether it stood."""
        held = {"request_id": request_id, "token": token}
        return bool(await self._rows(tenant_id).replace(held, row))

    async def change(
        self, tenant_id: str, request_id: str, token: str, changes: dict[str, Any]
    ) -> bool:
        """Whether `token` holds the row still, without an answer."""
        return bool(
            await self._rows(tenant_id).update(_running(request_id, token), {"$set": changes})
        )

    async def remove(self, tenant_id: str, request_id: str, token: str) -> None:
        await self._rows(tenant_id).delete_many(_running(request_id, token))

    def _rows(self, tenant_id: str) -> Collection:
        return self._repository.scoped("idempotency", tenant_id)


def _running(request_id: str, token: str) -> dict[str, Any]:
    return {"request_id": request_id, "token": token, "answer": None}
