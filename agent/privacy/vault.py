"""Contact data, sealed with a key per person; everything else holds a `contact_ref`."""

import json
from collections.abc import Collection, Mapping
from typing import Any

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
        await self.put_many(tenant_id, {ref: contact})
        return ref

    async def put_many(self, tenant_id: str, contacts: Mapping[str, Contact]) -> None:
        """Store contacts under their refs: one read of standing keys, one write."""
        if not contacts:
            return
        rows = self._repository.scoped("vault", tenant_id)
        standing = await rows.find({"contact_ref": {"$in": [*contacts]}})
        keys = {
            row["contact_ref"]: self._unwrap(tenant_id, row["contact_ref"], row["key"])
            for row in standing
        }
        await rows.bulk_upsert(
            ["contact_ref"],
            [
                self._row(tenant_id, ref, keys.get(ref) or new_key(), contact)
                for ref, contact in contacts.items()
            ],
        )

    async def get(self, tenant_id: str, ref: str) -> Contact | None:
        return (await self.get_many(tenant_id, [ref])).get(ref)

    async def get_many(self, tenant_id: str, refs: Collection[str]) -> dict[str, Contact]:
        """ref -> contact, for those that exist."""
        if not refs:
            return {}
        rows = self._repository.scoped("vault", tenant_id)
        found = await rows.find({"contact_ref": {"$in": [*refs]}})
        return {row["contact_ref"]: self._opened(tenant_id, row) for row in found}

    async def shred(self, tenant_id: str, refs: Collection[str]) -> int:
        """Delete contacts with their keys; joins the caller's transaction."""
        return await self._repository.scoped("vault", tenant_id).delete_many(
            {"contact_ref": {"$in": [*refs]}}
        )

    def hashes(self, tenant_id: str, contact: Contact) -> dict[str, str]:
        """Keyed hashes of what is known, equal for two spellings of the same value."""
        key = derive(self._master, f"contact-hash:{tenant_id}")
        return {
            field: keyed_hash(key, " ".join(value.split()).casefold())
            for field, value in contact.model_dump(exclude_none=True).items()
        }

    def _row(self, tenant_id: str, ref: str, key: bytes, contact: Contact) -> dict[str, Any]:
        bound = _bound(tenant_id, ref)
        plain = json.dumps(contact.model_dump(exclude_none=True)).encode()
        return {
            "contact_ref": ref,
            "key": seal(self._wrap, key, bound_to=bound),
            "sealed": seal(key, plain, bound_to=bound),
        }

    def _opened(self, tenant_id: str, row: Mapping[str, Any]) -> Contact:
        ref = row["contact_ref"]
        key = self._unwrap(tenant_id, ref, row["key"])
        return Contact.model_validate_json(
            unseal(key, row["sealed"], bound_to=_bound(tenant_id, ref))
        )

    def _unwrap(self, tenant_id: str, ref: str, wrapped: bytes) -> bytes:
        return unseal(self._wrap, wrapped, bound_to=_bound(tenant_id, ref))


def _bound(tenant_id: str, ref: str) -> str:
    return f"{tenant_id}/{ref}"
