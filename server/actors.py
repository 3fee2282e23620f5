"""Who asks: a person who logged in, an API key of a tenant, or the visitor of one thread."""

from dataclasses import dataclass

from agent.errors import Forbidden
from agent.tenants.keys import ApiKey
from agent.threads.service import unknown
from agent.users.models import Session
from agent.users.roles import Role
from server.scopes import SCOPES_OF, Scope


@dataclass(frozen=True, slots=True)
class Actor:
    tenant_id: str
    name: str
    """For the audit: `user:…`, `key:…` or `visitor:…`."""
    scopes: frozenset[str] = frozenset()
    thread_id: str | None = None
    """The only thread a visitor can see; None for anybody else."""
    user_id: str | None = None
    role: Role | None = None
    """Of a user."""
    session_id: str | None = None

    @classmethod
    def of_key(cls, key: ApiKey) -> "Actor":
        return cls(tenant_id=key.tenant_id, name=f"key:{key.key_id}", scopes=key.scopes)

    @classmethod
    def of_user(cls, session: Session) -> "Actor":
        return cls(
            tenant_id=session.tenant_id,
            name=f"user:{session.user_id}",
            scopes=SCOPES_OF[session.role],
            user_id=session.user_id,
            role=session.role,
            session_id=session.session_id,
        )

    @classmethod
    def of_visitor(cls, tenant_id: str, thread_id: str) -> "Actor":
        return cls(tenant_id=tenant_id, name=f"visitor:{thread_id}", thread_id=thread_id)

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise Forbidden(
                "scope_missing", f"This needs an account or an API key with the scope {scope}."
            )

    def require_thread(self, thread_id: str, scope: Scope) -> None:
        """A visitor's own thread, or any of the tenant for whoever has `scope`."""
        if self.thread_id is None:
            self.require(scope)
        elif thread_id != self.thread_id:
            raise unknown(thread_id)


def named(person: str | None) -> str | None:
    """The user_id of a person, as accounts have it; programs keep their names."""
    return person.removeprefix("user:") if person else None
