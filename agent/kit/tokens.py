"""Signed, expiring claims (JWT, HS256): what a bearer token says and whether to believe it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import jwt
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from agent.errors import Misconfigured, Unauthenticated
from agent.kit.clock import Clock
from agent.kit.ids import new_id

ALGORITHM = "HS256"
ISSUER = "latchkey"
LEEWAY = timedelta(seconds=30)
MAX_BYTES = 4096
KEY_BYTES = 32

_Text = Annotated[StrictStr, Field(min_length=1)]
_Moment = Annotated[StrictInt, Field(ge=0, le=253_402_300_799)]


class Claims(BaseModel):
    """The registered claims, all of them required; the private ones are extra fields."""

    model_config = ConfigDict(extra="allow", frozen=True)

    iss: _Text
    aud: _Text
    sub: _Text
    jti: _Text
    iat: _Moment
    exp: _Moment

    @property
    def private(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


@dataclass(frozen=True, slots=True)
class Issued:
    token: str
    expires_at: datetime


class TokenSigner:
    """Issues and verifies the tokens of one audience with one key, by the given clock."""

    def __init__(self, key: bytes, clock: Clock, *, audience: str) -> None:
        if len(key) < KEY_BYTES:
            raise Misconfigured(
                "secret_too_short", f"A token key needs at least {KEY_BYTES} random bytes."
            )
        self._key = key
        self._clock = clock
        self._audience = audience

    def issue(self, subject: str, lifetime: timedelta, **private: str) -> Issued:
        now = self._clock.now()
        expires_at = (now + lifetime).replace(microsecond=0)
        claims = private | {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": subject,
            "jti": new_id("jti"),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        return Issued(jwt.encode(claims, self._key, ALGORITHM), expires_at)

    def verify(self, token: str) -> Claims:
        """Raises Unauthenticated `token_invalid` or `token_expired`."""
        claims = self._decode(token)
        now = self._clock.now()
        if (
            claims.iss != ISSUER
            or claims.aud != self._audience
            or _moment(claims.iat) > now + LEEWAY
        ):
            raise _invalid()
        if _moment(claims.exp) <= now - LEEWAY:
            raise Unauthenticated("token_expired", "The token has expired; start again.")
        return claims

    def _decode(self, token: str) -> Claims:
        if len(token) > MAX_BYTES:
            raise _invalid()
        try:
            # the times are checked against our own clock
            said = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
            )
            return Claims.model_validate(said)
        except (jwt.InvalidTokenError, ValidationError, ValueError, RecursionError):
            raise _invalid() from None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _invalid() -> Unauthenticated:
    return Unauthenticated("token_invalid", "The token does not verify; start again.")
