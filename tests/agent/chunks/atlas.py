"""Atlas at the network's edge: a proxy before mongod that answers what only Atlas can.

It speaks MongoDB's wire protocol. `$vectorSearch` is checked as Atlas checks it (index, filter
fields, dimension, limits) and answered by float64 brute force over what mongod holds; the search
index commands keep a table. All else goes to mongod as it came. What it cannot show: that Atlas's
neighbours are approximate and seconds late.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import bson
import numpy as np
from pymongo import AsyncMongoClient

_HEADER = struct.Struct("<iiii")
_OP_MSG = 2013
_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, wanted: value == wanted,
    "$ne": lambda value, wanted: value != wanted,
    "$in": lambda value, wanted: value in wanted,
    "$nin": lambda value, wanted: value not in wanted,
}


class AtlasRefusal(Exception):
    """What Atlas answers a search that it does not take."""


@dataclass
class Atlas:
    uri: str
    """Of the proxy, for a client."""
    plain: AsyncMongoClient[dict[str, Any]]
    """Past the proxy."""
    indexes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name: the definition."""
    searches: list[list[dict[str, Any]]] = field(default_factory=list)
    """The pipelines that were sent."""

    async def answer(self, command: Mapping[str, Any]) -> dict[str, Any] | None:
        """The reply to a command that only Atlas knows; None for all others."""
        match command:
            case {"aggregate": name, "pipeline": [{"$vectorSearch": search}, *_] as pipeline}:
                self.searches.append(pipeline)
                return _cursor(command, name, await self._nearest(command["$db"], name, search))
            case {"aggregate": name, "pipeline": [{"$listSearchIndexes": {**asked}}]}:
                return _cursor(command, name, self._listed(asked.get("name")))
            case {"createSearchIndexes": _, "indexes": indexes}:
                for index in indexes:
                    assert index["type"] == "vectorSearch"
                    self.indexes[index["name"]] = index["definition"]
                return {"ok": 1.0, "indexesCreated": [{"id": "1", "name": index["name"]}]}
            case {"updateSearchIndex": _, "name": name, "definition": definition}:
                self.indexes[name] = definition
                return {"ok": 1.0}
        return None

    def _listed(self, name: object) -> list[dict[str, Any]]:
        return [
            {"name": one, "type": "vectorSearch", "latestDefinition": definition}
            for one, definition in self.indexes.items()
            if name in (None, one)
        ]

    async def _nearest(
        self, database: str, collection: str, search: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        fields = self.indexes.get(search["index"], {}).get("fields", [])
        declared = {one["path"] for one in fields if one["type"] == "filter"}
        (vector,) = [one for one in fields if one["type"] == "vector"] or [None]
        if vector is None:
            return []
        query = bson.binary.Binary(search["queryVector"], 9).as_vector().data
        if undeclared := _paths(search["filter"]) - declared:
            raise AtlasRefusal(f"Path '{undeclared.pop()}' needs to be indexed as filter")
        if vector["path"] != search["path"] or vector["numDimensions"] != len(query):
            raise AtlasRefusal("vector field is indexed with other dimensions")
        if not 0 < search["limit"] <= search["numCandidates"] <= 10_000:
            raise AtlasRefusal("numCandidates must be between limit and 10000")
        found = []
        async for row in self.plain[database][collection].find({search["path"]: {"$exists": 1}}):
            stored = row[search["path"]].as_vector().data
            if len(stored) == len(query) and _allows(search["filter"], row):
                cosine = float(np.asarray(stored, float) @ np.asarray(query, float))
                found.append({**row, "vector_score": (1 + cosine) / 2})
        found.sort(key=lambda row: -row["vector_score"])
        return found[: search["limit"]]


@contextlib.asynccontextmanager
async def atlas_before(mongod_uri: str) -> AsyncIterator[Atlas]:
    there = urlsplit(mongod_uri)
    plain: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongod_uri)
    atlas = Atlas("", plain)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        up_reader, up_writer = await asyncio.open_connection(there.hostname, there.port)
        try:
            await _relay(atlas, reader, writer, up_reader, up_writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for end in (writer, up_writer):
                end.close()
                with contextlib.suppress(ConnectionError):
                    await end.wait_closed()
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login, _, _ = there.netloc.rpartition("@")
    query = "&".join(
        part for part in there.query.split("&") if part and not part.startswith("replicaSet")
    )
    netloc = f"{login}@127.0.0.1:{port}" if login else f"127.0.0.1:{port}"
    if "directConnection" not in query:
        query += "&directConnection=true"
    atlas.uri = urlunsplit(there._replace(netloc=netloc, query=query.lstrip("&")))
    try:
        yield atlas
    finally:
        server.close()
        for task in [*tasks]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await plain.close()


async def _relay(
    atlas: Atlas,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    up_reader: asyncio.StreamReader,
    up_writer: asyncio.StreamWriter,
) -> None:
    """One request, one reply, until somebody hangs up."""
    while True:
        header, body = await _message(reader)
        _, request, _, opcode = _HEADER.unpack(header)
        reply = None
        if opcode == _OP_MSG and body[4] == 0:
            command = bson.decode(body[5 : 5 + struct.unpack_from("<i", body, 5)[0]])
            try:
                reply = await atlas.answer(command)
            except AtlasRefusal as refusal:
                reply = {"ok": 0.0, "code": 8, "codeName": "UnknownError", "errmsg": str(refusal)}
        if reply is None:
            up_writer.write(header + body)
            await up_writer.drain()
            header, body = await _message(up_reader)
            writer.write(header + body)
        else:
            body = struct.pack("<iB", 0, 0) + bson.encode(reply)
            writer.write(_HEADER.pack(16 + len(body), 1, request, _OP_MSG) + body)
        await writer.drain()


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    header = await reader.readexactly(16)
    return header, await reader.readexactly(_HEADER.unpack(header)[0] - 16)


def _cursor(
    command: Mapping[str, Any], collection: str, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    shown = [
        {key: value for key, value in row.items() if key not in ("_id", "embedding")}
        for row in rows
    ]
    namespace = f"{command['$db']}.{collection}"
    return {"ok": 1.0, "cursor": {"id": bson.Int64(0), "ns": namespace, "firstBatch": shown}}


def _paths(query: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for key, value in query.items():
        if key in ("$and", "$or"):
            found = found.union(*(_paths(part) for part in value))
        else:
            found.add(key)
    return found


def _allows(query: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    for key, wanted in query.items():
        if key == "$and":
            if not all(_allows(part, row) for part in wanted):
                return False
            continue
        value: Any = row
        for step in key.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if not isinstance(wanted, Mapping):
            wanted = {"$eq": wanted}
        if not all(_FILTERS[operator](value, one) for operator, one in wanted.items()):
            return False
    return True
