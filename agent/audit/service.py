from collections.abc import Mapping
from typing import Any

from agent.audit.models import AuditRecord
from agent.audit.store import AuditStore
from agent.kit.clock import Clock
from agent.kit.ids import new_id


class AuditService:
    def __init__(self, store: AuditStore, clock: Clock) -> None:
        self.store = store
        self._clock = clock

    async def record(
        self,
        tenant_id: str,
        kind: str,
        subject: str,
        data: Mapping[str, Any],
        *,
        actor: str = "latchkey",
    ) -> None:
        """Append one record; joins the caller's transaction."""
        await self.store.append(
            tenant_id,
            AuditRecord(
                audit_id=new_id("aud"),
                at=self._clock.now(),
                kind=kind,
                subject=subject,
                actor=actor,
                data=dict(data),
            ),
        )
