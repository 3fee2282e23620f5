from datetime import timedelta

import pytest

from agent.audit.service import AuditService
from agent.errors import Conflict
from agent.kit.clock import ManualClock
from agent.mongo.repository import Repository


async def test_a_record_says_who_did_what_when(audit: AuditService, clock: ManualClock) -> None:
    await audit.record("acme", "approval.approved", "act_1", {"n": 1}, actor="key:crm")
    [record] = await audit.store.about("acme", "act_1")
    assert (record.kind, record.actor, record.data) == ("approval.approved", "key:crm", {"n": 1})
    assert record.at == clock.now()


async def test_records_come_in_the_order_of_what_happened(
    audit: AuditService, clock: ManualClock
) -> None:
    for kind in ("approval.proposed", "approval.approved", "delivery.done"):
        await audit.record("acme", kind, "act_1", {})
        clock.advance(timedelta(milliseconds=5))
    await audit.record("acme", "approval.proposed", "act_2", {})
    assert [record.kind for record in await audit.store.about("acme", "act_1")] == [
        "approval.proposed",
        "approval.approved",
        "delivery.done",
    ]


async def test_the_same_fact_twice_is_two_records(audit: AuditService) -> None:
    for _ in range(2):
        await audit.record("acme", "delivery.done", "act_1", {})
    records = await audit.store.about("acme", "act_1")
    assert len({record.audit_id for record in records}) == 2
    assert {record.actor for record in records} == {"latchkey"}


async def test_a_tenant_sees_its_own_records(audit: AuditService) -> None:
    await audit.record("acme", "delivery.done", "act_1", {})
    assert await audit.store.about("rival", "act_1") == []


async def test_what_is_undone_leaves_no_record(audit: AuditService, repository: Repository) -> None:
    async def write() -> None:
        await audit.record("acme", "approval.approved", "act_1", {})
        raise Conflict("tour_slot_taken", "Somebody was faster.")

    with pytest.raises(Conflict):
        await repository.transact(write)
    assert await audit.store.about("acme", "act_1") == []
