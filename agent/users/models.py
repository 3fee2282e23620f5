from datetime import datetime

from pydantic import BaseModel, ConfigDict

from agent.users.roles import Role


class User(BaseModel):
    """A person with a password. Name and e-mail live in the vault under `contact_ref`."""

    model_config = ConfigDict(frozen=True)

    tenant_id: str
    user_id: str
    role: Role
    contact_ref: str
    agent_id: str | None = None
    """What the tenant's other systems call a support agent, such as Agent3."""
    tier: str | None = None
    """Of a support agent: Tier1, Tier2, Tier3."""
    self_registered: bool = False
    """Nobody has checked that the e-mail is theirs."""
    version: int = 1
    created_at: datetime
    disabled_at: datetime | None = None
    last_login_at: datetime | None = None


class Account(BaseModel):
    """A user with what the vault knows, for the user and for admins."""

    model_config = ConfigDict(frozen=True)

    user: User
    username: str
    email: str


class Session(BaseModel):
    """One login, kept alive by refresh tokens that each work once."""

    model_config = ConfigDict(frozen=True)

    tenant_id: str
    session_id: str
    user_id: str
    role: Role
    """As it was at login: a change of role ends the session."""
    generation: int = 1
    """Which refresh token of the session is due."""
    refresh_hash: str
    previous_hash: str | None = None
    rotated_at: datetime
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


class Grant(BaseModel):
    """What a login or a refresh gives."""

    model_config = ConfigDict(frozen=True)

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    session: Session
