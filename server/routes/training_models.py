"""What was learnt, and what of it is in use."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from agent.threads.models import Stage
from agent.training.models import Deployment, Evaluation, Model, ModelKind, ModelStatus
from server.actors import Actor
from server.deps import Id, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.scopes import Scope

router = APIRouter(prefix="/api/training/models", tags=["training"])

Writer = Annotated[Actor, Depends(scoped(Scope.TRAINING_WRITE))]


class ModelItem(BaseModel):
    version: str
    kind: ModelKind
    base: str
    dataset_id: str | None
    dataset_hash: str
    status: ModelStatus
    metrics: dict[str, Any]
    evaluation: Evaluation | None
    error: str | None
    in_use_as: list[str]
    """`stages`, `chat`, or `chat:<stage>`."""
    created_at: datetime

    @classmethod
    def of(cls, model: Model, slots: list[str]) -> "ModelItem":
        return cls.model_validate({**dict(model), "in_use_as": slots}, from_attributes=True)


class SlotRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"stage": "touring"}})

    stage: Stage | None = None
    """For a chat model: the one stage it serves; without it, all that have none of their own."""


_ANYWHERE = SlotRequest()


class InUse(BaseModel):
    slot: str
    version: str | None
    """None: nothing learnt is in use; rules or the configured model answer."""
    before: str | None
    """What a rollback would put back."""
    revision: int

    @classmethod
    def of(cls, deployment: Deployment) -> "InUse":
        return cls(
            slot=deployment.slot,
            version=deployment.version,
            before=deployment.history[-1] if deployment.history else None,
            revision=deployment.revision,
        )


@router.get("", summary="Versions, the newest first", responses=problems(401, 403))
async def list_models(
    services: TheServices,
    actor: Writer,
    kind: ModelKind | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[ModelItem]:
    page = await services.training.store.models(
        actor.tenant_id, kind=kind, limit=limit, cursor=cursor
    )
    in_use = await services.training.store.deployments(actor.tenant_id)
    return Listed(
        items=[
            ModelItem.of(model, [each.slot for each in in_use if each.version == model.version])
            for model in page.items
        ],
        next_cursor=page.next_cursor,
    )


@router.post(
    "/{version}/deploy",
    summary="Put a version in use",
    description="Refused with 409 and the figures unless its evaluation passed the gate.",
    responses=problems(400, 401, 403, 404, 409, 415),
)
async def deploy(
    version: Id, services: TheServices, actor: Writer, body: SlotRequest = _ANYWHERE
) -> InUse:
    deployment = await services.training.deploy(
        actor.tenant_id, version, stage=body.stage, actor=actor.name
    )
    return InUse.of(deployment)


@router.post(
    "/{version}/rollback",
    summary="Put back what was in use before a version",
    responses=problems(400, 401, 403, 404, 409, 415),
)
async def rollback(
    version: Id, services: TheServices, actor: Writer, body: SlotRequest = _ANYWHERE
) -> InUse:
    deployment = await services.training.rollback(
        actor.tenant_id, version, stage=body.stage, actor=actor.name
    )
    return InUse.of(deployment)
