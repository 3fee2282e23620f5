import contextlib

from agent.errors import Duplicate
from agent.kit.clock import Clock
from agent.kit.retry import SOON, Retry
from agent.mongo.repository import Repository
from agent.outbox.models import Delivery, Sent


class RecordConnector:
    """Sends nothing; writes down once what it would have sent, contact data left in the vault."""

    name = "record"
    idempotent = True
    retry: Retry = SOON

    def __init__(self, repository: Repository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    async def deliver(self, tenant_id: str, delivery: Delivery) -> str | None:
        sent = Sent(
            key=delivery.key, action=delivery.action, args=delivery.args, at=self._clock.now()
        )
        with contextlib.suppress(Duplicate):
            await self._repository.scoped("recorded", tenant_id).insert(sent.model_dump())
        return None
