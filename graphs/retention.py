"""What a tenant keeps no longer, removed by the tenant's settings."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from agent.outbox.models import DeliveryState
from agent.services import Services
from graphs.erasure import forget

ACTOR = "retention"
BATCH = 100
_ENDED = (DeliveryState.DONE, DeliveryState.DEAD, DeliveryState.CANCELED)

Step = Callable[[int], Awaitable[None]]
"""Called with how many have been removed so far."""


async def _quiet(done: int) -> None:
    return None


async def retain(
    services: Services, tenant_id: str, *, step: Step = _quiet, dry: bool = False
) -> dict[str, int]:
    """Remove what is over its time, or only count it when `dry`; how many by kind.

    Stopped anywhere, the next run does the rest.
    """
    settings = (await services.tenants.tenant(tenant_id)).retention
    now = services.clock.now()
    ages = {kind: timedelta(days=days) for kind, days in settings if days is not None}
    done: dict[str, int] = {}
    if "leads" in ages:
        done["leads"] = await _leads(services, tenant_id, now - ages["leads"], step, dry)
    if "tickets" in ages:
        done["tickets"] = await _tickets(services, tenant_id, now - ages["tickets"], step, dry)
    for kind, (collection, where) in _rows(now, ages).items():
        rows = services.repository.scoped(collection, tenant_id)
        done[kind] = await (rows.count(where) if dry else rows.delete_many(where))
        await step(sum(done.values()))
    if any(done.values()) and not dry:
        await services.audit.record(tenant_id, "retention.run", tenant_id, done, actor=ACTOR)
    return done


def _rows(now: datetime, ages: Mapping[str, timedelta]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Kind -> collection, and which of its rows are over their time."""
    before = {kind: {"$lt": now - age} for kind, age in ages.items()}
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    if "deliveries" in before:
        ended = {"state": {"$in": [*_ENDED]}, "done_at": before["deliveries"]}
        found["deliveries"] = ("outbox", ended)
        found["recorded"] = ("recorded", {"at": before["deliveries"]})
    if "approvals" in before:
        decided = {"status": {"$ne": "pending"}, "expires_at": before["approvals"]}
        found["approvals"] = ("approvals", decided)
    return found


async def _tickets(
    services: Services, tenant_id: str, before: datetime, step: Step, dry: bool
) -> int:
    """Forget the contacts of tickets that were decided before."""
    done, last = 0, ""
    while ids := await services.tickets.store.remembered(
        tenant_id, before, limit=BATCH, after=last
    ):
        last = ids[-1]
        for ticket_id in ids:
            if not dry:
                await services.tickets.forget(tenant_id, ticket_id, actor=ACTOR)
            done += 1
            await step(done)
    return done


async def _leads(
    services: Services, tenant_id: str, before: datetime, step: Step, dry: bool
) -> int:
    """Forget the leads of whom nothing was heard since; of each the newest thread tells."""
    leads = services.repository.scoped("leads", tenant_id)
    threads = services.repository.scoped("threads", tenant_id)
    done, last = 0, ""
    while True:
        rows = await leads.find(
            {"updated_at": {"$lt": before}, "lead_id": {"$gt": last}},
            sort=[("lead_id", 1)],
            limit=BATCH,
            projection=["lead_id"],
        )
        if not rows:
            return done
        last = rows[-1]["lead_id"]
        ids = [row["lead_id"] for row in rows]
        heard = await threads.distinct(
            "lead_id", {"lead_id": {"$in": ids}, "updated_at": {"$gte": before}}
        )
        for lead_id in set(ids) - set(heard):
            if not dry:
                await forget(services, tenant_id, lead_id, actor=ACTOR)
            done += 1
            await step(done)
