"""The door to every collection: queries bound to a tenant, our own errors."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from pymongo import InsertOne, ReplaceOne, ReturnDocument, UpdateOne
from pymongo.errors import BulkWriteError

from agent.mongo.client import Database, Document
from agent.mongo.faults import duplicates_only
from agent.mongo.filters import TENANT, Filter, Pipeline, Update, bound, owned, unmoved, within
from agent.mongo.transactions import Session, Transactions, Write, joined, session_in
from agent.mongo.uninterrupted import uninterrupted

T = TypeVar("T")
Settle = Callable[[str | None, Any], Awaitable[None]]
"""Called with the tenant_id, None for all tenants, and the thread_id as a query has it, if it does.
"""
Sort = Sequence[tuple[str, int]]
Projection = Mapping[str, Any] | Sequence[str]
_BATCH = 1_000


class Repository(Transactions):
    """Hands out collections and runs transactions; stores are made of it."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._settle: dict[str, Settle] = {}

    def settle_before(self, collections: Sequence[str], settle: Settle) -> None:
        """Call `settle` before anything but an insert is done in one of `collections`."""
        self._settle.update(dict.fromkeys(collections, settle))

    def scoped(self, collection: str, tenant_id: str, *, settled: bool = True) -> "Collection":
        """The documents of one tenant: every filter gets it, every insert carries it.

        Not `settled`: as they stand, though something may be on its way to them.
        """
        settle = self._settle.get(collection) if settled else None
        return Collection(self._database, collection, tenant_id, settle)

    def across_tenants(self, collection: str) -> "Collection":
        """The documents of all tenants, for background workers; nothing can be inserted."""
        return Collection(self._database, collection, None, self._settle.get(collection))


class Collection:
    """One collection as one tenant sees it. Documents come back without `_id`.

    Raises Duplicate (`details` names the index), Unavailable, StorageFull, TooLarge, InvalidInput.
    """

    def __init__(
        self, database: Database, name: str, tenant_id: str | None, settle: Settle | None = None
    ) -> None:
        self._database = database
        self._rows = database.collection(name)
        self._tenant_id = tenant_id
        self._settle = settle

    async def insert(self, document: Mapping[str, Any]) -> None:
        await self._do(self._rows.insert_one, self._owned(document))

    async def insert_many(self, documents: Sequence[Mapping[str, Any]]) -> int:
        """Insert what is new and return its count; a duplicate is skipped.

        In a transaction a duplicate is raised, as it undoes the transaction.
        """
        rows = [self._owned(document) for document in documents]
        if not rows or self._later([InsertOne(row) for row in rows]):
            return len(rows)
        return await self._do(self._insert_new, rows)

    async def find_one(
        self,
        query: Filter,
        *,
        projection: Projection | None = None,
        sort: Sort | None = None,
    ) -> Document | None:
        await self._settled(query)
        return await self._do(
            self._rows.find_one, self._bound(query), _without_id(projection), sort=sort
        )

    async def find(
        self,
        query: Filter,
        *,
        sort: Sort | None = None,
        limit: int = 0,
        skip: int = 0,
        projection: Projection | None = None,
    ) -> list[Document]:
        """All that match, or the first `limit`."""
        rows = self.stream(query, sort=sort, limit=limit, skip=skip, projection=projection)
        return [row async for row in rows]

    async def stream(
        self,
        query: Filter,
        *,
        sort: Sort | None = None,
        limit: int = 0,
        skip: int = 0,
        projection: Projection | None = None,
    ) -> AsyncIterator[Document]:
        """The same as `find`, one by one, for more than fits in memory."""
        await self._settled(query)
        with session_in(self._database) as session:
            cursor = self._rows.find(
                self._bound(query),
                _without_id(projection),
                sort=sort,
                limit=limit,
                skip=skip,
                session=session,
            )
            try:
                while batch := await uninterrupted(cursor.to_list(_BATCH)):
                    for row in batch:
                        yield row
            finally:
                await uninterrupted(cursor.close())

    async def update(self, query: Filter, update: Update, *, upsert: bool = False) -> int:
        """Change one document; how many matched (0 when it was inserted)."""
        await self._settled(query)
        wanted = self._bound(query, inserts=upsert)
        done = await self._do(self._rows.update_one, wanted, unmoved(update), upsert=upsert)
        return done.matched_count

    async def update_many(self, query: Filter, update: Update) -> int:
        """Change all that match; how many did."""
        await self._settled(query)
        done = await self._do(self._rows.update_many, self._bound(query), unmoved(update))
        return done.matched_count

    async def find_and_update(
        self,
        query: Filter,
        update: Update,
        *,
        upsert: bool = False,
        sort: Sort | None = None,
        before: bool = False,
        projection: Projection | None = None,
    ) -> Document | None:
        """Change one document atomically and return it as it is now, or as it was `before`."""
        await self._settled(query)
        row: Document | None = await self._do(
            self._rows.find_one_and_update,
            self._bound(query, inserts=upsert),
            unmoved(update),
            projection=_without_id(projection),
            sort=sort,
            upsert=upsert,
            return_document=ReturnDocument.BEFORE if before else ReturnDocument.AFTER,
        )
        return row

    async def replace(
        self, query: Filter, document: Mapping[str, Any], *, upsert: bool = False
    ) -> int:
        """Put `document` in the place of one; how many matched (0 when it was inserted)."""
        row, wanted = self._owned(document), self._bound(query)
        if self._later([ReplaceOne(wanted, row, upsert=upsert)]):
            return 1
        done = await self._do(self._rows.replace_one, wanted, row, upsert=upsert)
        return done.matched_count

    async def delete_many(self, query: Filter) -> int:
        await self._settled(query)
        done = await self._do(self._rows.delete_many, self._bound(query))
        return done.deleted_count

    async def count(self, query: Filter) -> int:
        await self._settled(query)
        return await self._do(self._rows.count_documents, self._bound(query))

    async def distinct(self, field: str, query: Filter) -> list[Any]:
        await self._settled(query)
        return await self._do(self._rows.distinct, field, self._bound(query))

    async def aggregate(self, pipeline: Pipeline) -> list[Document]:
        """The result of a pipeline over this tenant's documents; it reads nothing else."""
        await self._settled({})
        return await self._do(self._aggregate, within(self._tenant_id, pipeline))

    async def bulk_upsert(
        self, key_fields: Sequence[str], documents: Sequence[Mapping[str, Any]]
    ) -> tuple[int, int]:
        """Write each document over the one with the same key fields: (inserted, modified)."""
        writes = [self._upsert(key_fields, document) for document in documents]
        if not writes:
            return 0, 0
        done = await self._do(self._rows.bulk_write, writes, ordered=False)
        return done.upserted_count, done.modified_count

    async def bulk_update(
        self, key_fields: Sequence[str], documents: Sequence[Mapping[str, Any]]
    ) -> int:
        """Write each document's fields into the one with the same key fields, where it stands."""
        writes = [self._upsert(key_fields, document, upsert=False) for document in documents]
        if not writes:
            return 0
        done = await self._do(self._rows.bulk_write, writes, ordered=False)
        return done.matched_count

    async def bulk_change(self, changes: Sequence[tuple[Filter, Update]]) -> int:
        """Change one document for each; how many matched."""
        writes = [UpdateOne(self._bound(query), unmoved(update)) for query, update in changes]
        if not writes:
            return 0
        done = await self._do(self._rows.bulk_write, writes, ordered=False)
        return done.matched_count

    async def nearest(
        self, search: Mapping[str, Any], query: Filter, projection: Projection
    ) -> list[Document]:
        """Atlas only: the result of `$vectorSearch`, among this tenant's documents in `query`.

        `vector_score` is in each document: (1 + cosine) / 2 for an index by cosine.
        """
        stage = {"$vectorSearch": {**search, "filter": self._bound(query)}}
        shown = {**_without_id(projection), "vector_score": {"$meta": "vectorSearchScore"}}
        return await self._do(self._aggregate, [stage, {"$project": shown}])

    async def _settled(self, query: Filter) -> None:
        if self._settle is not None:
            await self._settle(self._tenant_id, query.get("thread_id"))

    async def _do(
        self, operation: Callable[..., Coroutine[Any, Any, T]], *arguments: Any, **options: Any
    ) -> T:
        with session_in(self._database) as session:
            work = operation(*arguments, session=session, **options)
            # a transaction is kept from interruption as a whole
            return await (work if session else uninterrupted(work))

    def _later(self, writes: Sequence[Write]) -> bool:
        """Leave the writes to the end of a shared transaction; False outside of one."""
        transaction = joined(self._database)
        if transaction is None or transaction.later is None:
            return False
        transaction.later.setdefault(self._rows.name, []).extend(writes)
        return True

    async def _insert_new(self, rows: list[Document], *, session: Session) -> int:
        try:
            done = await self._rows.insert_many(rows, ordered=False, session=session)
        except BulkWriteError as error:
            if session is not None or not duplicates_only(error):
                raise
            return int(error.details["nInserted"])
        return len(done.inserted_ids)

    async def _aggregate(
        self, stages: list[Mapping[str, Any]], *, session: Session
    ) -> list[Document]:
        async with await self._rows.aggregate(stages, session=session) as cursor:
            return await cursor.to_list()

    def _upsert(
        self, key_fields: Sequence[str], document: Mapping[str, Any], *, upsert: bool = True
    ) -> UpdateOne:
        row = self._owned(document)
        key = {field: row.pop(field) for field in key_fields}
        row.pop(TENANT, None)
        return UpdateOne(self._bound(key), {"$set": row}, upsert=upsert)

    def _bound(self, query: Filter, *, inserts: bool = False) -> dict[str, Any]:
        if inserts:
            owned(self._tenant_id, {})
        return bound(self._tenant_id, query)

    def _owned(self, document: Mapping[str, Any]) -> dict[str, Any]:
        return owned(self._tenant_id, document)


def _without_id(projection: Projection | None) -> dict[str, Any]:
    fields = projection if isinstance(projection, Mapping) else dict.fromkeys(projection or (), 1)
    return {**fields, "_id": 0}
