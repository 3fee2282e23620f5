"""Every error Latchkey raises on purpose.

LatchkeyError                what happened and what to do next, with a stable code
|-- InvalidInput             the caller sent something unusable
|-- Unauthenticated          no credential, or one that does not verify
|-- Forbidden                the credential may not do this
|-- NotFound                 it does not exist for this tenant
|-- Conflict                 the world has moved on: stale version, taken slot, other decision
|   `-- Duplicate            a unique key exists already
|-- Gone                     it existed and has expired
|-- TooLarge                 over a documented size limit
|-- TooBusy                  try again after `retry_after` seconds
|-- Unavailable              the database or a provider is away; try again
|   `-- StorageFull          the disk holding the data directory is full
`-- Misconfigured            an environment value or a file keeps Latchkey from starting

Codes read `noun_reason`. Messages never carry personal data.
"""

from collections.abc import Sequence
from typing import Any


class LatchkeyError(Exception):
    """Base of the tree; raise a leaf."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        details: Sequence[Any] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = list(details)
        self.retry_after = retry_after


class InvalidInput(LatchkeyError): ...


class Unauthenticated(LatchkeyError): ...


class Forbidden(LatchkeyError): ...


class NotFound(LatchkeyError): ...


class Conflict(LatchkeyError): ...


class Duplicate(Conflict): ...


class Gone(LatchkeyError): ...


class TooLarge(LatchkeyError): ...


class TooBusy(LatchkeyError): ...


class Unavailable(LatchkeyError): ...


class StorageFull(Unavailable): ...


class Misconfigured(LatchkeyError): ...
