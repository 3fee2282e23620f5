"""Atlas's vector search indexes, which live beside those of the table and are built later."""

from collections.abc import Mapping
from typing import Any, Literal

from pymongo.errors import OperationFailure
from pymongo.operations import SearchIndexModel

from agent.errors import Misconfigured
from agent.mongo.client import Database
from agent.mongo.faults import translated

Outcome = Literal["created", "updated", "unchanged"]


async def ensure_vector_index(
    database: Database, collection: str, name: str, definition: Mapping[str, Any]
) -> Outcome:
    """Make the index, or bring it to this definition; Atlas builds it in the background.

    Raises Misconfigured where the database has no vector search.
    """
    rows = database.handle[collection]
    with translated(database.fault):
        try:
            there = [found async for found in await rows.list_search_indexes(name)]
            if not there:
                model = SearchIndexModel(dict(definition), name, "vectorSearch")
                await rows.create_search_index(model)
                return "created"
            if _same(there[0].get("latestDefinition", {}), definition):
                return "unchanged"
            await rows.update_search_index(name, definition)
            return "updated"
        except OperationFailure as error:
            if error.has_error_label("TransientTransactionError") or error.code in (13, 18):
                raise
            raise Misconfigured(
                "search_index_unsupported",
                "This database has no vector search; use Atlas, or LATCHKEY_VECTOR_SEARCH=exact.",
            ) from None


def _same(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether all that is wanted is there; Atlas adds options of its own."""
    by_path = {field.get("path"): field for field in there.get("fields", ())}
    return by_path.keys() == {field["path"] for field in wanted["fields"]} and all(
        by_path[field["path"]].items() >= field.items() for field in wanted["fields"]
    )
