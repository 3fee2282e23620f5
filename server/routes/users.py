"""The people of a tenant, for its admins."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from agent.errors import Forbidden
from agent.users.roles import Role
from server.actors import Actor
from server.deps import Id, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.routes.auth import Email, Password, UserItem
from server.scopes import SCOPES_OF, Scope

router = APIRouter(prefix="/api/users", tags=["accounts"])

Reader = Annotated[Actor, Depends(scoped(Scope.USERS_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.USERS_WRITE))]
AgentId = Annotated[str, Field(min_length=1, max_length=50)]
Tier = Annotated[str, Field(min_length=1, max_length=20)]


class NewUser(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "email": "alex@homes.example",
                "username": "Alex",
                "password": "five quiet otters",
                "role": "support_agent",
                "agent_id": "Agent3",
                "tier": "Tier3",
            }
        },
    )

    email: Email
    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password
    role: Role
    agent_id: AgentId | None = None
    tier: Tier | None = None


class UserChange(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"disabled": True, "version": 1}}
    )

    role: Role | None = None
    agent_id: AgentId | None = None
    tier: Tier | None = None
    disabled: bool | None = None
    password: Password | None = None
    version: Annotated[int, Field(ge=1, le=2**31)] | None = None


@router.get("", summary="The people of the tenant, the newest first", responses=problems(401, 403))
async def list_users(
    services: TheServices, actor: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Listed[UserItem]:
    page = await services.users.page(actor.tenant_id, limit=limit, cursor=cursor)
    items = [UserItem.of(account) for account in page.items]
    return Listed(items=items, next_cursor=page.next_cursor)


@router.post(
    "",
    status_code=201,
    summary="Add somebody",
    description="Nobody can give a role that may do more than they may themselves.",
    responses=problems(400, 401, 403, 409, 413, 415, 429),
)
async def add_user(body: NewUser, services: TheServices, actor: Writer) -> UserItem:
    _require_within(actor, body.role)
    account = await services.users.add(
        actor.tenant_id,
        email=body.email,
        username=body.username,
        password=body.password,
        role=body.role,
        agent_id=body.agent_id,
        tier=body.tier,
        actor=actor.name,
    )
    return UserItem.of(account)


@router.patch(
    "/{user_id}",
    summary="Change somebody",
    description="Another role, another password and `disabled` end the sessions of the user.",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 429),
)
async def change_user(
    user_id: Id, body: UserChange, services: TheServices, actor: Writer
) -> UserItem:
    standing = await services.users.get(actor.tenant_id, user_id)
    _require_within(actor, standing.user.role)
    if body.role is not None:
        _require_within(actor, body.role)
    # whoever has changed since may be somebody this caller may not touch
    changes = {"version": standing.user.version} | body.model_dump(exclude_none=True)
    account = await services.users.change(actor.tenant_id, user_id, **changes, actor=actor.name)
    return UserItem.of(account)


def _require_within(actor: Actor, role: Role) -> None:
    # a realpage_user is what anybody can make of themselves
    if role is not Role.REALPAGE_USER and not SCOPES_OF[role] <= actor.scopes:
        raise Forbidden("role_beyond_own", f"The role {role} may do more than you may.")
