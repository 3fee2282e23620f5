from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from agent.mongo.repository import Repository
from agent.uploads.models import Upload


class UploadStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(self, tenant_id: str, upload: Upload) -> None:
        await self._uploads(tenant_id).insert(upload.model_dump(mode="python"))

    async def get(self, tenant_id: str, upload_id: str) -> Upload | None:
        row = await self._uploads(tenant_id).find_one({"upload_id": upload_id})
        return Upload.model_validate(row) if row else None

    async def same(self, tenant_id: str, purpose: str, sha256: str) -> Upload | None:
        row = await self._uploads(tenant_id).find_one({"purpose": purpose, "sha256": sha256})
        return Upload.model_validate(row) if row else None

    async def put_chunk(
        self, tenant_id: str, upload_id: str, index: int, data: bytes, expires_at: datetime
    ) -> None:
        await self._chunks(tenant_id).insert(
            {"upload_id": upload_id, "index": index, "data": data, "expires_at": expires_at}
        )

    async def chunks(self, tenant_id: str, upload_id: str) -> AsyncIterator[bytes]:
        """The bytes in order, one chunk in memory at a time."""
        index = 0
        while row := await self._chunks(tenant_id).find_one(
            {"upload_id": upload_id, "index": index}
        ):
            yield row["data"]
            index += 1

    async def delete(self, tenant_id: str, upload_id: str) -> None:
        await self._uploads(tenant_id).delete_many({"upload_id": upload_id})
        await self._chunks(tenant_id).delete_many({"upload_id": upload_id})

    def _uploads(self, tenant_id: str) -> Any:
        return self._repository.scoped("uploads", tenant_id)

    def _chunks(self, tenant_id: str) -> Any:
        return self._repository.scoped("upload_chunks", tenant_id)
