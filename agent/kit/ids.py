import hashlib
import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """An unguessable id such as `thr_7k2m…` with 100 bits of randomness."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(20))


def stable_id(prefix: str, *parts: object) -> str:
    """The same id for the same parts, in every process."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
    return f"{prefix}_{digest[:20]}"
