"""What the driver alone takes for inserts: the measure that benches hold ours against."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from agent.mongo.client import Database
from agent.mongo.indexes import INDEXES


async def seconds_to_insert(
    database: Database,
    batches: Sequence[Mapping[str, Sequence[Mapping[str, Any]]]],
    *,
    indexed: bool,
) -> float:
    """The time of bare `insert_many` calls; a batch is collection -> documents.

    They go into collections beside the real ones, which are dropped at the end; `indexed` gives
    them the indexes of the real ones.
    """
    names = {name for batch in batches for name in batch}
    plain = {name: database.handle[f"plain_{name}"] for name in names}
    try:
        for name, rows in plain.items():
            models = [index.model() for index in INDEXES if index.collection == name]
            if indexed and models:
                await rows.create_indexes(models)
        copies = [{name: list(map(dict, batch[name])) for name in batch} for batch in batches]
        started = time.perf_counter()
        for copy in copies:
            for name, documents in copy.items():
                if documents:
                    await plain[name].insert_many(documents, ordered=False)
        return time.perf_counter() - started
    finally:
        for rows in plain.values():
            await rows.drop()
