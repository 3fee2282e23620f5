"""What may be sent to MongoDB: what means the same from 6.0 to 8.0 and on Atlas."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

COMMANDS = frozenset(
    [
        "find", "getMore", "killCursors", "aggregate", "distinct", "insert", "update", "delete",
        "findAndModify", "commitTransaction", "abortTransaction", "endSessions", "createIndexes",
        "dropIndexes", "listIndexes", "listCollections", "listDatabases", "drop", "dropDatabase",
        "create", "hello", "ping", "buildInfo", "saslStart", "saslContinue", "replSetGetConfig",
        "replSetInitiate", "replSetReconfig", "createUser", "updateUser",
    ]
)  # fmt: skip
OPERATORS = frozenset(
    [
        "$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$type", "$not",
        "$and", "$or", "$nor", "$regex", "$options", "$all", "$elemMatch", "$size", "$mod",
        "$set", "$unset", "$inc", "$min", "$max", "$push", "$pull", "$addToSet", "$each",
        "$slice", "$setOnInsert", "$rename", "$pop", "$currentDate", "$match", "$group", "$sort",
        "$limit", "$skip", "$project", "$unwind", "$count", "$addFields", "$facet", "$sum",
        "$avg", "$first", "$last", "$add", "$subtract", "$multiply", "$divide", "$cond",
        "$ifNull", "$literal", "$concat", "$toString", "$size", "$filter", "$map", "$arrayElemAt",
        "$dateToString", "$concatArrays", "$setUnion", "$mergeObjects",
    ]
)  # fmt: skip
ATLAS = frozenset(
    [
        "$vectorSearch", "$meta", "$listSearchIndexes", "createSearchIndexes", "updateSearchIndex",
    ]
)  # fmt: skip
"""Sent with LATCHKEY_VECTOR_SEARCH=atlas only; agent/mongo alone builds them."""
_WRITES = frozenset(("insert", "update", "findAndModify"))
_ENVELOPE = frozenset(("$db", "$clusterTime", "$readPreference"))


class Commands(CommandListener):
    """Remembers the names of what was sent, and which of them are outside the common subset."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.written: defaultdict[str, set[str]] = defaultdict(set)
        """Database -> collections in which there may be documents; whoever empties one says so."""

    @property
    def outside(self) -> set[str]:
        return self.seen - COMMANDS - OPERATORS - ATLAS

    def started(self, event: CommandStartedEvent) -> None:
        command = event.command_name
        if command in _WRITES:
            self.written[event.database_name].add(event.command[command])
        self.seen.update(names(command, event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


def names(command: str, body: Mapping[str, Any]) -> Iterator[str]:
    """The command and every operator in it; what an insert stores is data, not operators."""
    yield command
    for field, value in body.items():
        if field not in _ENVELOPE and (command, field) != ("insert", "documents"):
            yield from _operators(value)


def _operators(value: object) -> Iterator[str]:
    # a check against Mapping costs more than all the rest
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.startswith("$"):
                yield name
            if name != "$literal":
                yield from _operators(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _operators(inner)
