"""Logging in and staying logged in: access tokens for minutes, refresh tokens that work once."""

import base64
import hashlib
import hmac
import re
from datetime import datetime, timedelta

from agent.audit.service import AuditService
from agent.errors import Unauthenticated
from agent.kit.clock import Clock
from agent.kit.crypto import derive
from agent.kit.ids import new_id
from agent.kit.tokens import TokenSigner
from agent.mongo.repository import Repository
from agent.users.models import Grant, Session, User
from agent.users.service import UserService
from agent.users.store import UserStore

ACCESS = timedelta(minutes=30)
IDLE = timedelta(days=14)
"""A session that is not refreshed for so long is over."""
LONGEST = timedelta(days=90)
GRACE = timedelta(seconds=10)
"""Two tabs may send the same refresh token within this time."""
PREFIX = "lr_"
_TOKEN = re.compile(r"lr_(ses_[0-9a-z]{20})\.([1-9]\d{0,8})\.([A-Za-z0-9_-]{43})")


class SessionService:
    def __init__(
        self,
        repository: Repository,
        users: UserService,
        audit: AuditService,
        clock: Clock,
        secret_key: bytes,
    ) -> None:
        self._repository = repository
        self._users = users
        self._store: UserStore = users.store
        self._audit = audit
        self._clock = clock
        self._signer = TokenSigner(derive(secret_key, "access-token"), clock, audience="user")
        self._refresh_key = derive(secret_key, "refresh-token")
        self.kid = self._signer.kid

    async def login(self, email: str, password: str) -> Grant:
        """Raises Unauthenticated `login_failed`, after the same time whatever was wrong."""
        found = await self._store.by_email(self._users.email_hash(email))
        user, known = found if found else (None, None)
        right, newer = await self._users.passwords.verify(password, known)
        if not right or user is None or known is None or user.disabled_at is not None:
            raise _failed()
        return await self._begin(user, known, newer or known)

    async def refresh(self, token: str) -> Grant:
        """A new pair for a refresh token that is due; the same once more within the grace.

        A token that was used before ends its session. Raises Unauthenticated `refresh_…`.
        """
        session_id = self._session_id(token)
        session = await self._store.session_of_token(session_id) if session_id else None
        now = self._clock.now()
        if session is None or session.ended_at is not None or session.expires_at <= now:
            raise _refused()
        used = _hash(token)
        if used == session.refresh_hash:
            rotated = await self._rotate(session, now)
            session = rotated or await self._store.session(session.tenant_id, session.session_id)
            if session is None or session.ended_at is not None:
                raise _refused()
        if used == session.previous_hash and now - session.rotated_at <= GRACE:
            return self._grant(session)
        await self._reused(session, now)
        raise Unauthenticated(
            "refresh_reused", "This refresh token was used before, so the session ends; log in."
        )

    async def verify(self, token: str) -> Session:
        """Who holds an access token. Raises Unauthenticated `token_…` or `session_ended`."""
        claims = self._signer.verify(token)
        session = await self._store.session(claims.tenant, str(claims.private.get("sid")))
        if session is None or session.user_id != claims.sub or session.ended_at is not None:
            raise Unauthenticated("session_ended", "The session has ended; log in again.")
        return session

    async def end(self, tenant_id: str, session_id: str) -> None:
        await self._store.end(tenant_id, session_id, self._clock.now())

    async def _begin(self, user: User, known: str, password_hash: str) -> Grant:
        now = self._clock.now()
        session_id = new_id("ses")
        session = Session(
            tenant_id=user.tenant_id,
            session_id=session_id,
            user_id=user.user_id,
            role=user.role,
            refresh_hash=_hash(self._refresh_token(session_id, 1)),
            rotated_at=now,
            created_at=now,
            expires_at=now + IDLE,
        )

        async def write() -> None:
            # who was disabled meanwhile, or has another role or password, begins nothing
            if not await self._store.note_login(
                user, known=known, password_hash=password_hash, now=now
            ):
                raise _failed()
            await self._store.begin(session)
            await self._audit.record(
                user.tenant_id,
                "session.started",
                session_id,
                {"user_id": user.user_id},
                actor=f"user:{user.user_id}",
            )

        await self._repository.transact(write)
        return self._grant(session)

    async def _rotate(self, session: Session, now: datetime) -> Session | None:
        following = self._refresh_token(session.session_id, session.generation + 1)
        return await self._store.rotate(
            session,
            refresh_hash=_hash(following),
            now=now,
            expires_at=min(now + IDLE, session.created_at + LONGEST),
        )

    async def _reused(self, session: Session, now: datetime) -> None:
        async def write() -> None:
            if await self._store.end(session.tenant_id, session.session_id, now):
                await self._audit.record(
                    session.tenant_id,
                    "session.reused",
                    session.session_id,
                    {"user_id": session.user_id},
                    actor=f"user:{session.user_id}",
                )

        await self._repository.transact(write)

    def _grant(self, session: Session) -> Grant:
        """The tokens of a session as it stands: the same ones for the same generation."""
        issued = self._signer.issue(
            session.user_id,
            ACCESS,
            tenant=session.tenant_id,
            at=session.rotated_at,
            token_id=f"{session.session_id}.{session.generation}",
            private={"sid": session.session_id},
        )
        return Grant(
            access_token=issued.token,
            access_expires_at=issued.expires_at,
            refresh_token=self._refresh_token(session.session_id, session.generation),
            session=session,
        )

    def _refresh_token(self, session_id: str, generation: int) -> str:
        """Derived, so that a double submit has the same answer though only hashes are kept."""
        named = f"{session_id}.{generation}"
        mac = hmac.digest(self._refresh_key, named.encode(), "sha256")
        return f"{PREFIX}{named}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    def _session_id(self, token: str) -> str | None:
        """The session of a refresh token that we made; None for any other text."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        ours = self._refresh_token(found[1], int(found[2]))
        return found[1] if hmac.compare_digest(ours, token) else None


def _hash(token: str) -> str:
    """Plain SHA-256: the token is a keyed digest, so there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


def _failed() -> Unauthenticated:
    return Unauthenticated("login_failed", "The e-mail or the password is wrong.")


def _refused() -> Unauthenticated:
    return Unauthenticated("refresh_invalid", "The refresh token is not valid any more; log in.")
