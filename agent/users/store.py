"""Every query of users and their sessions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Collection, Repository
from agent.users.models import Session, User

_ORDER = Order(at="created_at", key="user_id")


class UserStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(self, user: User, email_hash: str, password_hash: str) -> None:
        """Raises Duplicate for a taken e-mail or agent_id."""
        secrets = {"email_hash": email_hash, "password_hash": password_hash}
        row = user.model_dump(exclude={"tenant_id"}, exclude_none=True)
        await self._users(user.tenant_id).insert(row | secrets)

    async def get(self, tenant_id: str, user_id: str) -> User | None:
        row = await self._users(tenant_id).find_one({"user_id": user_id})
        return User.model_validate(row) if row else None

    async def by_email(self, email_hash: str) -> tuple[User, str] | None:
        """Whose e-mail it is, in any tenant, and the hash of the password."""
        users = self._repository.across_tenants("users")
        row = await users.find_one({"email_hash": email_hash})
        return (User.model_validate(row), row["password_hash"]) if row else None

    async def password_hash(self, tenant_id: str, user_id: str) -> str | None:
        row = await self._users(tenant_id).find_one({"user_id": user_id})
        return str(row["password_hash"]) if row else None

    async def page(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[User]:
        return await page(self._users(tenant_id), User, {}, _ORDER, limit=limit, cursor=cursor)

    async def set(
        self, tenant_id: str, user_id: str, changes: Mapping[str, Any], *, version: int | None
    ) -> User | None:
        """Change a user who stands at `version` (any for None); None where nobody does."""
        where = {"user_id": user_id} | ({} if version is None else {"version": version})
        row = await self._users(tenant_id).find_and_update(
            where, {"$set": dict(changes), "$inc": {"version": 1}}
        )
        return User.model_validate(row) if row else None

    async def note_login(
        self, user: User, *, known: str, password_hash: str, now: datetime
    ) -> bool:
        """Whether the user is still the same, with `known` as the hash of the password."""
        matched = await self._users(user.tenant_id).update(
            {
                "user_id": user.user_id,
                "role": user.role,
                "password_hash": known,
                "disabled_at": None,
            },
            {"$set": {"password_hash": password_hash, "last_login_at": now}},
        )
        return matched == 1

    async def begin(self, session: Session) -> None:
        row = session.model_dump(exclude={"tenant_id"})
        await self._sessions(session.tenant_id).insert(row)

    async def session(self, tenant_id: str, session_id: str) -> Session | None:
        row = await self._sessions(tenant_id).find_one({"session_id": session_id})
        return Session.model_validate(row) if row else None

    async def session_of_token(self, session_id: str) -> Session | None:
        """The session of any tenant; its id came out of a verified refresh token."""
        row = await self._repository.across_tenants("sessions").find_one({"session_id": session_id})
        return Session.model_validate(row) if row else None

    async def rotate(
        self, session: Session, *, refresh_hash: str, now: datetime, expires_at: datetime
    ) -> Session | None:
        """Make the next refresh token due; None where another call has."""
        row = await self._sessions(session.tenant_id).find_and_update(
            {
                "session_id": session.session_id,
                "refresh_hash": session.refresh_hash,
                "ended_at": None,
            },
            {
                "$set": {
                    "refresh_hash": refresh_hash,
                    "previous_hash": session.refresh_hash,
                    "rotated_at": now,
                    "expires_at": expires_at,
                },
                "$inc": {"generation": 1},
            },
        )
        return Session.model_validate(row) if row else None

    async def end(self, tenant_id: str, session_id: str, now: datetime) -> bool:
        """Whether it had not ended before."""
        matched = await self._sessions(tenant_id).update(
            {"session_id": session_id, "ended_at": None}, {"$set": {"ended_at": now}}
        )
        return matched == 1

    async def end_all(self, tenant_id: str, user_id: str, now: datetime) -> int:
        """End every session of a user; how many there were."""
        return await self._sessions(tenant_id).update_many(
            {"user_id": user_id, "ended_at": None}, {"$set": {"ended_at": now}}
        )

    def _users(self, tenant_id: str) -> Collection:
        return self._repository.scoped("users", tenant_id)

    def _sessions(self, tenant_id: str) -> Collection:
        return self._repository.scoped("sessions", tenant_id)
