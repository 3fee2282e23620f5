import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from agent.audit.models import Broken
from agent.audit.sealing import BATCH, LEASE, Sealer
from agent.audit.service import AuditService
from agent.errors import Conflict
from agent.kit.clock import ManualClock
from agent.mongo.repository import Repository


async def note(audit: AuditService, *subjects: str, tenant: str = "acme") -> None:
    for subject in subjects:
        await audit.record(tenant, "test.done", subject, {"share": 1 / 3}, actor="key:crm")


async def chain(audit: AuditService, tenant: str = "acme") -> list[str]:
    return [row["subject"] for row in await audit.store.sealed(tenant)]


async def test_what_was_recorded_is_sealed_in_order_and_verifies(
    audit: AuditService, sealer: Sealer, clock: ManualClock
) -> None:
    for subject in ("a", "b", "c"):
        await note(audit, subject)
        clock.advance(timedelta(milliseconds=1))
    assert await sealer.seal_waiting() is False
    assert await chain(audit) == ["a", "b", "c"]
    verdict = await sealer.verify("acme")
    assert (verdict.records, verdict.broken) == (3, None)


async def test_verify_seals_first(audit: AuditService, sealer: Sealer) -> None:
    await note(audit, *"ab")
    assert (await sealer.verify("acme")).records == 2
    assert await audit.store.waiting() == []


async def test_a_transaction_that_commits_late_is_not_lost(
    audit: AuditService, sealer: Sealer, repository: Repository, clock: ManualClock
) -> None:
    """Stamped before a record that is sealed already, it comes after it."""
    inserted, commit = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await note(audit, "early but late")
        inserted.set()
        await commit.wait()

    writer = asyncio.create_task(repository.transact(slow))
    await inserted.wait()
    clock.advance(timedelta(seconds=1))
    await note(audit, "in time")
    await sealer.seal_waiting()
    assert await chain(audit) == ["in time"]
    commit.set()
    await writer
    await sealer.seal_waiting()
    assert await chain(audit) == ["in time", "early but late"]
    assert (await sealer.verify("acme")).broken is None


async def test_writers_of_one_tenant_do_not_wait_for_each_other(
    audit: AuditService, sealer: Sealer, repository: Repository
) -> None:
    """Two transactions hold a record each; both end, whichever ends first."""
    both = asyncio.Barrier(2)

    async def write(subject: str) -> None:
        await note(audit, subject)
        await asyncio.wait_for(both.wait(), 60)

    await asyncio.gather(*(repository.transact(partial(write, subject)) for subject in "ab"))
    assert (await sealer.verify("acme")).records == 2


async def test_many_sealers_make_one_chain(
    audit: AuditService, make_sealer: Callable[[], Sealer]
) -> None:
    async def write(n: int) -> None:
        await note(audit, f"w{n}")

    sealers = [make_sealer() for _ in range(4)]
    steps = [sealer.seal_waiting() for sealer in sealers for _ in range(3)]
    await asyncio.gather(*(write(n) for n in range(40)), *steps)
    verdicts = await asyncio.gather(*(sealer.verify("acme") for sealer in sealers))
    assert [(v.records, v.broken) for v in verdicts] == [(40, None)] * 4


async def test_more_than_a_batch(audit: AuditService, sealer: Sealer) -> None:
    async def write(n: int) -> None:
        await note(audit, f"w{n}")

    await asyncio.gather(*(write(n) for n in range(BATCH + 1)))
    assert await sealer.seal_waiting() is True
    assert await sealer.seal_waiting() is False
    assert (await sealer.verify("acme")).records == BATCH + 1


async def test_a_sealer_that_died_is_waited_for_and_then_replaced(
    audit: AuditService, sealer: Sealer, clock: ManualClock
) -> None:
    await note(audit, "a")
    await sealer.seal_waiting()
    now = clock.now()
    assert await audit.store.lease("acme", now=now, until=now + LEASE)
    await note(audit, "b")
    await sealer.seal_waiting()
    assert await chain(audit) == ["a"]
    clock.advance(LEASE)
    await sealer.seal_waiting()
    assert await chain(audit) == ["a", "b"]


async def test_each_tenant_has_its_own_chain(audit: AuditService, sealer: Sealer) -> None:
    await note(audit, *"abc")
    await note(audit, *"xy", tenant="rival")
    await sealer.seal_waiting()
    assert [(await sealer.verify(tenant)).records for tenant in await sealer.tenants()] == [3, 2]


class TestTampering:
    """In the database, as somebody could who reaches it but not the key."""

    @pytest.fixture(autouse=True)
    async def sealed(self, audit: AuditService, sealer: Sealer, clock: ManualClock) -> None:
        for subject in "abcde":
            await note(audit, subject)
            clock.advance(timedelta(milliseconds=1))
        assert (await sealer.verify("acme")).broken is None

    async def test_an_edit(self, sealer: Sealer, repository: Repository) -> None:
        await repository.scoped("audit", "acme").update(
            {"subject": "c"}, {"$set": {"actor": "key:else"}}
        )
        broken = (await sealer.verify("acme")).broken
        assert broken is not None
        assert (broken.seq, broken.reason) == (3, "edited")

    async def test_a_deletion(self, sealer: Sealer, repository: Repository) -> None:
        await repository.scoped("audit", "acme").delete_many({"subject": "b"})
        broken = (await sealer.verify("acme")).broken
        assert broken is not None
        assert (broken.seq, broken.reason) == (2, "missing")

    async def test_a_record_that_is_made_to_be_sealed_again(
        self, sealer: Sealer, repository: Repository
    ) -> None:
        await repository.scoped("audit", "acme").update(
            {"subject": "b"}, {"$set": {"sealed": False}}
        )
        broken = (await sealer.verify("acme")).broken
        assert broken is not None
        assert (broken.seq, broken.reason) == (2, "missing")

    async def test_a_record_of_somebody_else(self, sealer: Sealer, repository: Repository) -> None:
        row = await repository.scoped("audit", "acme").find_one({"subject": "e"})
        assert row is not None
        forged = {k: v for k, v in row.items() if k not in ("seq", "hash")}
        forged |= {"audit_id": "aud_forged", "subject": "f", "sealed": False}
        await repository.scoped("audit", "acme").insert(forged)
        assert (await sealer.verify("acme")).broken == Broken(
            seq=6, reason="forged", audit_id="aud_forged"
        )

    @pytest.mark.parametrize("head", ["left", "gone"])
    async def test_a_truncation(self, head: str, sealer: Sealer, repository: Repository) -> None:
        await repository.scoped("audit", "acme").delete_many({"subject": {"$in": ["d", "e"]}})
        if head == "gone":
            await repository.scoped("audit_heads", "acme").delete_many({})
        broken = (await sealer.verify("acme")).broken
        assert broken is not None
        assert (broken.seq, broken.reason) == (4, "truncated")

    async def test_a_chain_that_is_gone_whole(self, sealer: Sealer, repository: Repository) -> None:
        for collection in ("audit", "audit_heads"):
            await repository.scoped(collection, "acme").delete_many({})
        assert await sealer.tenants() == ["acme"]
        assert (await sealer.verify("acme")).broken == Broken(seq=1, reason="truncated")

    async def test_a_chain_does_not_go_on_from_a_false_end(
        self, audit: AuditService, sealer: Sealer, repository: Repository
    ) -> None:
        """Sealing there would sign what somebody else has written."""
        await repository.scoped("audit_heads", "acme").update({}, {"$set": {"seq": 4}})
        await note(audit, "f")
        await note(audit, "x", tenant="rival")
        with pytest.raises(Conflict, match="latchkey verify"):
            await sealer.seal_waiting()
        assert len(await chain(audit, "rival")) == 1
        broken = (await sealer.verify("acme")).broken
        assert broken is not None
        assert broken.reason == "head_invalid"

    async def test_an_anchor_outlives_torn_and_foreign_lines(
        self, audit: AuditService, sealer: Sealer, tmp_path: Path
    ) -> None:
        path = tmp_path / "audit.anchors"
        with path.open("a") as file:
            file.write('{"database": "other", "tenant": "acme", "seq": 99, "hash": "x"}\n{"data')
        await note(audit, "f")
        assert (await sealer.verify("acme")).broken is None
        assert (await sealer.verify("acme")).records == 6
        assert path.stat().st_mode & 0o777 == 0o600
