"""Giving every record its place in its tenant's chain, behind the backs of the writers."""

from datetime import datetime, timedelta
from typing import Any

from agent.audit.anchors import Anchors
from agent.audit.chain import GENESIS, Chain, Walk
from agent.audit.models import Head, Verdict
from agent.audit.store import AuditStore
from agent.errors import Conflict, Duplicate
from agent.kit.clock import Clock
from agent.kit.telemetry import Telemetry
from agent.mongo.repository import Repository

BATCH = 200
LEASE = timedelta(seconds=10)
ANCHOR_EVERY = timedelta(hours=1)


class Sealer:
    """A record is sealed when it is seen, in the order of `at` among those seen together.

    One whose transaction committed late comes after those sealed before; none is passed by, for
    what is not sealed says so. A batch and the new head are one transaction, so a crash leaves
    either the old chain or the longer one.
    """

    def __init__(
        self,
        repository: Repository,
        store: AuditStore,
        chain: Chain,
        anchors: Anchors,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._repository = repository
        self._store = store
        self._chain = chain
        self._anchors = anchors
        self._clock = clock
        self._telemetry = telemetry
        self._anchored: dict[str, datetime] = {}

    async def seal_waiting(self) -> bool:
        """A batch of every tenant that has one and nobody else is at; whether more waits.

        Raises Conflict when a chain cannot go on, after the other tenants had their turn.
        """
        more, failure = False, None
        for tenant_id in await self._store.waiting():
            now = self._clock.now()
            if not await self._store.lease(tenant_id, now=now, until=now + LEASE):
                continue
            try:
                more |= await self.seal(tenant_id) == BATCH
                await self._anchor(tenant_id, now)
            except Conflict as error:
                failure = error
        if failure:
            raise failure
        return more

    async def seal(self, tenant_id: str) -> int:
        """Seal the next batch; how many records it had.

        Raises Conflict `audit_head_invalid` where the head was tampered with: a chain that goes
        on from it would hide that.
        """

        async def write() -> list[dict[str, Any]]:
            head = await self._head(tenant_id)
            rows = await self._store.unsealed(tenant_id, limit=BATCH)
            links, seq, hash = [], head.seq if head else 0, head.hash if head else GENESIS
            for row in rows:
                seq += 1
                hash = self._chain.link(tenant_id, hash, seq, row)
                links.append({"audit_id": row["audit_id"], "seq": seq, "hash": hash})
            if links:
                await self._store.seal(tenant_id, links)
            if links or head:
                await self._store.move_head(tenant_id, head, self._chain.head(tenant_id, seq, hash))
            return rows

        sealed = await self._repository.transact(write)
        for row in sealed:
            # every decision is audited, and here each passes once, in one process
            noun, _, status = row["kind"].partition(".")
            if noun == "approval":
                self._telemetry.approval(str(row["data"].get("action", "unknown")), status)
        return len(sealed)

    async def verify(self, tenant_id: str) -> Verdict:
        """Seal what waits, walk the whole chain, and anchor its end if it holds."""
        walk = Walk(self._chain, tenant_id)
        walk.expect(await self._anchors.of(tenant_id))
        await self._seal_all(tenant_id)
        head = await self._walk(walk, tenant_id)
        broken = walk.end(head)
        if broken is None and head is not None:
            await self._anchors.add(tenant_id, head, self._clock.now())
        return Verdict(tenant_id=tenant_id, records=walk.seq, broken=broken)

    async def tenants(self) -> list[str]:
        """Everyone with a chain, or with one that was anchored."""
        return sorted(await self._store.tenants() | await self._anchors.tenants())

    async def _seal_all(self, tenant_id: str) -> None:
        try:
            while await self.seal(tenant_id) == BATCH:
                pass
        except Duplicate:
            await self._seal_all(tenant_id)
        except Conflict:
            # the walk says what is wrong
            return

    async def _walk(self, walk: Walk, tenant_id: str) -> Head | None:
        """All that is sealed; others may seal meanwhile, so until the head is reached."""
        while rows := await self._store.sealed(tenant_id, after=walk.seq):
            if not all([walk.take(row) for row in rows]):
                break
        head = await self._store.head(tenant_id)
        behind = head is not None and walk.broken is None and head.seq > walk.seq
        if behind and await self._store.sealed(tenant_id, after=walk.seq, limit=1):
            return await self._walk(walk, tenant_id)
        return head

    async def _head(self, tenant_id: str) -> Head | None:
        head = await self._store.head(tenant_id)
        lost = head is None and await self._store.sealed(tenant_id, limit=1)
        if lost or (head is not None and not self._chain.signed(tenant_id, head)):
            raise Conflict(
                "audit_head_invalid",
                "The end of the audit chain was changed; run `latchkey verify` to see where.",
            )
        return head

    async def _anchor(self, tenant_id: str, now: datetime) -> None:
        last = self._anchored.get(tenant_id)
        if last is not None and now - last < ANCHOR_EVERY:
            return
        head = await self._store.head(tenant_id)
        if head is not None:
            await self._anchors.add(tenant_id, head, now)
            self._anchored[tenant_id] = now
