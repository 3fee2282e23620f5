"""Moving windows of the `limits` library in our database, shared by all processes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from limits.aio.storage import MovingWindowSupport, Storage

from agent.errors import Duplicate, Unavailable
from agent.kit.clock import Clock
from agent.mongo.repository import Repository

_TRIES = 3


class MongoWindows(Storage, MovingWindowSupport):
    """The windows of one tenant: a row a key with the times of its last uses, `limit` at most.

    Make one a request: what a use has shown is not asked for again.
    """

    STORAGE_SCHEME = None

    def __init__(self, repository: Repository, tenant_id: str, clock: Clock) -> None:
        super().__init__()
        self._rows = repository.scoped("rate_windows", tenant_id)
        self._clock = clock
        self._seen: dict[str, list[datetime]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        return Unavailable

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """One write: it matches where the oldest of `limit` uses is out of the window."""
        if amount > limit:
            return False
        for _ in range(_TRIES):
            try:
                await self._push(key, limit, expiry, amount)
            except Duplicate:
                # the row stands and is full; or somebody else has just made it
                _, count = await self.get_moving_window(key, limit, expiry)
                if count + amount > limit:
                    return False
                self._seen.pop(key)
            else:
                return True
        return False

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        now = self._clock.now()
        if key not in self._seen:
            row = await self._rows.find_one({"key": key})
            self._seen[key] = row["hits"] if row else []
        recent = [at for at in self._seen[key] if at > now - timedelta(seconds=expiry)][-limit:]
        return (recent[0] if recent else now).timestamp(), len(recent)

    async def get(self, key: str) -> int:
        row = await self._rows.find_one({"key": key})
        return len(row["hits"]) if row else 0

    async def get_expiry(self, key: str) -> float:
        row = await self._rows.find_one({"key": key})
        ends: datetime = row["expires_at"] if row else self._clock.now()
        return ends.timestamp()

    async def check(self) -> bool:
        await self._rows.find_one({})
        return True

    async def reset(self) -> int:
        return await self._rows.delete_many({})

    async def clear(self, key: str) -> None:
        self._seen.pop(key, None)
        await self._rows.delete_many({"key": key})

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("fixed windows are not kept; use a moving one")

    async def _push(self, key: str, limit: int, expiry: int, amount: int) -> None:
        now = self._clock.now()
        expires_at = now + timedelta(seconds=expiry)
        room: list[dict[str, Any]] = [
            {f"hits.{limit - amount}": {"$exists": False}},
            {f"hits.{amount - 1}": {"$lte": now - timedelta(seconds=expiry)}},
        ]
        row = await self._rows.find_and_update(
            {"key": key, "$or": room},
            {
                "$push": {"hits": {"$each": [now] * amount, "$slice": -limit}},
                "$set": {"expires_at": expires_at.astimezone(UTC)},
            },
            upsert=True,
        )
        self._seen[key] = row["hits"] if row else [now]
