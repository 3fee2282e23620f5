"""What somebody may be allowed to do, and what each role is."""

from collections.abc import Mapping
from enum import StrEnum

from agent.users.roles import Role


class Scope(StrEnum):
    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"
    THREADS_READ = "threads:read"
    THREADS_WRITE = "threads:write"
    ACTIONS_READ = "actions:read"
    ACTIONS_WRITE = "actions:write"
    APPROVALS_READ = "approvals:read"
    APPROVALS_WRITE = "approvals:write"
    LISTINGS_READ = "listings:read"
    LISTINGS_WRITE = "listings:write"
    TOURS_READ = "tours:read"
    TOURS_WRITE = "tours:write"
    TENANTS_READ = "tenants:read"
    TENANTS_WRITE = "tenants:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    TRAINING_READ = "training:read"
    TRAINING_WRITE = "training:write"
    TICKETS_CREATE = "tickets:create"
    TICKETS_READ = "tickets:read"
    TICKETS_REVIEW = "tickets:review"
    KNOWLEDGE_READ = "knowledge:read"
    KNOWLEDGE_WRITE = "knowledge:write"
    RAG_USE = "rag:use"
    METRICS_READ = "metrics:read"
    AUDIT_READ = "audit:read"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    PII_READ = "pii:read"
    PII_ERASE = "pii:erase"


SCOPES_OF: Mapping[Role, frozenset[Scope]] = {
    # tickets and jobs: their own
    Role.REALPAGE_USER: frozenset(
        {Scope.TICKETS_CREATE, Scope.TICKETS_READ, Scope.KNOWLEDGE_READ, Scope.RAG_USE}
    ),
    Role.LEASING_AGENT: frozenset(
        {
            Scope.LEADS_READ, Scope.LEADS_WRITE, Scope.PII_READ,
            Scope.THREADS_READ, Scope.THREADS_WRITE,
            Scope.ACTIONS_READ, Scope.ACTIONS_WRITE,
            Scope.APPROVALS_READ, Scope.APPROVALS_WRITE,
            Scope.TOURS_READ, Scope.TOURS_WRITE,
            Scope.LISTINGS_READ, Scope.TENANTS_READ,
            Scope.KNOWLEDGE_READ, Scope.RAG_USE, Scope.METRICS_READ,
        }
    ),
    Role.SUPPORT_AGENT: frozenset(
        {
            Scope.TICKETS_CREATE, Scope.TICKETS_READ, Scope.TICKETS_REVIEW, Scope.PII_READ,
            Scope.KNOWLEDGE_READ, Scope.KNOWLEDGE_WRITE, Scope.RAG_USE, Scope.METRICS_READ,
        }
    ),
    Role.ADMIN: frozenset(Scope),
}  # fmt: skip
