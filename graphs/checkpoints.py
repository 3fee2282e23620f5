"""Checkpoints in MongoDB, of which a thread keeps one, written with the turn they are of.

A turn writes it into the row of its thread; what is written outside of turns, and by older
versions, is where the official saver keeps it.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.mongodb import MongoDBSaver
from langgraph.checkpoint.mongodb.utils import dumps_metadata, loads_metadata

from agent.mongo.client import Database
from agent.mongo.repository import Repository
from agent.threads.store import ThreadStore

KEPT = 1_000
"""Threads whose newest checkpoint a process remembers, so that it need not be read."""
Row = dict[str, Any]


@dataclass(slots=True)
class Saved:
    """The checkpoint of one turn: kept back until the turn is written, then written with it."""

    place: str
    """What LangGraph calls the thread."""
    known: str | None
    """The newest checkpoint_id, as the thread has it."""
    fresh: bool
    """The thread has had no turn, hence no checkpoint."""
    saver: "TurnSaver"
    row: Row | None = field(default=None, init=False)
    writes: list[Row] = field(default_factory=list, init=False)
    waited: bool = field(default=False, init=False)
    """Writes hang on the checkpoint before."""

    @property
    def checkpoint_id(self) -> str | None:
        """The newest one when this turn is written."""
        return self.row["checkpoint_id"] if self.row else self.known

    @property
    def graph(self) -> Row | None:
        """What the row of the thread is to hold: the checkpoint and what hangs on it."""
        return {**self.row, "writes": self._due} if self.row else None

    async def write(self, repository: Repository, tenant_id: str) -> None:
        """Put the checkpoint in the place of the one before; joins the caller's transaction."""
        if self.row is None:
            return
        where = {"thread_id": self.place, "checkpoint_ns": self.row["checkpoint_ns"]}
        await repository.scoped("checkpoints", tenant_id).replace(where, self.row, upsert=True)
        writes = repository.scoped("checkpoint_writes", tenant_id)
        if self.waited:
            await writes.delete_many(where)
        await writes.insert_many(self._due)

    def keep(self) -> None:
        """Remember it; call this once it is written."""
        if self.row is not None:
            self.saver.remember(self.place, self.row, self._due)

    @property
    def _due(self) -> list[Row]:
        return [row for row in self.writes if row["checkpoint_id"] == self.checkpoint_id]


_turn: ContextVar[Saved | None] = ContextVar("latchkey_turn", default=None)


class TurnSaver(MongoDBSaver):
    """The official saver and its format; in a turn it neither waits for the database nor writes.

    Outside of turns a new checkpoint removes those before it, with their writes. An open interrupt
    hangs on the newest checkpoint and stays.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database.sync_client(), db_name=database.name)
        self._repository = Repository(database)
        self._threads = ThreadStore(self._repository)
        self._kept: OrderedDict[str, tuple[Row, list[Row]]] = OrderedDict()

    @contextlib.contextmanager
    def turn(self, place: str, known: str | None, *, fresh: bool) -> Iterator[Saved]:
        """What the graph saves inside is the caller's to write."""
        saved = Saved(place, known, fresh, self)
        token = _turn.set(saved)
        try:
            yield saved
        finally:
            _turn.reset(token)

    def remember(self, place: str, row: Row, writes: list[Row]) -> None:
        self._kept[place] = row, writes
        self._kept.move_to_end(place)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        turn = _of(config)
        if turn is None:
            return await self._read(config)
        if turn.known is None and turn.fresh:
            return None
        row, writes = self._kept.get(turn.place, ({}, []))
        found = (
            self._tuple(row, writes)
            if turn.known and row.get("checkpoint_id") == turn.known
            else await self._read(config)
        )
        turn.waited = bool(found and found.pending_writes)
        return found

    async def _read(self, config: RunnableConfig) -> CheckpointTuple | None:
        where = config["configurable"]
        tenant_id, _, thread_id = where["thread_id"].partition("/")
        graph = await self._threads.graph(tenant_id, thread_id)
        if graph is None or where.get("checkpoint_id") not in (None, graph["checkpoint_id"]):
            return await super().aget_tuple(config)
        return self._tuple(graph, graph["writes"])

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        turn = _of(config)
        if turn is None:
            saved = await super().aput(config, checkpoint, metadata, new_versions)
            await self._outside(saved)
            return saved
        kind, packed = self.serde.dumps_typed(checkpoint)
        place = {
            "thread_id": turn.place,
            "checkpoint_ns": config["configurable"]["checkpoint_ns"],
            "checkpoint_id": checkpoint["id"],
        }
        turn.row = {
            **place,
            "parent_checkpoint_id": config["configurable"].get("checkpoint_id"),
            "type": kind,
            "checkpoint": packed,
            "metadata": dumps_metadata(self.serde, get_checkpoint_metadata(config, metadata)),
        }
        return {"configurable": place}

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        turn = _of(config)
        if turn is None:
            await super().aput_writes(config, writes, task_id, task_path)
            return
        where = config["configurable"]
        for number, (channel, value) in enumerate(writes):
            kind, packed = self.serde.dumps_typed(value)
            turn.writes.append(
                {
                    "thread_id": turn.place,
                    "checkpoint_ns": where["checkpoint_ns"],
                    "checkpoint_id": where["checkpoint_id"],
                    "task_id": task_id,
                    "task_path": task_path,
                    "idx": WRITES_IDX_MAP.get(channel, number),
                    "channel": channel,
                    "type": kind,
                    "value": packed,
                }
            )

    async def _outside(self, saved: RunnableConfig) -> None:
        """Remove the checkpoints before this one, and let the thread know of it."""
        where = saved["configurable"]
        place, newest = where["thread_id"], where["checkpoint_id"]
        tenant_id, _, thread_id = place.partition("/")
        older = {
            "thread_id": place,
            "checkpoint_ns": where["checkpoint_ns"],
            "checkpoint_id": {"$lt": newest},
        }
        for name in ("checkpoints", "checkpoint_writes"):
            await self._repository.scoped(name, tenant_id).delete_many(older)
        await self._repository.scoped("threads", tenant_id).update(
            {"thread_id": thread_id}, {"$set": {"checkpoint_id": newest}}
        )

    def _tuple(self, row: Row, writes: list[Row]) -> CheckpointTuple:
        """A remembered checkpoint; made anew, for a graph changes what it is given."""
        place = {name: row[name] for name in ("thread_id", "checkpoint_ns", "checkpoint_id")}
        return CheckpointTuple(
            {"configurable": place},
            self.serde.loads_typed((row["type"], row["checkpoint"])),
            loads_metadata(self.serde, row["metadata"]),
            None,
            [
                (
                    each["task_id"],
                    each["channel"],
                    self.serde.loads_typed((each["type"], each["value"])),
                )
                for each in writes
            ],
        )


def _of(config: RunnableConfig) -> Saved | None:
    """The turn that runs here, if it is this thread's."""
    turn = _turn.get()
    return turn if turn and turn.place == config["configurable"]["thread_id"] else None


def open_saver(database: Database) -> TurnSaver:
    """A saver whose reads outside of turns are blocking calls on a pool of their own."""
    return TurnSaver(database)
