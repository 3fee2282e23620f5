import asyncio
import math
from importlib import import_module
from typing import TYPE_CHECKING

from agent.kit.clock import Clock
from agent.kit.crypto import keyed_hash
from agent.limits.models import Allowance, Asked
from agent.mongo.repository import Repository
from agent.tenants.service import TenantService

if TYPE_CHECKING:
    from agent.limits.store import MongoWindows


class LimitService:
    """How often somebody may do something, by the settings of the tenant."""

    def __init__(
        self, repository: Repository, tenants: TenantService, clock: Clock, key: bytes
    ) -> None:
        self._repository = repository
        self._tenants = tenants
        self._clock = clock
        self._key = key

    async def take(self, tenant_id: str, *asked: Asked) -> list[Allowance]:
        """Count one use of every limit that is set, each in one write and all at once.

        Nothing is read or written where none is set. What is asked is kept as a keyed hash.
        """
        limits = (await self._tenants.settings(tenant_id)).limits
        amounts = [(each, int(getattr(limits, each.limit))) for each in asked]
        set_ones = [(each, amount) for each, amount in amounts if amount]
        if not set_ones:
            return []
        # the library takes a while to import
        store = await asyncio.to_thread(import_module, "agent.limits.store")
        windows: MongoWindows = store.MongoWindows(self._repository, tenant_id, self._clock)
        return await asyncio.gather(
            *(self._take(windows, each, amount) for each, amount in set_ones)
        )

    async def _take(self, windows: "MongoWindows", asked: Asked, amount: int) -> Allowance:
        from limits import RateLimitItemPerSecond
        from limits.aio.strategies import MovingWindowRateLimiter

        limiter = MovingWindowRateLimiter(windows)
        item = RateLimitItemPerSecond(amount, asked.seconds)
        whom = keyed_hash(self._key, f"{asked.limit}/{asked.whom}")
        granted = await limiter.hit(item, whom)
        stats = await limiter.get_window_stats(item, whom)
        wait = stats.reset_time - self._clock.now().timestamp()
        return Allowance(
            limit=asked.limit,
            granted=granted,
            amount=amount,
            remaining=max(0, stats.remaining),
            window_seconds=asked.seconds,
            reset_seconds=min(asked.seconds, max(1, math.ceil(wait))),
        )
