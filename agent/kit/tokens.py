"""Signed, expiring claims (JWT, HS256): what a bearer token says and whether to believe it."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import jwt
from jwt.utils import base64url_decode
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from agent.errors import Misconfigured, Unauthenticated
from agent.kit.clock import Clock
from agent.kit.ids import new_id

ALGORITHM = "HS256"
ISSUER = "latchkey"
LEEWAY = timedelta(seconds=30)
MAX_BYTES = 4096
KEY_BYTES = 32
KNOWN = 1_000
"""Tokens of which a process remembers that their signature is right, by their hash."""
_HEADER = {"alg", "typ", "kid"}

_Text = Annotated[StrictStr, Field(min_length=1)]
_Moment = Annotated[StrictInt, Field(ge=0, le=253_402_300_799)]


class Claims(BaseModel):
    """The registered claims and the tenant, all of them required; others are extra fields."""

    model_config = ConfigDict(extra="allow", frozen=True)

    iss: _Text
    aud: _Text
    sub: _Text
    jti: _Text
    tenant: _Text
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
        self.kid = f"{audience}.{hashlib.sha256(key).hexdigest()[:12]}"
        """Names the key in the header of its tokens."""
        self._key = key
        self._clock = clock
        self._audience = audience
        self._known: OrderedDict[bytes, Claims] = OrderedDict()

    def issue(
        self,
        subject: str,
        lifetime: timedelta,
        *,
        tenant: str,
        at: datetime | None = None,
        token_id: str | None = None,
        private: Mapping[str, str] = {},
    ) -> Issued:
        """A token for `lifetime` from `at` (default: now); the same arguments give the same one,
        where `at` and `token_id` are among them."""
        now = at or self._clock.now()
        expires_at = (now + lifetime).replace(microsecond=0)
        claims = dict(private) | {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": subject,
            "jti": token_id or new_id("jti"),
            "tenant": tenant,
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        token = jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self.kid})
        return Issued(token, expires_at)

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
        """What it says, if we have signed it; the times in it are the caller's to check."""
        name = hashlib.sha256(token.encode(errors="replace")).digest()
        if known := self._known.get(name):
            return known
        claims = self._known[name] = self._checked(token)
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return claims

    def _checked(self, token: str) -> Claims:
        if kid_of(token) != self.kid:
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


def kid_of(token: str) -> str | None:
    """The key that a token says it is signed with; None unless its header is one of ours."""
    if len(token) > MAX_BYTES:
        return None
    try:
        header = json.loads(base64url_decode(token.partition(".")[0]))
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or header.keys() != _HEADER:
        return None
    if header["alg"] != ALGORITHM or header["typ"] != "JWT":
        return None
    return str(header["kid"])


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _invalid() -> Unauthenticated:
    return Unauthenticated("token_invalid", "The token does not verify; start again.")
