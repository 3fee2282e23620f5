from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One request that may come again: the same key of the same caller is the same request."""

    tenant_id: str
    caller: str
    """Whose key it is: keys of two callers have nothing to do with each other."""
    key: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The first answer."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry a request out, until the lease lapses; void once another has taken it."""

    request: Request
    token: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a request that came before."""

    fingerprint: str | None
    """Of the first request's content; None where it is not known yet."""
    answer: Stored | None
    """None: it runs still."""
