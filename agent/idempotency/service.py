"""A request that comes again has the first answer: claims, leases, sealed answers."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from agent.errors import Conflict, InvalidInput
from agent.idempotency.models import Claim, Request, Standing, Stored
from agent.idempotency.store import IdempotencyStore
from agent.kit.clock import Clock
from agent.kit.crypto import derive, keyed_hash, seal, unseal
from agent.kit.ids import new_id

KEPT = timedelta(hours=25)
"""How long an answer can be had again."""
LEASE = timedelta(seconds=30)
"""How long a request is taken to run after its process was last heard of."""
_TRIES = 5


class IdempotencyService:
    def __init__(self, store: IdempotencyStore, clock: Clock, secret_key: bytes) -> None:
        self._store = store
        self._clock = clock
        self._ids = derive(secret_key, "idempotency-id")
        self._seals = derive(secret_key, "idempotency-answer")

    async def claim(self, request: Request, fingerprint: str | None) -> Claim | Standing:
        """The right to carry `request` out, or what stands of an earlier one.

        `fingerprint` is what the `hasher` made of the content; None where it is not read yet.
        A claim whose process was not heard of for LEASE is taken over.
        """
        request_id = self._id(request)
        for _ in range(_TRIES):
            token = new_id("clm")
            now = self._clock.now()
            row = {
                "request_id": request_id,
                "token": token,
                "fingerprint": fingerprint,
                "until": now + LEASE,
                "expires_at": now + KEPT,
                "answer": None,
            }
            if await self._store.add(request.tenant_id, row):
                return Claim(request, token)
            found = await self._store.get(request.tenant_id, request_id)
            if found is None:
                continue
            over = found["expires_at"] <= now
            if not over and (found["answer"] is not None or found["until"] > now):
                return self._standing(request, request_id, found)
            if await self._store.take_over(
                request.tenant_id, request_id, token=found["token"], row=row
            ):
                return Claim(request, token)
        raise in_flight()

    async def keep(self, claim: Claim, fingerprint: str, answer: Stored) -> bool:
        """Keep the answer of what was carried out; False when another has taken over."""
        request = claim.request
        request_id = self._id(request)
        plain = json.dumps([answer.status, answer.headers]).encode() + b"\n" + answer.body
        changes = {
            "fingerprint": fingerprint,
            "answer": seal(self._seal(request), plain, bound_to=request_id),
            "expires_at": self._clock.now() + KEPT,
        }
        return await self._store.change(request.tenant_id, request_id, claim.token, changes)

    async def renew(self, claim: Claim) -> bool:
        """Say that the request runs still; False when another has taken over."""
        until = self._clock.now() + LEASE
        request = claim.request
        return await self._store.change(
            request.tenant_id, self._id(request), claim.token, {"until": until}
        )

    async def release(self, claim: Claim) -> None:
        """Nothing was carried out: let the same request come again."""
        await self._store.remove(claim.request.tenant_id, self._id(claim.request), claim.token)

    def hasher(self, request: Request) -> hmac.HMAC:
        """A running hash for the content of a request; its hexdigest is the fingerprint."""
        return hmac.new(self._seal(request), digestmod=hashlib.sha256)

    def derived(self, request: Request, fingerprint: str, purpose: str) -> str:
        """An id of 32 letters that the same request with the same content has whenever it comes."""
        of = "\x1f".join((purpose, fingerprint, self._id(request)))
        return keyed_hash(self._ids, of).removeprefix("h1:")[:32]

    def _id(self, request: Request) -> str:
        return keyed_hash(self._ids, f"{request.tenant_id}\x1f{request.caller}\x1f{request.key}")

    def _seal(self, request: Request) -> bytes:
        # also of the caller's key, of which we keep a hash only: the row alone opens for nobody
        return hmac.digest(self._seals, request.key.encode(), "sha256")

    def _standing(self, request: Request, request_id: str, row: dict[str, Any]) -> Standing:
        if row["answer"] is None:
            return Standing(row["fingerprint"], None)
        plain = unseal(self._seal(request), row["answer"], bound_to=request_id)
        head, _, body = plain.partition(b"\n")
        status, headers = json.loads(head)
        return Standing(row["fingerprint"], Stored(status, headers, body))


def in_flight() -> Conflict:
    return Conflict(
        "idempotency_in_flight",
        "The first request with this Idempotency-Key still runs; ask again for its answer.",
        retry_after=1,
    )


def reused() -> InvalidInput:
    return InvalidInput(
        "idempotency_key_reused",
        "This Idempotency-Key came with another request; take a new key for a new request.",
    )
