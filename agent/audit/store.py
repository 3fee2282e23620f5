from agent.audit.models import AuditRecord
from agent.mongo.repository import Repository


class AuditStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def append(self, tenant_id: str, record: AuditRecord) -> None:
        await self._repository.scoped("audit", tenant_id).insert(record.model_dump(mode="python"))

    async def about(self, tenant_id: str, subject: str) -> list[AuditRecord]:
        rows = await self._repository.scoped("audit", tenant_id).find(
            {"subject": subject}, sort=[("at", 1), ("audit_id", 1)]
        )
        return [AuditRecord.model_validate(row) for row in rows]
