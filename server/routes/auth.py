"""Registering, logging in, staying logged in."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from agent.errors import Forbidden
from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT
from agent.users.models import Account, Grant
from agent.users.roles import Role
from server import limits
from server.deps import TheServices, User
from server.errors import problems
from server.origins import require_origin
from server.scopes import SCOPES_OF, Scope

router = APIRouter(prefix="/api/auth", tags=["accounts"])

Email = Annotated[str, Field(min_length=3, max_length=320)]
Password = Annotated[str, Field(min_length=1, max_length=1000)]
_EMAIL, _PASSWORD = "sam@lee.example", "three quiet otters"


class RegisterRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"username": "Sam Lee", "email": _EMAIL, "password": _PASSWORD}
        },
    )

    username: Annotated[str, Field(min_length=1, max_length=200)]
    email: Email
    password: Password
    """10 to 128 characters."""
    community: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """A public site key: whose account it becomes; default: the default tenant's."""


class LoginRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"email": _EMAIL, "password": _PASSWORD}}
    )

    email: Email
    password: Password


class RefreshRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"refresh_token": "lr_ses_7k2m4n8p0q1r3s5t6v9w.1.…"}},
    )

    refresh_token: Annotated[str, Field(min_length=1, max_length=1000)]


class PasswordRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"current_password": _PASSWORD, "password": "four quiet otters"}
        },
    )

    current_password: Password
    password: Password


class UserItem(BaseModel):
    id: str
    """The same as `user_id`."""
    user_id: str
    tenant_id: str
    username: str
    email: str
    role: Role
    scopes: list[Scope]
    """What the role may do."""
    agent_id: str | None
    tier: str | None
    disabled: bool
    version: int
    created_at: datetime
    last_login_at: datetime | None

    @classmethod
    def of(cls, account: Account) -> "UserItem":
        user = account.user
        return cls.model_validate(
            {
                **dict(user),
                "id": user.user_id,
                "username": account.username,
                "email": account.email,
                "scopes": sorted(SCOPES_OF[user.role]),
                "disabled": user.disabled_at is not None,
            }
        )


class Tokens(BaseModel):
    access_token: str
    refresh_token: str
    """Works once: each refresh gives the next one."""
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    """Seconds the access token still works."""
    user: UserItem


class LoggedOut(BaseModel):
    ended: Literal[True] = True


@router.post(
    "/register",
    status_code=201,
    summary="Make an account",
    description="Open to everyone, unless the tenant has closed it; the account is a "
    "`realpage_user`. Other roles are made by an admin.",
    responses=problems(400, 403, 404, 409, 413, 415, 429),
)
async def register(request: Request, body: RegisterRequest, services: TheServices) -> UserItem:
    tenant_id, community = await services.tenants.site(body.community)
    require_origin(community, request)
    await limits.logging_in(request, services, tenant_id, services.users.email_hash(body.email))
    if (await services.tenants.settings(tenant_id)).registration == "closed":
        raise Forbidden("registration_closed", "Ask an admin for an account.")
    account = await services.users.add(
        tenant_id,
        email=body.email,
        password=body.password,
        username=body.username,
        role=Role.REALPAGE_USER,
        self_registered=True,
        actor="registration",
    )
    return UserItem.of(account)


@router.post(
    "/login",
    summary="Log in",
    description="A wrong password and an unknown e-mail have the same answer, after the same time.",
    responses=problems(400, 401, 413, 415, 429),
)
async def login(request: Request, body: LoginRequest, services: TheServices) -> Tokens:
    # an unknown e-mail has no tenant, so the default one's settings hold for all
    account = services.users.email_hash(body.email)
    await limits.logging_in(request, services, DEFAULT_TENANT, account)
    return await _tokens(services, await services.sessions.login(body.email, body.password))


@router.post(
    "/refresh",
    summary="Stay logged in",
    description="The next pair of tokens. A refresh token works once: the same one again within "
    "10 s has the same answer, later it ends the session.",
    responses=problems(400, 401, 413, 415),
)
async def refresh(body: RefreshRequest, services: TheServices) -> Tokens:
    return await _tokens(services, await services.sessions.refresh(body.refresh_token))


@router.get("/me", summary="Who is logged in", responses=problems(401, 403))
async def me(services: TheServices, actor: User) -> UserItem:
    return UserItem.of(await services.users.get(actor.tenant_id, str(actor.user_id)))


@router.post(
    "/password",
    summary="Change one's password",
    description="Ends every session of the user and begins a new one.",
    responses=problems(400, 401, 403, 413, 415, 429),
)
async def change_password(
    request: Request, body: PasswordRequest, services: TheServices, actor: User
) -> Tokens:
    await limits.logging_in(request, services, actor.tenant_id, actor.name)
    user_id = str(actor.user_id)
    await services.users.change_password(
        actor.tenant_id,
        user_id,
        current=body.current_password,
        password=body.password,
        actor=actor.name,
    )
    account = await services.users.get(actor.tenant_id, user_id)
    return await _tokens(services, await services.sessions.login(account.email, body.password))


@router.post("/logout", summary="End the session", responses=problems(401, 403))
async def logout(services: TheServices, actor: User) -> LoggedOut:
    await services.sessions.end(actor.tenant_id, str(actor.session_id))
    return LoggedOut()


async def _tokens(services: Services, grant: Grant) -> Tokens:
    account = await services.users.get(grant.session.tenant_id, grant.session.user_id)
    left = grant.access_expires_at - services.clock.now()
    return Tokens(
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        expires_in=max(0, int(left.total_seconds())),
        user=UserItem.of(account),
    )
