"""API keys of integrations and staff programs: shown once, stored as a hash, limited by scopes."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from agent.errors import Duplicate
from agent.kit.clock import Clock
from agent.kit.ids import new_id
from agent.mongo.repository import Repository

PREFIX = "lk_"
ADMIN = "admin"
"""The key_id of the key that a tenant's first start creates."""
_MAX_LENGTH = 200


class ApiKey(BaseModel):
    """What a key may do; the key itself is known to its holder alone."""

    model_config = ConfigDict(frozen=True)

    key_id: str
    tenant_id: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None = None


class KeyService:
    def __init__(self, repository: Repository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    async def issue(
        self, tenant_id: str, name: str, scopes: Iterable[str], *, key_id: str | None = None
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, which cannot be read again. Raises Duplicate for a taken id."""
        secret = PREFIX + secrets.token_urlsafe(32)
        key = ApiKey(
            key_id=key_id or new_id("key"),
            tenant_id=tenant_id,
            name=name,
            scopes=frozenset(scopes),
            created_at=self._clock.now(),
        )
        row = key.model_dump(exclude={"tenant_id"}) | {"scopes": sorted(key.scopes)}
        await self._repository.scoped("keys", tenant_id).insert(row | {"key_hash": _hash(secret)})
        return key, secret

    async def first_admin(self, tenant_id: str, scopes: Iterable[str]) -> str | None:
        """The secret of the tenant's admin key if this call creates it; None ever after."""
        try:
            _, secret = await self.issue(tenant_id, ADMIN, scopes, key_id=ADMIN)
        except Duplicate:
            return None
        return secret

    async def verify(self, secret: str) -> ApiKey | None:
        """The key a secret belongs to, unless it is unknown or revoked."""
        if not secret.startswith(PREFIX) or len(secret) > _MAX_LENGTH:
            return None
        wanted = _hash(secret)
        row = await self._repository.across_tenants("keys").find_one({"key_hash": wanted})
        if row is None or not hmac.compare_digest(row["key_hash"], wanted):
            return None
        key = ApiKey.model_validate(row)
        return None if key.revoked_at else key

    async def all(self, tenant_id: str) -> list[ApiKey]:
        """The newest first; the revoked ones too."""
        rows = await self._repository.scoped("keys", tenant_id).find({}, sort=[("created_at", -1)])
        return [ApiKey.model_validate(row) for row in rows]

    async def revoke(self, tenant_id: str, key_id: str) -> bool:
        """Whether there was such a key that still worked."""
        matched = await self._repository.scoped("keys", tenant_id).update(
            {"key_id": key_id, "revoked_at": None}, {"$set": {"revoked_at": self._clock.now()}}
        )
        return matched == 1


def _hash(secret: str) -> str:
    """Plain SHA-256: the secret is 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
