"""What may be queued, taken back and sent again; the dispatcher delivers."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from agent.audit.service import AuditService
from agent.errors import Conflict, NotFound
from agent.kit.clock import Clock
from agent.kit.digests import args_hash as hash_of
from agent.kit.ids import new_id
from agent.mongo.repository import Repository
from agent.outbox.models import Delivery, DeliveryState, Told
from agent.outbox.store import OutboxStore
from agent.tenants.service import TenantService

RECORD = "record"
ZAPIER = "zapier"
WEBHOOK = "webhook"
"""The connector that tells subscribers of events."""
REPLAYABLE = (DeliveryState.DEAD, DeliveryState.UNKNOWN, DeliveryState.FAILED)


class OutboxService:
    def __init__(
        self,
        repository: Repository,
        store: OutboxStore,
        tenants: TenantService,
        audit: AuditService,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self.store = store
        self._tenants = tenants
        self._audit = audit
        self._clock = clock

    async def enqueue(
        self,
        tenant_id: str,
        *,
        delivery_id: str,
        action_id: str,
        action: str,
        args: dict[str, Any],
        args_hash: str,
        thread_id: str,
        due_at: datetime | None = None,
        part: str = "",
    ) -> None:
        """Insert the one row of an approved action; joins the decision's transaction.

        It is not sent before `due_at`, through the connector that the tenant's settings name.
        `part` names one of several deliveries that the same approval covers; raises Duplicate
        when that one stands already.
        """
        now = self._clock.now()
        settings = await self._tenants.settings(tenant_id)
        connectors: dict[str, str] = dict(settings.connectors.items())
        delivery = Delivery(
            delivery_id=delivery_id,
            key=":".join((tenant_id, action_id, *filter(None, [part]))),
            action_id=action_id,
            action=action,
            args=args,
            args_hash=args_hash,
            thread_id=thread_id,
            connector=connectors.get(action, RECORD),
            due_at=due_at or now,
            created_at=now,
        )
        await self.store.insert(tenant_id, delivery)

    async def tell(self, tenant_id: str, told: Sequence[Told]) -> None:
        """Queue events for their subscribers, in this order; joins the caller's transaction."""
        if not told:
            return
        now = self._clock.now()
        first = await self.store.positions(tenant_id, len(told))
        await self.store.insert_many(
            tenant_id,
            [
                Delivery(
                    delivery_id=new_id("dlv"),
                    key=each.key,
                    action=each.type,
                    args=each.payload,
                    args_hash=hash_of(each.payload),
                    thread_id=each.thread_id,
                    connector=WEBHOOK,
                    lane=each.lane,
                    position=place,
                    due_at=now,
                    created_at=now,
                )
                for place, each in enumerate(told, first)
            ],
        )

    async def carried(self, tenant_id: str, action_ids: Collection[str]) -> set[str]:
        """Those of `action_ids` that go to subscribers themselves, through `zapier`."""
        return await self.store.actions(tenant_id, action_ids, connector=ZAPIER)

    async def reference(self, tenant_id: str, connector: str, tour_id: str) -> str | None:
        """What `connector` called the thing it last made for this tour."""
        return await self.store.reference(tenant_id, connector, tour_id)

    async def open(self, tenant_id: str) -> int:
        """How many are not delivered yet and not given up."""
        return await self.store.open(tenant_id)

    async def states(self, tenant_id: str) -> dict[str, int]:
        """State -> how many deliveries."""
        return await self.store.states(tenant_id)

    async def cancel(self, tenant_id: str, delivery_id: str) -> bool:
        """Take back a row nobody has tried to send yet; whether it could be. Joins a transaction.

        Once canceled it stays so.
        """
        return await self.store.cancel(tenant_id, delivery_id, self._clock.now())

    async def replay(self, tenant_id: str, delivery_id: str, *, actor: str) -> Delivery:
        """Send what is dead, unknown or waiting after a failure anew, under its old key.

        Raises NotFound, Conflict `delivery_not_replayable` or `delivery_changed` (the arguments
        are not those that were approved).
        """

        async def write() -> Delivery:
            standing = await self.store.get(tenant_id, delivery_id)
            if standing is None:
                raise NotFound("delivery_not_found", f"There is no delivery {delivery_id[:80]!r}.")
            if hash_of(standing.args) != standing.args_hash:
                raise Conflict(
                    "delivery_changed", "Its arguments are not those that were approved."
                )
            changes: dict[str, Any] = {
                "attempts": 0,
                "error": None,
                "done_at": None,
                "due_at": self._clock.now(),
            }
            if standing.action_id is not None:
                # who subscribes may have changed since
                changes["lane"] = None
            replayable = standing.state in REPLAYABLE
            if not replayable or not await self.store.reopen(tenant_id, standing, changes):
                raise Conflict(
                    "delivery_not_replayable",
                    f"It is {standing.state}; only what is dead, unknown or failed is sent anew.",
                )
            await self._audit.record(
                tenant_id,
                "delivery.replayed",
                standing.action_id or delivery_id,
                {"delivery_id": delivery_id, "was": standing.state},
                actor=actor,
            )
            return standing.model_copy(update={**changes, "state": DeliveryState.PENDING})

        return await self._repository.transact(write)
