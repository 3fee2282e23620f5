"""Who may tell us of events, whether it is they, and that each event has its effect once."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from agent.errors import Duplicate, NotFound, Unauthenticated
from agent.inbound.models import Receipt, Source
from agent.inbound.store import InboundStore
from agent.kit.clock import Clock
from agent.kit.crypto import derive, seal, unseal
from agent.kit.ids import new_id
from agent.kit.signatures import Verified, new_secret, verify
from agent.mongo.repository import Repository

KEYS = 2
"""While a secret is exchanged, the old one is good too."""
_TRIES = 4

Work = Callable[[], Awaitable[Mapping[str, Any]]]
"""Carries an event out inside the transaction of its receipt; returns ids of what came of it."""


class InboundService:
    def __init__(
        self, repository: Repository, store: InboundStore, secret_key: bytes, clock: Clock
    ) -> None:
        self._repository = repository
        self.store = store
        self._key = derive(secret_key, "inbound-secrets")
        self._clock = clock

    async def add(self, tenant_id: str, name: str) -> tuple[Source, str]:
        """A new source and its secret, which is told this once."""
        source = Source(
            source_id=new_id("src"), tenant_id=tenant_id, name=name, created_at=self._clock.now()
        )
        secret = new_secret()
        await self.store.insert(source, self._sealed(source.source_id, secret))
        return source, secret

    async def rotate(self, tenant_id: str, source_id: str) -> str:
        """A new secret; the one before it stays good until the next. Raises NotFound."""

        async def write() -> str:
            standing = await self.store.secrets(source_id)
            if standing is None or standing.source.tenant_id != tenant_id:
                raise _unknown(source_id)
            secret = new_secret()
            sealed = [self._sealed(source_id, secret), *standing.sealed][:KEYS]
            await self.store.set_secrets(tenant_id, source_id, sealed, self._clock.now())
            return secret

        return await self._repository.transact(write)

    async def remove(self, tenant_id: str, source_id: str) -> None:
        """Believe it no more. Raises NotFound `source_not_found`."""
        if not await self.store.remove(tenant_id, source_id):
            raise _unknown(source_id)

    async def verify(
        self, source_id: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> tuple[Source, Verified]:
        """Which source has signed `body`.

        Raises Unauthenticated `signature_invalid`, for a source that nobody knows too.
        """
        standing = await self.store.secrets(source_id)
        # an unknown source takes as long to refuse as a known one
        secrets = (
            [self._opened(source_id, sealed) for sealed in standing.sealed]
            if standing
            else [new_secret()]
        )
        verified = verify(secrets, headers, body, self._clock.now())
        if standing is None:
            raise Unauthenticated("signature_invalid", "The signature does not verify.")
        return standing.source, verified

    async def repeated(self, tenant_id: str, source_id: str, message_id: str) -> Receipt | None:
        """The receipt of the same message, if it came in the last 24 hours."""
        return await self.store.receipt(tenant_id, source_id, message_id, self._clock.now())

    async def once(
        self, tenant_id: str, source_id: str, message_id: str, kind: str, work: Work
    ) -> tuple[Mapping[str, Any], bool]:
        """(what came of it, whether it was carried out now): once in 24 hours.

        `work` and the receipt are one transaction: where it raises, the message may come again.
        """

        async def write() -> tuple[Mapping[str, Any], bool]:
            now = self._clock.now()
            standing = await self.store.receipt(tenant_id, source_id, message_id, now)
            if standing is not None:
                return standing.result, False
            result = await work()
            await self.store.put_receipt(
                tenant_id,
                Receipt(
                    source_id=source_id,
                    message_id=message_id,
                    type=kind,
                    result=dict(result),
                    received_at=now,
                ),
            )
            return result, True

        for _ in range(_TRIES):
            try:
                return await self._repository.transact(write)
            except Duplicate:
                # somebody wrote the same at the same time; what they wrote is found now
                continue
        return await self._repository.transact(write)

    async def is_news(self, tenant_id: str, subject: str, at: datetime) -> bool:
        """Whether nothing of `at` or later was told of `subject`; joins the transaction."""
        known = await self.store.known_as_of(tenant_id, subject)
        if known is not None and known >= at:
            return False
        await self.store.mark(tenant_id, subject, at)
        return True

    def _sealed(self, source_id: str, secret: str) -> bytes:
        return seal(self._key, secret.encode(), bound_to=source_id)

    def _opened(self, source_id: str, sealed: bytes) -> str:
        return unseal(self._key, sealed, bound_to=source_id).decode()


def _unknown(source_id: str) -> NotFound:
    return NotFound(
        "source_not_found", f"There is no webhook source {source_id[:80]!r}; add it first."
    )
