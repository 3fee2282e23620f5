"""The connections to the database."""

from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError

from agent.errors import Misconfigured
from agent.mongo.faults import Fault, translated
from agent.mongo.uninterrupted import uninterrupted

Document = dict[str, Any]

# A URI is used as it is: each of these applies only where the URI does not say it.
_DEFAULTS: Final[dict[str, Any]] = {
    "appname": "latchkey",
    "serverSelectionTimeoutMS": 4_000,
    "connectTimeoutMS": 4_000,
    # Not timeoutMS: it would also stretch the search for a server to its own length.
    "socketTimeoutMS": 30_000,
    "w": "majority",
}


class Database:
    """One database, reached by an asynchronous pool and, once asked for, by a synchronous one.

    Times are stored and read as aware UTC, to the millisecond.
    """

    def __init__(self, uri: str, name: str, *, fault: Fault = lambda: None) -> None:
        self.uri = uri
        self.name = name
        self.fault = fault
        self._sync_client: MongoClient[Document] | None = None
        self._collections: dict[str, AsyncCollection[Document]] = {}
        try:
            self.async_client: AsyncMongoClient[Document] = AsyncMongoClient(uri, **_options(uri))
        except (ValueError, ConfigurationError) as error:
            raise Misconfigured(
                "mongodb_uri_invalid", f"MONGODB_URI is not usable: {error}"
            ) from None

    @property
    def handle(self) -> AsyncDatabase[Document]:
        return self.async_client[self.name]

    def collection(self, name: str) -> AsyncCollection[Document]:
        """The same object every time: making one costs as much as a small query."""
        if name not in self._collections:
            self._collections[name] = self.handle[name]
        return self._collections[name]

    def sync_client(self) -> MongoClient[Document]:
        """A pool of its own for LangGraph's checkpointer, which knows only blocking clients."""
        if self._sync_client is None:
            self._sync_client = MongoClient(self.uri, **_options(self.uri))
        return self._sync_client

    async def ping(self) -> None:
        """Return when the database answers; else Unavailable or Misconfigured within seconds."""
        with translated(self.fault):
            await uninterrupted(self.handle.command("ping"))

    async def drop(self) -> None:
        """Delete this database and all that is in it."""
        with translated(self.fault):
            await self.async_client.drop_database(self.name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self.async_client.close()
        if self._sync_client is not None:
            self._sync_client.close()


def _options(uri: str) -> dict[str, Any]:
    said = {name.lower() for name in parse_qs(urlsplit(uri).query, keep_blank_values=True)}
    options = {name: value for name, value in _DEFAULTS.items() if name.lower() not in said}
    return {**options, "tz_aware": True}
