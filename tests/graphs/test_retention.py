from datetime import timedelta

import pytest

from agent.errors import NotFound
from agent.kit.clock import ManualClock
from agent.privacy.models import Contact
from agent.services import Services
from agent.tenants.models import Retention
from graphs.answer import Started
from graphs.retention import retain
from graphs.runtime import Runtime
from tests.agent.tickets.cases import DANA, draft, opened

TENANT = "default"


async def keep(services: Services, **days: int) -> None:
    tenant = await services.tenants.tenant(TENANT)
    await services.tenants.put(tenant.model_copy(update={"retention": Retention(**days)}))


async def arrive(runtime: Runtime) -> Started:
    return await runtime.start(TENANT, contact=Contact(email="sam@lee.example"), message="hello")


async def test_nothing_is_removed_by_default(runtime: Runtime, clock: ManualClock) -> None:
    started = await arrive(runtime)
    clock.advance(timedelta(days=5000))
    assert await retain(runtime.services, TENANT) == {}
    assert await runtime.services.leads.get(TENANT, started.lead_id)


async def test_whoever_was_not_heard_of_is_forgotten(runtime: Runtime, clock: ManualClock) -> None:
    services = runtime.services
    await keep(services, leads=30)
    silent = await arrive(runtime)
    speaking = await arrive(runtime)
    clock.advance(timedelta(days=29))
    await runtime.reply(TENANT, speaking.thread_id, "still looking")
    new = await arrive(runtime)
    clock.advance(timedelta(days=2))
    assert await retain(services, TENANT, dry=True) == {"leads": 1}
    assert await retain(services, TENANT) == {"leads": 1}
    assert await retain(services, TENANT) == {"leads": 0}
    with pytest.raises(NotFound):
        await services.leads.get(TENANT, silent.lead_id)
    for kept in (speaking, new):
        assert await services.leads.get(TENANT, kept.lead_id)
    (proof,) = await services.audit.store.about(TENANT, silent.lead_id)
    assert (proof.kind, proof.actor) == ("lead.erased", "retention")


async def test_rows_that_ended_long_ago_are_removed(runtime: Runtime, clock: ManualClock) -> None:
    services = runtime.services
    await keep(services, deliveries=10, approvals=20)
    now = services.clock.now()
    for name, days in (("old", 11), ("new", 9)):
        at = now - timedelta(days=days)
        await services.repository.scoped("outbox", TENANT).insert(
            {"key": name, "delivery_id": name, "state": "done", "done_at": at}
        )
        await services.repository.scoped("recorded", TENANT).insert({"key": name, "at": at})
    await services.repository.scoped("outbox", TENANT).insert(
        {"key": "open", "delivery_id": "open", "state": "pending", "done_at": None}
    )
    for status, name in (("pending", "a"), ("rejected", "b")):
        await services.repository.scoped("approvals", TENANT).insert(
            {
                "action_id": name,
                "thread_id": name,
                "status": status,
                "expires_at": now - timedelta(days=21),
            }
        )
    done = await retain(services, TENANT)
    assert done == {"deliveries": 1, "recorded": 1, "approvals": 1}
    left = await services.repository.scoped("outbox", TENANT).find({}, sort=[("key", 1)])
    assert [row["key"] for row in left] == ["new", "open"]


async def test_the_contacts_of_tickets_decided_long_ago_are_forgotten(
    runtime: Runtime, clock: ManualClock
) -> None:
    services = runtime.services
    await keep(services, tickets=30)
    old, new, waiting = await opened(services, *(draft(n, contact_name="Kim Lo") for n in range(3)))
    await services.reviewing.reject(TENANT, old.ticket_id, DANA, reason="No.")
    clock.advance(timedelta(days=31))
    await services.reviewing.reject(TENANT, new.ticket_id, DANA, reason="No.")
    assert await retain(services, TENANT, dry=True) == {"tickets": 1}
    assert await retain(services, TENANT) == {"tickets": 1}
    assert await retain(services, TENANT) == {"tickets": 0}
    assert (await services.tickets.get(TENANT, old.ticket_id)).transcript == ""
    for kept in (new, waiting):
        assert (await services.tickets.get(TENANT, kept.ticket_id)).contact_ref
