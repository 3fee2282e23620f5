"""What turns have written into their thread's row, on its way to the collections it belongs to.

A turn ends with one write of one row, which holds its messages and events as `unfiled`. From there
they are filed: soon by the process that ran the turn, and before anybody reads those collections.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from agent.errors import LatchkeyError
from agent.events.models import Event
from agent.events.store import rows_of
from agent.kit.clock import Clock
from agent.kit.failpoints import Failpoints
from agent.mongo.repository import Collection, Repository
from agent.mongo.uninterrupted import uninterrupted
from agent.threads.models import Thread

log = logging.getLogger(__name__)

FILED = ("messages", "events")
SOON_SECONDS = 0.1
_BATCH = 100
_UNFILED = {"unfiled.through": {"$gte": 0}}
Row = dict[str, Any]
Key = tuple[str, str]
"""(tenant_id, thread_id)"""


class Unfiled(BaseModel):
    """One turn, as it waits in the row of its thread."""

    through: int
    """turn_index of the last message answered; names the turn."""
    turn: int
    """turn_index of the reply."""
    stage: str
    """Of the reply."""
    seq: int
    """Of the first event."""
    messages: list[dict[str, Any]] = Field(min_length=1)
    """Rows; the reply, the last one, without what stands here."""
    events: list[Event]

    def message_rows(self, thread_id: str) -> list[Row]:
        *answered, reply = self.messages
        told = {**reply, "turn_index": self.turn, "stage": self.stage}
        return [{**row, "thread_id": thread_id} for row in (*answered, told)]


class Filing:
    """Files what waits in threads' rows; done twice, or by two at once, it is done once."""

    def __init__(self, repository: Repository, clock: Clock, failpoints: Failpoints) -> None:
        self._repository = repository
        self._clock = clock
        self._failpoints = failpoints
        self._soon: dict[Key, list[Unfiled]] = {}
        """Empty: as the thread's row has them."""
        self._filing: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Future[None]] = set()

    def soon(self, tenant_id: str, thread: Thread, turn: Unfiled) -> None:
        """File a turn that is written, without making the caller wait; `thread` as it is then."""
        key = tenant_id, thread.thread_id
        known = [*self._soon.get(key, ()), turn]
        mine = {each.through for each in known}
        # nobody is to see its events before those of an earlier turn that somebody else has
        alone = all(each.get("through") in mine for each in thread.unfiled)
        self._soon[key] = known if alone else []
        if self._filing is None:
            self._filing = asyncio.create_task(self._file_soon())

    async def close(self) -> None:
        """File what this process has written; the next reader does what cannot be filed now."""
        if self._filing is not None:
            await asyncio.wait([self._filing])

    async def settle(self, tenant_id: str | None, thread_id: Any = None) -> None:
        """Return when nothing waits that turns of the tenant have written so far, wherever.

        `thread_id` is as in a query. For all tenants (None) only of this process: what looks
        there comes again. Joins the caller's transaction.
        """
        if tenant_id is None:
            if not self._repository.in_transaction:
                # not close(): more may come without end
                for each in {key[0] for key in self._soon}:
                    await uninterrupted(self._file_mine(each, self._taken(each, None)))
            return
        if not self._repository.in_transaction and (mine := self._taken(tenant_id, thread_id)):
            await uninterrupted(self._file_mine(tenant_id, mine))
        threads = self._repository.scoped("threads", tenant_id)
        await self._file_found(threads, {} if thread_id is None else {"thread_id": thread_id})

    async def erased(self, tenant_id: str, thread_ids: Iterable[str]) -> None:
        """File nothing more of threads that are gone; return when nothing of them is left.

        What another process is filing just then, that process takes back.
        """
        for thread_id in thread_ids:
            self._soon.pop((tenant_id, thread_id), None)
        if self._under_way:
            await asyncio.wait({*self._under_way})

    async def sweep(self) -> None:
        """File what dead processes have left, in all tenants."""
        await self._file_found(self._repository.across_tenants("threads"), {})

    def _taken(self, tenant_id: str, thread_id: Any) -> dict[str, list[Unfiled]]:
        """What this process would file soon, for whoever wants it now."""
        keys = (
            [(tenant_id, thread_id)]
            if isinstance(thread_id, str)
            else [key for key in self._soon if key[0] == tenant_id]
        )
        return {key[1]: self._soon.pop(key) for key in keys if key in self._soon}

    async def _file_found(self, threads: Collection, where: Mapping[str, Any]) -> None:
        wanted = {**where, **_UNFILED}
        while True:
            rows = await threads.find(
                wanted, limit=_BATCH, projection=("tenant_id", "thread_id", "unfiled")
            )
            found: defaultdict[str, dict[str, list[Unfiled]]] = defaultdict(dict)
            for row in rows:
                found[row["tenant_id"]][row["thread_id"]] = await self._readable(row)
            for tenant_id, waiting in found.items():
                await self._file(tenant_id, waiting)
            if len(rows) < _BATCH:
                return

    async def _readable(self, row: Row) -> list[Unfiled]:
        """What waits in a row; what is no turn is set aside there, so that it holds up nobody."""
        turns = []
        for each in row["unfiled"]:
            try:
                turns.append(Unfiled.model_validate(each))
            except ValidationError:
                log.error("thread %s: a turn cannot be read and is set aside", row["thread_id"])
                aside = {"$pull": {"unfiled": each}, "$push": {"unreadable": each}}
                await self._repository.scoped("threads", row["tenant_id"]).update(
                    {"thread_id": row["thread_id"]}, aside
                )
        return turns

    async def _file_soon(self) -> None:
        try:
            while self._soon:
                await asyncio.sleep(SOON_SECONDS)
                found: defaultdict[str, dict[str, list[Unfiled]]] = defaultdict(dict)
                for (tenant_id, thread_id), turns in self._soon.items():
                    found[tenant_id][thread_id] = turns
                self._soon = {}
                for tenant_id, waiting in found.items():
                    try:
                        await self._file_mine(tenant_id, waiting)
                    except LatchkeyError as error:
                        log.warning("turns are filed later: %s", error.code)
        finally:
            self._filing = None

    async def _file_mine(self, tenant_id: str, mine: Mapping[str, Sequence[Unfiled]]) -> None:
        known = {thread_id: turns for thread_id, turns in mine.items() if turns}
        if known:
            await self._file(tenant_id, known)
        if len(known) < len(mine):
            threads = self._repository.scoped("threads", tenant_id)
            await self._file_found(threads, {"thread_id": {"$in": [*mine.keys() - known]}})

    async def _file(self, tenant_id: str, waiting: Mapping[str, Sequence[Unfiled]]) -> None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way.add(ended)
        try:
            await self._move(tenant_id, waiting)
        finally:
            self._under_way.discard(ended)
            ended.set_result(None)

    async def _move(self, tenant_id: str, waiting: Mapping[str, Sequence[Unfiled]]) -> None:
        """Write the rows, then take them out of the threads."""
        each = [(thread_id, turn) for thread_id, turns in waiting.items() for turn in turns]
        messages = [row for thread_id, turn in each for row in turn.message_rows(thread_id)]
        self._failpoints.reach("filing")
        await self._add(tenant_id, "messages", "turn_index", messages)
        now = self._clock.now()  # who tails the events looks for what is new by its time
        events = [
            row
            for thread_id, turn in each
            for row in rows_of(thread_id, turn.seq, turn.events, now)
        ]
        self._failpoints.reach("filing_messages")
        await self._add(tenant_id, "events", "seq", events)
        self._failpoints.reach("filing_events")
        done = [
            (
                {"thread_id": thread_id},
                {"$pull": {"unfiled": {"through": {"$in": [turn.through for turn in turns]}}}},
            )
            for thread_id, turns in waiting.items()
        ]
        standing = await self._repository.scoped("threads", tenant_id).bulk_change(done)
        self._failpoints.reach("filed")
        if standing < len(waiting):
            await self._take_back(tenant_id, waiting)

    async def _add(self, tenant_id: str, name: str, place: str, rows: list[Row]) -> None:
        if rows and self._repository.in_transaction:
            # there a row that stands would undo the whole
            places = [{"thread_id": row["thread_id"], place: row[place]} for row in rows]
            standing = await self._rows(tenant_id, name).find(
                {"$or": places}, projection=("thread_id", place)
            )
            known = {(row["thread_id"], row[place]) for row in standing}
            rows = [row for row in rows if (row["thread_id"], row[place]) not in known]
        await self._rows(tenant_id, name).insert_many(rows)

    async def _take_back(self, tenant_id: str, threads: Iterable[str]) -> None:
        """Leave nothing of threads that were erased meanwhile."""
        standing = await self._repository.scoped("threads", tenant_id).distinct(
            "thread_id", {"thread_id": {"$in": [*threads]}}
        )
        gone = {"thread_id": {"$in": sorted({*threads} - {*standing})}}
        for name in FILED:
            await self._rows(tenant_id, name).delete_many(gone)

    def _rows(self, tenant_id: str, name: str) -> Collection:
        return self._repository.scoped(name, tenant_id, settled=False)
