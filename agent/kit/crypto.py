"""Keys and ciphers; the only place that touches cryptographic primitives."""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import Misconfigured

KEY_BYTES = 32
_NONCE_BYTES = 12


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def derive(key: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose only."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def seal(key: bytes, plain: bytes, *, bound_to: str) -> bytes:
    """AES-GCM; opens only with the same key and the same `bound_to`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to.encode())


def unseal(key: bytes, sealed: bytes, *, bound_to: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to.encode())
    except (InvalidTag, ValueError):
        raise Misconfigured(
            "vault_key_wrong", "The vault key does not open this entry; restore the key it had."
        ) from None


def keyed_hash(key: bytes, value: str) -> str:
    """HMAC-SHA256, prefixed with the id of the scheme for rotation."""
    return "h1:" + hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def key_from(value: str | None, path: Path, *, name: str) -> bytes:
    """The key given in base64, or the one in `path`, made there with mode 0600 at first use."""
    if value is not None:
        return _decoded(value, name)
    try:
        if not path.exists():
            _make_key(path)
        return _decoded(path.read_text(encoding="latin-1"), path.name)
    except OSError as error:
        raise Misconfigured(
            "data_dir_unwritable",
            f"{path.parent.name!r} cannot be used ({error.strerror}); set LATCHKEY_DATA_DIR.",
        ) from None


def _make_key(path: Path) -> None:
    """Write it aside and link it in whole: of two processes both get the key of the first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(base64.b64encode(new_key()).decode())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)


def _decoded(value: str, name: str) -> bytes:
    try:
        key = base64.b64decode(value.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise Misconfigured(
            "secret_too_short",
            f"{name} must be at least {KEY_BYTES} random bytes in base64, such as the output of "
            "`openssl rand -base64 32`.",
        )
    return key
