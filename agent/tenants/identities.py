"""Visitors whom the site knows: short-lived tokens that its own server signs for a community."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import jwt
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from agent.errors import Unauthenticated
from agent.kit.clock import Clock
from agent.kit.crypto import derive, keyed_hash, seal, unseal
from agent.kit.ids import new_id
from agent.kit.tokens import ALGORITHM, LEEWAY, MAX_BYTES
from agent.mongo.repository import Collection, Repository

PREFIX = "lis_"
KEPT = 2
"""Secrets of a community that work at a time: the newest, and the one before it."""
OLDEST = timedelta(minutes=5)
_HEADER = {"alg", "typ", "kid"}

_Text = Annotated[StrictStr, Field(min_length=1, max_length=200)]
_ExternalId = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")]
_Moment = Annotated[StrictInt, Field(ge=0, le=253_402_300_799)]


class Identity(BaseModel):
    """Who somebody is, as the site says; other claims are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sub: _Text
    iat: _Moment
    exp: _Moment
    external_id: _ExternalId | None = None
    """What the tenant's CRM calls the person."""
    name: _Text | None = None
    email: _Text | None = None
    phone: _Text | None = None


class IdentityService:
    def __init__(self, repository: Repository, clock: Clock, secret_key: bytes) -> None:
        self._repository = repository
        self._clock = clock
        self._key = derive(secret_key, "identity-secret")

    async def new_secret(
        self, tenant_id: str, community_id: str, *, alone: bool = False
    ) -> tuple[str, str]:
        """The id and the secret, which cannot be read again.

        The one before it works on, unless the new one stands `alone`.
        """
        secret_id, secret = new_id("ids"), PREFIX + secrets.token_urlsafe(32)
        kept = {
            "secret_id": secret_id,
            "sealed": seal(self._key, secret.encode(), bound_to=_bound(tenant_id, community_id)),
            "made_at": self._clock.now(),
        }
        newest = {"$each": [kept], "$slice": -1 if alone else -KEPT}
        await self._rows(tenant_id).update(
            {"community_id": community_id}, {"$push": {"secrets": newest}}, upsert=True
        )
        return secret_id, secret

    async def verify(self, tenant_id: str, community_id: str, token: str) -> Identity:
        """Who signed in at the site, always with an external_id.

        Raises Unauthenticated `identity_invalid`, `identity_expired` or `identity_unset`.
        """
        row = await self._rows(tenant_id).find_one({"community_id": community_id})
        if row is None:
            raise Unauthenticated(
                "identity_unset",
                "This community has no identity secret; `latchkey community identity-secret` "
                "makes one.",
            )
        keys = {
            each["secret_id"]: unseal(
                self._key, each["sealed"], bound_to=_bound(tenant_id, community_id)
            )
            for each in row["secrets"]
        }
        identity = _signed(token, keys)
        now = self._clock.now()
        if _moment(identity.iat) > now + LEEWAY:
            raise _invalid()
        if _moment(identity.exp) <= now - LEEWAY or now - _moment(identity.iat) > OLDEST:
            raise Unauthenticated(
                "identity_expired", "Sign the identity token anew; it works for 5 minutes."
            )
        if identity.external_id is not None:
            return identity
        # what a site calls its people may be an address
        person = keyed_hash(self._key, f"{_bound(tenant_id, community_id)}/{identity.sub}")
        return identity.model_copy(update={"external_id": f"site:{person[3:27]}"})

    def _rows(self, tenant_id: str) -> Collection:
        return self._repository.scoped("identity_secrets", tenant_id)


def _signed(token: str, keys: dict[str, bytes]) -> Identity:
    """What the token says, if one of the keys signed it."""
    if len(token) > MAX_BYTES:
        raise _invalid()
    try:
        header = jwt.get_unverified_header(token)
        if not header.keys() <= _HEADER or header.get("typ", "JWT") != "JWT":
            raise _invalid()
        kid = header.get("kid")
        for secret_id, key in keys.items():
            if kid in (None, secret_id) and (said := _decoded(token, key)) is not None:
                return Identity.model_validate(said)
    except (jwt.InvalidTokenError, ValidationError, ValueError, RecursionError, TypeError):
        raise _invalid() from None
    raise _invalid()


def _decoded(token: str, key: bytes) -> dict[str, Any] | None:
    """None where another key signed it."""
    # the times are checked against our own clock
    unchecked: jwt.types.Options = {
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
        "verify_aud": False,
    }
    try:
        said: dict[str, Any] = jwt.decode(token, key, algorithms=[ALGORITHM], options=unchecked)
    except jwt.InvalidSignatureError:
        return None
    return said


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _bound(tenant_id: str, community_id: str) -> str:
    return f"{tenant_id}/{community_id}"


def _invalid() -> Unauthenticated:
    return Unauthenticated(
        "identity_invalid",
        "The identity token does not verify; sign {sub, iat, exp} with HS256 and the community's "
        "identity secret.",
    )
