"""Every query of datasets and their files, and the transcripts they are made from."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.approvals.models import Approval, ApprovalStatus
from agent.errors import Duplicate, TooBusy
from agent.mongo.repository import Repository
from agent.threads.models import ThreadStatus
from agent.training.datasets.lines import Conversation, Line
from agent.training.models import Dataset

BATCH = 64
LONGEST = 2_000
"""Lines; a longer conversation comes in parts."""
_LINE = (
    "thread_id",
    "turn_index",
    "role",
    "text",
    "clean_text",
    "stage",
    "stage_guessed",
    "entities",
)
_NEWEST = [("created_at", -1)]


class DatasetStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def conversations(self, tenant_id: str) -> AsyncIterator[list[Conversation]]:
        """All transcripts by thread_id, in batches."""
        batch: list[tuple[str, list[Line]]] = []
        rows = self._rows("messages", tenant_id).stream(
            {}, sort=[("thread_id", 1), ("turn_index", 1)], projection=_LINE
        )
        async for row in rows:
            thread_id = row["thread_id"]
            if not batch or batch[-1][0] != thread_id or len(batch[-1][1]) >= LONGEST:
                if len(batch) >= BATCH:
                    yield await self._with_status(tenant_id, batch)
                    batch = []
                batch.append((thread_id, []))
            if line := Line.of(row):
                batch[-1][1].append(line)
        if batch:
            yield await self._with_status(tenant_id, batch)

    async def thread_count(self, tenant_id: str) -> int:
        count: int = await self._rows("threads", tenant_id).count({})
        return count

    async def source_files(self, tenant_id: str) -> list[str]:
        files = await self._rows("threads", tenant_id).distinct("source_file", {})
        return sorted(map(str, filter(None, files)))

    async def edited_approvals(self, tenant_id: str) -> AsyncIterator[Approval]:
        rows = self._rows("approvals", tenant_id).stream(
            {"status": ApprovalStatus.EDITED}, sort=[("action_id", 1)]
        )
        async for row in rows:
            yield Approval.model_validate(row)

    async def begin_build(self, tenant_id: str, build: str, now: datetime) -> None:
        await self._rows("dataset_builds", tenant_id).insert({"build": build, "started_at": now})

    async def put_chunk(
        self, tenant_id: str, build: str, file: str, number: int, data: bytes, threads: set[str]
    ) -> None:
        await self._rows("dataset_chunks", tenant_id).insert(
            {
                "build": build,
                "file": file,
                "number": number,
                "data": data,
                "threads": sorted(threads),
            }
        )

    async def end_build(self, tenant_id: str, dataset: Dataset, build: str) -> Dataset:
        """Keep what was built; or drop it, where the same dataset is there already.

        Raises TooBusy `dataset_outdated` when somebody was forgotten while it was built.
        """

        async def write() -> Dataset:
            known = await self.dataset(tenant_id, dataset.dataset_id)
            if not await self._rows("dataset_builds", tenant_id).delete_many({"build": build}):
                raise TooBusy(
                    "dataset_outdated",
                    "Somebody was forgotten while the dataset was built; build it again.",
                    retry_after=1,
                )
            if known is not None and not known.emptied:
                await self._rows("dataset_chunks", tenant_id).delete_many({"build": build})
                return known
            await self._rows("datasets", tenant_id).replace(
                {"dataset_id": dataset.dataset_id},
                {**dataset.model_dump(mode="python"), "build": build},
                upsert=True,
            )
            return dataset

        try:
            return await self._repository.transact(write)
        except Duplicate:
            return await self._repository.transact(write)
        except TooBusy:
            await self.drop_build(tenant_id, build)
            raise

    async def drop_builds(self, tenant_id: str, *, before: datetime | None = None) -> None:
        """Remove what builds left that have not ended; those begun `before`, else all."""
        query = {"started_at": {"$lt": before}} if before else {}
        left = await self._rows("dataset_builds", tenant_id).find(query, projection=("build",))
        for row in left:
            await self._drop(tenant_id, "dataset_builds", row["build"])

    async def drop_build(self, tenant_id: str, build: str) -> None:
        await self._rows("dataset_chunks", tenant_id).delete_many({"build": build})
        await self._rows("dataset_builds", tenant_id).delete_many({"build": build})

    async def dataset(self, tenant_id: str, dataset_id: str) -> Dataset | None:
        row = await self._rows("datasets", tenant_id).find_one({"dataset_id": dataset_id})
        return _dataset(row) if row else None

    async def newest_dataset(self, tenant_id: str) -> Dataset | None:
        row = await self._rows("datasets", tenant_id).find_one({"emptied": False}, sort=_NEWEST)
        return _dataset(row) if row else None

    async def drop_old(
        self, tenant_id: str, *, built_by: str, keep: int, used: Collection[str]
    ) -> int:
        """Remove what `built_by` built except the newest `keep` and those `used`; how many."""
        rows = await self._rows("datasets", tenant_id).find(
            {"created_by": built_by, "dataset_id": {"$nin": sorted(used)}},
            sort=_NEWEST,
            projection=("build",),
        )
        for row in rows[keep:]:
            await self._drop(tenant_id, "datasets", row["build"])
        return len(rows[keep:])

    async def _drop(self, tenant_id: str, collection: str, build: str) -> None:
        """Remove the row of a build there, with its chunks; nothing where it has gone on."""

        async def write() -> None:
            if await self._rows(collection, tenant_id).delete_many({"build": build}):
                await self._rows("dataset_chunks", tenant_id).delete_many({"build": build})

        await self._repository.transact(write)

    async def file(self, tenant_id: str, dataset_id: str, file: str) -> AsyncIterator[bytes]:
        """The content of one file of a dataset, piece by piece; whole lines each."""
        row = await self._rows("datasets", tenant_id).find_one({"dataset_id": dataset_id})
        chunks = self._rows("dataset_chunks", tenant_id).stream(
            {"build": row["build"] if row else None, "file": file}, sort=[("number", 1)]
        )
        async for chunk in chunks:
            yield bytes(chunk["data"])

    async def empty_datasets(self, tenant_id: str, threads: Collection[str]) -> int:
        """Remove the files of every dataset that holds one of the hashed threads; how many.

        What is being built now ends as outdated: it may have read them already.
        """
        await self.drop_builds(tenant_id)
        builds = await self._rows("dataset_chunks", tenant_id).distinct(
            "build", {"threads": {"$in": sorted(threads)}}
        )
        emptied: int = await self._rows("datasets", tenant_id).update_many(
            {"build": {"$in": builds}}, {"$set": {"emptied": True}}
        )
        await self._rows("dataset_chunks", tenant_id).delete_many({"build": {"$in": builds}})
        return emptied

    async def _with_status(
        self, tenant_id: str, batch: Sequence[tuple[str, list[Line]]]
    ) -> list[Conversation]:
        rows = await self._rows("threads", tenant_id).find(
            {
                "thread_id": {"$in": [thread_id for thread_id, _ in batch]},
                "status": ThreadStatus.HANDED_OFF,
            },
            projection=("thread_id",),
        )
        handed_off = {row["thread_id"] for row in rows}
        return [
            Conversation(thread_id, tuple(lines), thread_id in handed_off)
            for thread_id, lines in batch
        ]

    def _rows(self, collection: str, tenant_id: str) -> Any:
        return self._repository.scoped(collection, tenant_id)


def _dataset(row: Mapping[str, Any]) -> Dataset:
    return Dataset.model_validate({name: row[name] for name in row if name != "build"})
