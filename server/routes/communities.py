"""Communities: what a property is, when it is open, what its rules are."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import ConfigDict, Field, field_validator

from agent.errors import InvalidInput
from agent.tenants.changes import Property
from agent.tenants.models import Community
from server.actors import Actor
from server.deps import TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.scopes import Scope

router = APIRouter(prefix="/api/communities", tags=["communities"])

Reader = Annotated[Actor, Depends(scoped(Scope.TENANTS_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.TENANTS_WRITE))]
CommunityId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
"""Also the public site key of its pages."""
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,253}")
_TOPIC = re.compile(r"[A-Za-z0-9_ -]{1,60}")
_EXAMPLE: dict[str, Any] = {
    "community_id": "cedar-mesa",
    "name": "Cedar Mesa",
    "zone": "America/Denver",
    "area": "Denver",
    "hours": {"mon": [{"opens": "09:00", "closes": "18:00"}]},
    "policies": {"parking": "One surface space is included with most homes."},
    "fees": [{"name": "Application fee", "amount": 40, "note": "per adult applicant"}],
    "origins": ["https://cedar-mesa.example"],
    "version": 3,
}


class CommunityItem(Community):
    version: int
    """Grows with every change; send it with the next one."""

    @classmethod
    def at(cls, found: Property) -> "CommunityItem":
        return cls.model_validate({**dict(found.community), "version": found.version})


class CommunityRequest(Community):
    """The whole community: what is left out is set back to its default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    version: int = Field(ge=0, le=2**53)
    """The one that was read; 0 for a new community."""

    @field_validator("origins")
    @classmethod
    def _are_origins(cls, origins: list[str]) -> list[str]:
        if len(origins) > 100 or not all(_ORIGIN.fullmatch(origin) for origin in origins):
            raise ValueError("write each of at most 100 as https://host, without a path")
        return origins

    @field_validator("policies")
    @classmethod
    def _have_topics(cls, policies: dict[str, str]) -> dict[str, str]:
        if len(policies) > 200 or not all(_TOPIC.fullmatch(topic) for topic in policies):
            raise ValueError("name at most 200 topics in letters, digits, blanks and _")
        return policies

    @field_validator("approval")
    @classmethod
    def _are_actions(cls, approval: dict[str, str]) -> dict[str, str]:
        from tools.actions import ACTIONS

        for action, wanted in approval.items():
            known = ACTIONS.get(action)
            if known is None:
                raise ValueError(f"approval knows the actions {', '.join(ACTIONS)}")
            if wanted == "auto" and not known.auto:
                raise ValueError(f"a person approves each {action}")
        return approval

    def community(self) -> Community:
        return Community.model_validate(self.model_dump(exclude={"version"}))


@router.get("", summary="Communities, by their ids", responses=problems(401, 403))
async def list_communities(
    services: TheServices, actor: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Listed[CommunityItem]:
    found = await services.properties.communities(actor.tenant_id)
    left = [each for each in found if cursor is None or each.community.community_id > cursor]
    page = left[:limit]
    return Listed(
        items=[CommunityItem.at(each) for each in page],
        next_cursor=page[-1].community.community_id if len(left) > limit else None,
    )


@router.get("/{community_id}", summary="One community", responses=problems(401, 403, 404))
async def read_community(
    community_id: CommunityId, services: TheServices, actor: Reader
) -> CommunityItem:
    return CommunityItem.at(await services.properties.community(actor.tenant_id, community_id))


@router.put(
    "/{community_id}",
    summary="Add or replace a community",
    description="Its texts must not break a rule of fair housing: a policy that refuses vouchers "
    "is 422 `community_unfair` with the fields and rules. An id names one community among all "
    "tenants, because it is its public site key.",
    responses=problems(400, 401, 403, 404, 409, 413, 415),
)
async def put_community(
    community_id: CommunityId, body: CommunityRequest, services: TheServices, actor: Writer
) -> CommunityItem:
    if body.community_id != community_id:
        raise InvalidInput(
            "community_id_differs", "Send the community_id of the path in the body too."
        )

    async def write() -> Property:
        saved = await services.properties.save(
            actor.tenant_id, body.community(), version=body.version
        )
        data = {"version": saved.version}
        await services.audit.record(
            actor.tenant_id, "community.saved", community_id, data, actor=actor.name
        )
        return saved

    return CommunityItem.at(await services.repository.transact(write))
