"""What turns a bare mongod into our database: a replica set of one, and one user."""

import hashlib
import time

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from agent.errors import Unavailable
from agent.mongo.datadir import HOST, Files
from agent.mongo.process import REPLICA_SET

_USER = "latchkey"
_ROLES = ["readWriteAnyDatabase", "dbAdminAnyDatabase", "clusterMonitor"]
_PRIMARY_SECONDS = 30
_NOT_INITIATED = 94
_USER_EXISTS = 51003
_Client = MongoClient[dict[str, object]]


def uri(files: Files) -> str:
    """Where and as whom the database is reached; holds a secret."""
    return (
        f"mongodb://{_USER}:{_password(files)}@{_host(files)}/"
        f"?replicaSet={REPLICA_SET}&authSource=admin&authMechanism=SCRAM-SHA-256"
    )


def make_ready(files: Files, *, patience: float = 3.0) -> None:
    """Bring a listening mongod to where `uri` can write, whatever an earlier crash left undone.

    Raises Unavailable when it does not answer for `patience` seconds: it may have died again.
    """
    # The key file is the password of mongod's internal user, so not even at the very first
    # start is there a moment in which anyone on this machine could create a user.
    client: _Client = MongoClient(
        f"mongodb://{_host(files)}",
        directConnection=True,
        username="__system",
        password=files.key.read_text(encoding="ascii"),
        authSource="local",
        authMechanism="SCRAM-SHA-256",
        serverSelectionTimeoutMS=int(patience * 1000),
        socketTimeoutMS=20_000,
    )
    try:
        _ensure_member(client, _host(files))
        _await_primary(client)
        _ensure_user(client, _password(files))
    except PyMongoError as error:
        raise Unavailable(
            "database_start_failed",
            f"mongod listens but is not ready ({type(error).__name__}); see {str(files.log)!r}.",
            retry_after=2,
        ) from error
    finally:
        client.close()


def _ensure_member(client: _Client, host: str) -> None:
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_INITIATED:
            raise
        members = [{"_id": 0, "host": host}]
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        return
    if config["members"][0]["host"] != host:
        config["members"][0]["host"] = host
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)


def _await_primary(client: _Client) -> None:
    deadline = time.monotonic() + _PRIMARY_SECONDS
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            raise PyMongoError("no primary")
        time.sleep(0.01)


def _ensure_user(client: _Client, password: str) -> None:
    user = {"pwd": password, "roles": _ROLES, "mechanisms": ["SCRAM-SHA-256"]}
    try:
        client.admin.command({"createUser": _USER, **user})
    except OperationFailure as error:
        if error.code != _USER_EXISTS:
            raise
        client.admin.command({"updateUser": _USER, **user})


def _host(files: Files) -> str:
    return f"{HOST}:{files.port_number()}"


def _password(files: Files) -> str:
    return hashlib.sha256(b"user:" + files.key.read_bytes()).hexdigest()
