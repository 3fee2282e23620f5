"""Every query of models, of what is in use, and of prompts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.errors import Duplicate
from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Repository
from agent.training.models import Deployment, Model, ModelKind, Prompt

PART = 8 * 1024 * 1024
"""Bytes of an artefact in one document."""
_MODELS = Order(at="created_at", key="version")


class TrainingStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def add_model(self, tenant_id: str, model: Model) -> Model:
        """The model; or the one that has its version already."""
        try:
            await self._rows("models", tenant_id).insert(model.model_dump(mode="python"))
        except Duplicate:
            known = await self.model(tenant_id, model.version)
            assert known is not None
            return known
        return model

    async def model(self, tenant_id: str, version: str) -> Model | None:
        row = await self._rows("models", tenant_id).find_one({"version": version})
        return Model.model_validate(row) if row else None

    async def models(
        self,
        tenant_id: str,
        *,
        kind: ModelKind | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Model]:
        query = {"kind": kind} if kind else {}
        return await page(
            self._rows("models", tenant_id), Model, query, _MODELS, limit=limit, cursor=cursor
        )

    async def learnt_from(self, tenant_id: str) -> set[str]:
        """The ids of the datasets that models were made of."""
        ids = await self._rows("models", tenant_id).distinct("dataset_id", {})
        return {str(dataset_id) for dataset_id in ids if dataset_id}

    async def change_model(
        self,
        tenant_id: str,
        version: str,
        changes: Mapping[str, Any],
        *,
        where: Mapping[str, Any] | None = None,
    ) -> Model | None:
        """The model as it is now; None where it is not there, or not as `where` says."""
        row = await self._rows("models", tenant_id).find_and_update(
            {**(where or {}), "version": version}, {"$set": dict(changes)}
        )
        return Model.model_validate(row) if row else None

    async def claim_start(
        self, tenant_id: str, version: str, *, now: datetime, until: datetime
    ) -> bool:
        """Whether the caller alone may begin the remote job, up to `until`."""
        free = {"$or": [{"starting_until": None}, {"starting_until": {"$lte": now}}]}
        claimed = await self.change_model(
            tenant_id, version, {"starting_until": until}, where={"remote.job_id": None, **free}
        )
        return claimed is not None

    async def put_artefact(self, tenant_id: str, version: str, data: bytes) -> None:
        """The bytes of a model, in parts; the same again changes nothing."""
        starts = range(0, len(data), PART)
        await self._rows("model_artefacts", tenant_id).bulk_upsert(
            ("version", "number"),
            [
                {"version": version, "number": number, "data": data[start : start + PART]}
                for number, start in enumerate(starts)
            ],
        )

    async def artefact(self, tenant_id: str, version: str) -> bytes:
        parts = await self._rows("model_artefacts", tenant_id).find(
            {"version": version}, sort=[("number", 1)]
        )
        return b"".join(bytes(part["data"]) for part in parts)

    async def deployment(self, tenant_id: str, slot: str) -> Deployment:
        row = await self._rows("deployments", tenant_id).find_one({"slot": slot})
        return Deployment.model_validate(row) if row else Deployment(slot=slot)

    async def deployments(self, tenant_id: str) -> list[Deployment]:
        rows = await self._rows("deployments", tenant_id).find({}, sort=[("slot", 1)])
        return [Deployment.model_validate(row) for row in rows]

    async def switch(self, tenant_id: str, deployment: Deployment) -> bool:
        """Write a deployment that follows the one with the revision before; False if another did.

        The first one of a slot raises Duplicate instead.
        """
        row = deployment.model_dump(mode="python")
        if deployment.revision == 1:
            await self._rows("deployments", tenant_id).insert(row)
            return True
        matched = await self._rows("deployments", tenant_id).update(
            {"slot": deployment.slot, "revision": deployment.revision - 1}, {"$set": row}
        )
        return bool(matched)

    async def note_prompts(self, tenant_id: str, prompts: Sequence[Prompt]) -> None:
        await self._rows("prompts", tenant_id).insert_many(
            [prompt.model_dump(mode="python") for prompt in prompts]
        )

    def _rows(self, collection: str, tenant_id: str) -> Any:
        return self._repository.scoped(collection, tenant_id)
