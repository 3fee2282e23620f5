"""The settings of a tenant."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from agent.tenants.changes import Settings
from agent.tenants.models import Tenant
from server.actors import Actor
from server.deps import TheServices, scoped
from server.errors import problems
from server.scopes import Scope

router = APIRouter(prefix="/api/tenant", tags=["tenant"])

Reader = Annotated[Actor, Depends(scoped(Scope.TENANTS_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.TENANTS_WRITE))]


class TenantItem(Tenant):
    version: int
    """Grows with every change; send it with the next one."""

    @classmethod
    def at(cls, found: Settings) -> "TenantItem":
        return cls.model_validate({**dict(found.tenant), "version": found.version})


class _Patch(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"undo_seconds": 60, "four_eyes": True, "version": 1}},
    )

    version: int = Field(ge=0, le=2**53)
    """The one that was read."""


def _settings() -> dict[str, Any]:
    """Every setting of a tenant, each of which may be left out."""
    return {
        name: (field.annotation, Field(default="") if field.is_required() else field)
        for name, field in Tenant.model_fields.items()
        if name != "tenant_id"
    }


TenantPatch = create_model("TenantPatch", __base__=_Patch, **_settings())


@router.get("", summary="The tenant's settings", responses=problems(401, 403, 404))
async def read_tenant(services: TheServices, actor: Reader) -> TenantItem:
    return TenantItem.at(await services.properties.settings(actor.tenant_id))


@router.patch(
    "",
    summary="Change settings of the tenant",
    description="What is left out stays. Other processes act by it within 5 seconds.",
    responses=problems(400, 401, 403, 404, 409, 413, 415),
)
async def revise_tenant(
    body: TenantPatch,
    services: TheServices,
    actor: Writer,
) -> TenantItem:
    said: dict[str, Any] = body.model_dump(exclude_unset=True)
    version = said.pop("version")

    async def write() -> Settings:
        revised = await services.properties.revise(actor.tenant_id, said, version=version)
        if revised.version != version:
            await services.audit.record(
                actor.tenant_id,
                "tenant.revised",
                actor.tenant_id,
                {"fields": sorted(said)},
                actor=actor.name,
            )
        return revised

    try:
        return TenantItem.at(await services.repository.transact(write))
    except ValidationError as error:
        raise RequestValidationError(
            [{**e, "loc": ("body", *e["loc"])} for e in error.errors()]
        ) from None
