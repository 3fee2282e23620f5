"""The tokens of visitors: one thread each, short-lived, bound to the page that asked for them."""

from datetime import timedelta

from agent.errors import Unauthenticated
from agent.kit.clock import Clock
from agent.kit.crypto import derive
from agent.kit.tokens import Issued, TokenSigner
from server.actors import Actor

LIFETIME = timedelta(hours=2)


class Visitors:
    def __init__(self, secret_key: bytes, clock: Clock) -> None:
        self._signer = TokenSigner(derive(secret_key, "visitor-token"), clock, audience="visitor")
        self.kid = self._signer.kid

    def issue(self, tenant_id: str, thread_id: str, origin: str | None) -> Issued:
        """A token for one thread; with `origin` only pages from there may use it."""
        bound = {"origin": origin} if origin else {}
        return self._signer.issue(thread_id, LIFETIME, tenant=tenant_id, private=bound)

    def renew(self, token: str, origin: str | None) -> Issued:
        """A fresh token for the same thread, bound as the old one was."""
        actor, bound = self._read(token, origin)
        assert actor.thread_id is not None
        return self.issue(actor.tenant_id, actor.thread_id, bound)

    def actor(self, token: str, origin: str | None) -> Actor:
        """Raises Unauthenticated `token_…`."""
        return self._read(token, origin)[0]

    def _read(self, token: str, origin: str | None) -> tuple[Actor, str | None]:
        claims = self._signer.verify(token)
        bound = claims.private.get("origin")
        if bound is not None and bound != origin:
            raise Unauthenticated(
                "token_origin_wrong", "The token belongs to another page; start again there."
            )
        return Actor.of_visitor(claims.tenant, claims.sub), bound
