from datetime import datetime
from typing import Any

from agent.applications.models import Application
from agent.mongo.repository import Repository


class ApplicationStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def put(self, tenant_id: str, application: Application) -> None:
        await self._rows(tenant_id).replace(
            {"application_id": application.application_id},
            application.model_dump(mode="python"),
            upsert=True,
        )

    async def get(self, tenant_id: str, application_id: str) -> Application | None:
        row = await self._rows(tenant_id).find_one({"application_id": application_id})
        return Application.model_validate(row) if row else None

    async def of_thread(self, tenant_id: str, thread_id: str) -> list[Application]:
        """Oldest first: the order of application counts."""
        rows = await self._rows(tenant_id).find({"thread_id": thread_id}, sort=[("created_at", 1)])
        return [Application.model_validate(row) for row in rows]

    async def set_status(
        self, tenant_id: str, application_id: str, status: str, now: datetime
    ) -> None:
        await self._rows(tenant_id).update(
            {"application_id": application_id}, {"$set": {"status": status, "updated_at": now}}
        )

    def _rows(self, tenant_id: str) -> Any:
        return self._repository.scoped("applications", tenant_id)
