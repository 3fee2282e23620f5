import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent.audit.chain import Chain
from agent.audit.models import AuditRecord
from agent.audit.store import AuditStore
from agent.kit.clock import Clock
from agent.kit.ids import new_id


class AuditService:
    def __init__(self, store: AuditStore, clock: Clock, chain: Chain) -> None:
        self.store = store
        self._clock = clock
        self._chain = chain

    async def record(
        self,
        tenant_id: str,
        kind: str,
        subject: str,
        data: Mapping[str, Any],
        *,
        actor: str = "latchkey",
        thread_id: str | None = None,
    ) -> None:
        """Append one record; joins the caller's transaction. The chain takes it in later."""
        row = self._row(tenant_id, kind, subject, data, actor, thread_id)
        await self.store.append(tenant_id, row)

    async def record_many(
        self, tenant_id: str, records: Sequence[tuple[str, str, Mapping[str, Any], str]]
    ) -> None:
        """The same for many of our own, each (kind, subject, data, thread_id), in one write."""
        rows = [
            self._row(tenant_id, kind, subject, data, "latchkey", thread_id)
            for kind, subject, data, thread_id in records
        ]
        await self.store.append_many(tenant_id, rows)

    def _row(
        self,
        tenant_id: str,
        kind: str,
        subject: str,
        data: Mapping[str, Any],
        actor: str,
        thread_id: str | None,
    ) -> dict[str, Any]:
        now = self._clock.now()
        record = AuditRecord(
            audit_id=new_id("aud"),
            # what the database keeps of it, for the record is signed as it will be read
            at=now.replace(microsecond=now.microsecond // 1000 * 1000),
            kind=kind,
            subject=subject,
            thread_id=thread_id,
            actor=actor,
            data=json.loads(json.dumps(dict(data), default=str)),
        )
        row = record.model_dump(mode="python")
        return {**row, "mark": self._chain.mark(tenant_id, row)}
