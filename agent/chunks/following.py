"""How the search follows rows of a noun: the row decides, a crash in between is made good."""

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, Protocol, TypeVar

from agent.errors import LatchkeyError

log = logging.getLogger(__name__)

FOLLOWED = 200
"""Rows the search follows at once."""
T = TypeVar("T")


class Changes(Protocol[T]):
    """The rows of the noun."""

    async def behind(self, tenant_id: str, *, limit: int) -> list[T]:
        """Those that the search has not followed yet."""
        ...

    async def tenants_behind(self) -> list[str]: ...


class Followed(ABC, Generic[T]):
    """A noun that can be searched."""

    what: ClassVar[str]
    """Its rows in a word, for the log."""

    def __init__(self, changes: Changes[T]) -> None:
        self._changes = changes
        self._following = asyncio.Lock()

    @abstractmethod
    async def _follow(self, tenant_id: str, rows: list[T]) -> None:
        """Bring the search to what these rows say."""

    async def follow(self, tenant_id: str) -> None:
        """Let the search have what has changed; what a crash left open is made good here."""
        while await self._changes.behind(tenant_id, limit=1):
            async with self._following:
                if rows := await self._changes.behind(tenant_id, limit=FOLLOWED):
                    await self._follow(tenant_id, rows)

    async def follow_all(self) -> bool:
        """The same for every tenant; whether any had something that could be done."""
        done = False
        for tenant_id in await self._changes.tenants_behind():
            done |= await self.follow_if_possible(tenant_id)
        return done

    async def follow_if_possible(self, tenant_id: str) -> bool:
        """Whether all could be followed; the worker tries the rest again."""
        try:
            await self.follow(tenant_id)
        except Exception as error:
            # one tenant holds up no other; an error's text may hold what a row says
            reason = error.code if isinstance(error, LatchkeyError) else type(error).__name__
            log.warning("%s of %s wait to be searchable: %s", self.what, tenant_id, reason)
            return False
        return True
