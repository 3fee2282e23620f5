"""What a driver error means to the rest of Latchkey: the one place that translates."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from agent.errors import (
    Duplicate,
    InvalidInput,
    LatchkeyError,
    Misconfigured,
    StorageFull,
    TooLarge,
    Unavailable,
)

Fault = Callable[[], LatchkeyError | None]
"""What is known to keep the database away at the moment, if anything."""

_DUPLICATE_KEY = 11000
_DISK_FULL = 14031
_NO_CREDENTIAL = (13, 18)
_OVER_16_MB = (10334, 17280, 17419, 17420)
_DISK_FULL_SAYS = ("No space left on device", "File too large", "Disk quota exceeded")
_INDEX = re.compile(r"index: (\S+)")


@contextmanager
def translated(
    fault: Fault, *, unless: Callable[[Exception], bool] = lambda _: False
) -> Iterator[None]:
    """Raise what the driver raises inside as a LatchkeyError, `unless` it is needed as it is.

    The driver's own text stays out, because it quotes documents; what is a defect of ours passes.
    """
    try:
        yield
    except (PyMongoError, BSONError, UnicodeEncodeError, OverflowError) as error:
        meant = None if unless(error) else translate(error, fault)
        if meant is None:
            raise
        raise meant from None


def translate(error: Exception, fault: Fault) -> LatchkeyError | None:
    if isinstance(error, DocumentTooLarge) or _code(error) in _OVER_16_MB:
        return TooLarge("document_too_large", "One record is over 16 MB; make it smaller.")
    if isinstance(error, BSONError | UnicodeEncodeError | OverflowError):
        return InvalidInput(
            "document_invalid", "A value cannot be stored: broken Unicode, or a number too large."
        )
    if isinstance(error, ConfigurationError):
        return Misconfigured("mongodb_uri_invalid", f"MONGODB_URI is not usable: {error}")
    if _code(error) == _DISK_FULL or any(says in str(error) for says in _DISK_FULL_SAYS):
        return StorageFull(
            "storage_full", "The database's disk is full; free some space.", retry_after=10
        )
    if isinstance(error, DuplicateKeyError) or (
        isinstance(error, BulkWriteError) and duplicates_only(error)
    ):
        return Duplicate(
            "document_duplicate", "It exists already.", details=_INDEX.findall(_text(error))[:1]
        )
    if _code(error) in _NO_CREDENTIAL:
        return Misconfigured(
            "database_forbidden", "The database refuses our user; check MONGODB_URI and its roles."
        )
    if _is_passing(error):
        return fault() or Unavailable(
            "database_unavailable", "The database does not answer; try again.", retry_after=2
        )
    return None


def is_transient(error: Exception) -> bool:
    """Whether the transaction it happened in is worth another try at once."""
    return (
        isinstance(error, PyMongoError)
        and error.has_error_label("TransientTransactionError")
        and not isinstance(error, ServerSelectionTimeoutError)
    )


def duplicates_only(error: BulkWriteError) -> bool:
    """Whether nothing but unique keys kept documents out."""
    details = error.details or {}
    failed = details.get("writeErrors", [])
    return (
        bool(failed)
        and not details.get("writeConcernErrors")
        and all(one.get("code") == _DUPLICATE_KEY for one in failed)
    )


def _is_passing(error: Exception) -> bool:
    return (
        isinstance(error, ConnectionFailure | ExecutionTimeout)
        or is_transient(error)
        or (isinstance(error, PyMongoError) and error.timeout)
    )


def _code(error: Exception) -> int | None:
    return error.code if isinstance(error, OperationFailure) else None


def _text(error: Exception) -> str:
    details = error.details if isinstance(error, OperationFailure) else None
    return str(details or error)
