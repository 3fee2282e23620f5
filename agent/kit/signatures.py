"""Standard Webhooks 1.0.0: who sent these bytes, and when; v1 (HMAC-SHA256) only."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.errors import Misconfigured, Unauthenticated

PREFIX = "whsec_"
TOLERANCE_SECONDS = 5 * 60
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_SECRET_BYTES = 32
_MAX_SIGNATURES = 20
_MESSAGE_ID = re.compile(r"[!-~]{1,256}")
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,11}")
_SIGNATURE = re.compile(r"(?P<version>[0-9A-Za-z]{1,8}),(?P<value>[0-9A-Za-z+/=]{1,256})")


@dataclass(frozen=True, slots=True)
class Verified:
    message_id: str
    timestamp: int
    """Unix seconds, as the sender signed them."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `v1,…` value of these bytes. Raises Misconfigured `webhook_secret_invalid`."""
    key = _key(secret)
    if key is None:
        raise Misconfigured(
            "webhook_secret_invalid", f"A webhook secret is {PREFIX} and base64; make a new one."
        )
    return "v1," + base64.b64encode(_mac(key, message_id, timestamp, body)).decode()


def verify(
    secrets: Sequence[str],
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
    body: bytes,
    now: datetime,
) -> Verified:
    """Who signed `body` with one of `secrets`, for any headers and bytes whatever.

    Raises Unauthenticated `signature_invalid`, and nothing else.
    """
    message_id, said, signatures = _required(headers)
    if not _MESSAGE_ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(said):
        raise _invalid()
    timestamp = int(said)
    if abs(now.timestamp() - timestamp) > TOLERANCE_SECONDS:
        raise _invalid()
    given = _given(signatures)
    keys = [key for key in map(_key, secrets) if key is not None]
    # every pair is compared, so that the time taken tells nothing of which one matched
    matches = [
        hmac.compare_digest(_mac(key, message_id, timestamp, body), value)
        for key in keys
        for value in given
    ]
    if not any(matches):
        raise _invalid()
    return Verified(message_id, timestamp)


def _required(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[str]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found: dict[str, str] = {}
    for name, value in pairs:
        lowered = name.lower()
        if lowered not in HEADERS:
            continue
        if lowered in found:
            raise _invalid()
        found[lowered] = value
    if len(found) < len(HEADERS):
        raise _invalid()
    return [found[name] for name in HEADERS]


def _given(header: str) -> list[bytes]:
    """The v1 signatures of a list; one misshapen entry spoils it."""
    entries = header.split(" ", _MAX_SIGNATURES)
    if len(entries) > _MAX_SIGNATURES:
        raise _invalid()
    values = []
    for entry in entries:
        shape = _SIGNATURE.fullmatch(entry)
        if shape is None:
            raise _invalid()
        if shape["version"] == "v1":
            values.append(_decoded(shape["value"]))
    return values


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise _invalid() from None


def _key(secret: str) -> bytes | None:
    """The bytes of a secret, padded or not; None for what is none."""
    text = secret.removeprefix(PREFIX).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True) or None
    except ValueError:
        return None


def _mac(key: bytes, message_id: str, timestamp: int, body: bytes) -> bytes:
    return hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)


def _invalid() -> Unauthenticated:
    return Unauthenticated(
        "signature_invalid",
        "The webhook-id, webhook-timestamp and webhook-signature do not verify; sign the raw body "
        "with the secret of this source.",
    )
