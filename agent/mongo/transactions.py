"""Work that happens as one transaction, alone or made one with other work."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from pymongo import InsertOne, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

from agent.errors import LatchkeyError
from agent.mongo.client import Database, Document
from agent.mongo.faults import is_transient, translated
from agent.mongo.uninterrupted import uninterrupted

T = TypeVar("T")
Work = Callable[[], Awaitable[T]]
Write = InsertOne[Document] | ReplaceOne[Document]
Session = AsyncClientSession | None
_RETRY_SECONDS = 10
TOGETHER = 16
"""Transactions that are made one, at most."""


class Transaction:
    def __init__(self, session: AsyncClientSession, *, shared: bool) -> None:
        self.session = session
        self.failure: LatchkeyError | None = None
        self.later: dict[str, list[Write]] | None = {} if shared else None
        """Collection -> what is written at the end, for all that share this transaction."""


_current: ContextVar[Transaction | None] = ContextVar("latchkey_transaction", default=None)


class Transactions:
    """Runs work on one database; every operation of a `Collection` joins by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Work[Any], asyncio.Future[Any]]] = []
        self._sharing: asyncio.Task[None] | None = None

    @property
    def in_transaction(self) -> bool:
        """What is done here joins a transaction."""
        return joined(self._database) is not None

    async def transact(self, work: Work[T]) -> T:
        """Run `work` as one transaction; inside another it joins that one.

        `work` may run several times, so it has no other effect than its writes; what it calls
        joins by itself, one operation after the other (no gather, no new task). Any failed
        operation, even one that `work` swallows, undoes the whole. A cancellation waits for
        its end.
        """
        if joined(self._database) is not None:
            return await work()
        with translated(self._database.fault):
            return await uninterrupted(self._transact(work))

    async def together(self, work: Work[T]) -> T:
        """The same, in one transaction with others that are about to begin at this moment.

        Inserts and replacements are written at its end, a collection at a time: `work` reads none
        of them. What breaks a shared transaction is found by running each alone.
        """
        if joined(self._database) is not None:
            return await work()
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._sharing is None:
            self._sharing = asyncio.create_task(self._share_all())
        return await uninterrupted(_awaited(done))

    async def _share_all(self) -> None:
        try:
            while self._waiting:
                several = self._waiting[:TOGETHER]
                del self._waiting[:TOGETHER]
                await self._share(several)
        finally:
            self._sharing = None

    async def _share(self, several: Sequence[tuple[Work[Any], asyncio.Future[Any]]]) -> None:
        async def all_of_them() -> list[Any]:
            return [await work() for work, _ in several]

        if len(several) > 1:
            try:
                with translated(self._database.fault):
                    results = await self._transact(all_of_them, shared=True)
            except Exception:
                results = []
            for (_, done), result in zip(several, results, strict=False):
                done.set_result(result)
        for work, done in several:
            if not done.done():
                await _settle(done, self.transact(work))

    async def _transact(self, work: Work[T], *, shared: bool = False) -> T:
        give_up = time.monotonic() + _RETRY_SECONDS
        attempt = 0
        async with self._database.async_client.start_session() as session:
            while True:
                try:
                    return await self._attempt(session, work, shared)
                except PyMongoError as error:
                    if not is_transient(error) or time.monotonic() > give_up:
                        raise
                attempt += 1
                await asyncio.sleep(random.random() * min(0.005 * 1.5**attempt, 0.3))

    async def _attempt(self, session: AsyncClientSession, work: Work[T], shared: bool) -> T:
        transaction = Transaction(session, shared=shared)
        token = _current.set(transaction)
        try:
            async with await session.start_transaction():
                result = await work()
                if transaction.failure:
                    raise transaction.failure
                for name, writes in (transaction.later or {}).items():
                    rows = self._database.collection(name)
                    # by kind, which is one command each, and in order: what comes after a
                    # duplicate would meet an aborted transaction, which looks worth another try
                    writes.sort(key=lambda write: isinstance(write, ReplaceOne))
                    await rows.bulk_write(writes, ordered=True, session=session)
                return result
        finally:
            _current.reset(token)


async def _awaited(done: "asyncio.Future[T]") -> T:
    return await done


async def _settle(done: "asyncio.Future[T]", work: Coroutine[Any, Any, T]) -> None:
    try:
        done.set_result(await work)
    except BaseException as error:
        done.set_exception(error)
        if not isinstance(error, Exception):
            raise


def joined(database: Database) -> Transaction | None:
    """The transaction that what is done here joins."""
    transaction = _current.get()
    if transaction and transaction.session.client is database.async_client:
        return transaction
    return None


@contextmanager
def session_in(database: Database) -> Iterator[Session]:
    """The session to work in; a failure dooms its transaction."""
    if known := database.fault():
        raise known
    transaction = joined(database)
    if transaction is None:
        with translated(database.fault):
            yield None
        return
    if transaction.failure:
        raise transaction.failure
    try:
        with translated(database.fault, unless=is_transient):
            yield transaction.session
    except LatchkeyError as error:
        transaction.failure = error
        raise
