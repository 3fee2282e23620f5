"""Links with which a lead cancels or moves a tour without a password: signed, and used once."""

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel

from agent.errors import Duplicate, Gone, NotFound, Unauthenticated
from agent.kit.clock import Clock
from agent.kit.crypto import derive
from agent.kit.tokens import TokenSigner
from agent.tours.models import Tour
from agent.tours.store import TourStore

Purpose = Literal["cancel", "reschedule"]


class Link(BaseModel):
    link_id: str
    tenant_id: str
    tour_id: str
    purpose: Purpose
    expires_at: datetime
    """When the tour starts, as it stood when the link was made."""


class TourLinks:
    def __init__(self, store: TourStore, secret_key: bytes, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._signer = TokenSigner(derive(secret_key, "tour-link"), clock, audience="tour-link")

    def issue(self, tenant_id: str, tour: Tour, purpose: Purpose) -> str:
        """A token that works until the tour starts."""
        left = tour.starts_at - self._clock.now()
        private = {"purpose": purpose}
        return self._signer.issue(tour.tour_id, left, tenant=tenant_id, private=private).token

    def read(self, token: str) -> Link:
        """What a token says; raises NotFound `tour_link_unknown` or Gone `tour_link_expired`."""
        try:
            claims = self._signer.verify(token)
        except Unauthenticated as error:
            if error.code == "token_expired":
                raise expired() from None
            raise NotFound("tour_link_unknown", "There is no such link; write to us.") from None
        link = Link(
            link_id=claims.jti,
            tenant_id=claims.tenant,
            tour_id=claims.sub,
            purpose=claims.private["purpose"],
            expires_at=datetime.fromtimestamp(claims.exp, UTC),
        )
        if link.expires_at <= self._clock.now():
            raise expired()
        return link

    async def used(self, link: Link) -> bool:
        return await self._store.link_used(link.tenant_id, link.link_id)

    async def use(self, link: Link) -> None:
        """Use it up; joins the caller's transaction. Raises Gone `tour_link_used`."""
        try:
            await self._store.use_link(link.tenant_id, link.link_id, link.expires_at)
        except Duplicate:
            raise Gone("tour_link_used", "This link was used already; write to us.") from None


def expired() -> Gone:
    return Gone("tour_link_expired", "The tour has begun or is over; write to us.")
