"""Checkpoints in MongoDB, of which a thread keeps one."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.mongodb import MongoDBSaver

from agent.mongo.client import Database


class NewestOnlySaver(MongoDBSaver):
    """The official saver; a new checkpoint removes those before it, with their writes.

    An open interrupt hangs on the newest checkpoint and stays.
    """

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        saved = super().put(config, checkpoint, metadata, new_versions)
        older: dict[str, Any] = {
            "thread_id": saved["configurable"]["thread_id"],
            "checkpoint_ns": saved["configurable"]["checkpoint_ns"],
            "checkpoint_id": {"$lt": saved["configurable"]["checkpoint_id"]},
        }
        self.checkpoint_collection.delete_many(older)
        self.writes_collection.delete_many(older)
        return saved


def open_saver(database: Database) -> NewestOnlySaver:
    """A saver on its own pool: it knows only blocking calls, made off the event loop."""
    return NewestOnlySaver(database.sync_client(), db_name=database.name)
