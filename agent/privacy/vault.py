"""Contact data, sealed with a key per person; everything else holds a `contact_ref`."""

import json

from agent.kit.crypto import derive, keyed_hash, new_key, seal, unseal
from agent.kit.ids import new_id
from agent.mongo.repository import Repository
from agent.privacy.models import Contact


class Vault:
    def __init__(self, repository: Repository, master_key: bytes) -> None:
        self._repository = repository
        self._master = master_key
        self._wrap = derive(master_key, "vault-wrap")

    async def put(self, tenant_id: str, contact: Contact, *, ref: str | None = None) -> str:
        """Store `contact`, under `ref` if it exists already; returns the contact_ref."""
        ref = ref or new_id("con")
        rows = self._repository.scoped("vault", tenant_id)
        standing = await rows.find_one({"contact_ref": ref})
        key = self._unwrap(tenant_id, ref, standing["key"]) if standing else new_key()
        bound = _bound(tenant_id, ref)
        plain = json.dumps(contact.model_dump(exclude_none=True)).encode()
        await rows.update(
            {"contact_ref": ref},
            {
                "$set": {
                    "key": seal(self._wrap, key, bound_to=bound),
                    "sealed": seal(key, plain, bound_to=bound),
                }
            },
            upsert=True,
        )
        return ref

    async def get(self, tenant_id: str, ref: str) -> Contact | None:
        row = await self._repository.scoped("vault", tenant_id).find_one({"contact_ref": ref})
        if row is None:
            return None
        key = self._unwrap(tenant_id, ref, row["key"])
        plain = unseal(key, row["sealed"], bound_to=_bound(tenant_id, ref))
        return Contact.model_validate_json(plain)

    def hashes(self, tenant_id: str, contact: Contact) -> dict[str, str]:
        """Keyed hashes of what is known, equal for two spellings of the same value."""
        key = derive(self._master, f"contact-hash:{tenant_id}")
        return {
            field: keyed_hash(key, " ".join(value.split()).casefold())
            for field, value in contact.model_dump(exclude_none=True).items()
        }

    def _unwrap(self, tenant_id: str, ref: str, wrapped: bytes) -> bytes:
        return unseal(self._wrap, wrapped, bound_to=_bound(tenant_id, ref))


def _bound(tenant_id: str, ref: str) -> str:
    return f"{tenant_id}/{ref}"
