import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from agent.approvals.models import Approval, ApprovalStatus
from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Repository

log = logging.getLogger(__name__)

_ORDER = Order(at="created_at", key="action_id")


class ApprovalStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(self, tenant_id: str, approval: Approval) -> None:
        await self._rows(tenant_id).insert(approval.model_dump(mode="python"))

    async def get(self, tenant_id: str, action_id: str) -> Approval | None:
        return _one(await self._rows(tenant_id).find_one({"action_id": action_id}))

    async def same_proposal(self, tenant_id: str, approval: Approval) -> Approval | None:
        return _one(
            await self._rows(tenant_id).find_one(
                {
                    "thread_id": approval.thread_id,
                    "turn": approval.turn,
                    "action": approval.action,
                    "args_hash": approval.args_hash,
                }
            )
        )

    async def rejected(self, tenant_id: str, approval: Approval) -> bool:
        """Whether a person has refused the same wish in this thread, in whichever turn."""
        row = await self._rows(tenant_id).find_one(
            {
                "thread_id": approval.thread_id,
                "action": approval.action,
                "asked_hash": approval.asked_hash,
                "status": ApprovalStatus.REJECTED,
            }
        )
        return row is not None

    async def superseded_in(self, tenant_id: str, thread_id: str, turn: int) -> int:
        """How many proposals of this turn have given way already."""
        count: int = await self._rows(tenant_id).count(
            {"thread_id": thread_id, "turn": turn, "status": ApprovalStatus.SUPERSEDED}
        )
        return count

    async def pending(
        self, tenant_id: str, thread_id: str, *, action: str | None = None
    ) -> list[Approval]:
        """Oldest first."""
        where: dict[str, Any] = {"thread_id": thread_id, "status": ApprovalStatus.PENDING}
        if action:
            where["action"] = action
        rows = await self._rows(tenant_id).find(where, sort=[("created_at", 1), ("action_id", 1)])
        return [Approval.model_validate(row) for row in rows]

    async def waiting(self, tenant_id: str, thread_ids: Sequence[str]) -> list[Approval]:
        """What is pending in any of these threads, oldest first."""
        rows = await self._rows(tenant_id).find(
            {"status": ApprovalStatus.PENDING, "thread_id": {"$in": list(thread_ids)}},
            sort=[("created_at", 1), ("action_id", 1)],
        )
        return [Approval.model_validate(row) for row in rows]

    async def waiting_threads(self, tenant_id: str) -> list[str]:
        found: list[str] = await self._rows(tenant_id).distinct(
            "thread_id", {"status": ApprovalStatus.PENDING}
        )
        return found

    async def page(
        self,
        tenant_id: str,
        *,
        status: ApprovalStatus | None = None,
        thread_id: str | None = None,
        risk: str | None = None,
        action: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Approval]:
        filters = {"status": status, "thread_id": thread_id, "risk": risk, "action": action}
        query = {name: value for name, value in filters.items() if value is not None}
        return await page(
            self._rows(tenant_id), Approval, query, _ORDER, limit=limit, cursor=cursor
        )

    async def change(
        self,
        tenant_id: str,
        action_id: str,
        changes: dict[str, Any],
        *,
        version: int | None = None,
        now: datetime | None = None,
    ) -> Approval | None:
        """Close or change a pending row, compare-and-set; None when it is not pending (any more).

        With `version` it must be that one, with `now` it must not have expired.
        """
        where: dict[str, Any] = {"action_id": action_id, "status": ApprovalStatus.PENDING}
        if version is not None:
            where["version"] = version
        if now is not None:
            where["expires_at"] = {"$gt": now}
        return _one(
            await self._rows(tenant_id).find_and_update(
                where, {"$set": changes, "$inc": {"version": 1}}
            )
        )

    async def reopen(
        self, tenant_id: str, standing: Approval, changes: dict[str, Any]
    ) -> Approval | None:
        """Make a decided row wait again; None when it has moved on or its outcome was told."""
        return _one(
            await self._rows(tenant_id).find_and_update(
                {
                    "action_id": standing.action_id,
                    "status": standing.status,
                    "version": standing.version,
                    "told": False,
                },
                {"$set": changes, "$inc": {"version": 1, "undone": 1}},
            )
        )

    async def mark_told(self, tenant_id: str, approval: Approval) -> bool:
        """Whether this call is the one that tells of the decision."""
        matched = await self._rows(tenant_id).update(
            {"action_id": approval.action_id, "version": approval.version, "told": False},
            {"$set": {"told": True}},
        )
        return bool(matched)

    async def untold(self, now: datetime, *, limit: int = 100) -> Sequence[tuple[str, Approval]]:
        """Decisions that can no longer be taken back and nobody has been told of."""
        rows = await self._repository.across_tenants("approvals").find(
            {"told": False, "undo_until": {"$lte": now}}, limit=limit
        )
        return _readable(rows)

    async def overdue(self, now: datetime, *, limit: int = 100) -> Sequence[tuple[str, Approval]]:
        rows = await self._repository.across_tenants("approvals").find(
            {"status": ApprovalStatus.PENDING, "expires_at": {"$lte": now}}, limit=limit
        )
        return _readable(rows)

    def _rows(self, tenant_id: str) -> Any:
        return self._repository.scoped("approvals", tenant_id)


def _readable(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, Approval]]:
    """With their tenants, those of the rows that are approvals; another holds up none of them."""
    found = []
    for row in rows:
        try:
            found.append((row["tenant_id"], Approval.model_validate(row)))
        except ValidationError:
            log.error("approval %s cannot be read; it waits for a person", row["action_id"])
    return found


def _one(row: dict[str, Any] | None) -> Approval | None:
    return Approval.model_validate(row) if row else None
