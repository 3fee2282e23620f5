import errno

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
    WriteError,
)

from agent.errors import LatchkeyError, Misconfigured, StorageFull, TooLarge, Unavailable
from agent.mongo.faults import is_transient, translate, translated


def nothing_known() -> None:
    return None


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("connection closed"),
        NetworkTimeout("timed out"),
        NotPrimaryError("not primary"),
        ServerSelectionTimeoutError("no servers"),
        WaitQueueTimeoutError("pool"),
        ExecutionTimeout("operation exceeded time limit", 50),
    ],
)
def test_what_passes_is_unavailable(error: Exception) -> None:
    meant = translate(error, nothing_known)
    assert type(meant) is Unavailable
    assert (meant.code, meant.retry_after) == ("database_unavailable", 2)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OperationFailure("available disk space of 1 bytes is less", 14031), StorageFull),
        (WriteError(f"write: {OSError(errno.ENOSPC, 'No space left on device')}"), StorageFull),
        (OperationFailure("not authorized on x", 13), Misconfigured),
        (OperationFailure("Authentication failed.", 18), Misconfigured),
        (OperationFailure("object to insert too large", 10334), TooLarge),
    ],
)
def test_what_someone_must_act_on(error: Exception, kind: type[LatchkeyError]) -> None:
    assert type(translate(error, nothing_known)) is kind


def test_what_is_known_of_an_outage_explains_it() -> None:
    full = StorageFull("storage_full", "")
    assert translate(AutoReconnect("closed"), lambda: full) is full


@pytest.mark.parametrize(
    "error",
    [
        OperationFailure("unknown operator: $oops", 2),
        BulkWriteError({"writeErrors": [{"code": 11000}, {"code": 121}]}),
        BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]}),
    ],
)
def test_a_defect_of_ours_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), translated(nothing_known):
        raise error


def test_a_transaction_is_not_retried_for_lack_of_a_server() -> None:
    for kind, transient in ((AutoReconnect, True), (ServerSelectionTimeoutError, False)):
        error = kind("closed")
        error._add_error_label("TransientTransactionError")
        assert is_transient(error) is transient
