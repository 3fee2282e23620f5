"""From the conversations of a tenant to files of examples; the same in, the same out."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Literal

from agent.errors import InvalidInput
from agent.kit.clock import Clock
from agent.kit.ids import new_id, stable_id
from agent.training.datasets.edits import pair_of
from agent.training.datasets.formats import FORMAT, as_chat, as_prompt, as_source, line_of
from agent.training.datasets.lines import Conversation
from agent.training.datasets.store import DatasetStore
from agent.training.datasets.windows import thread_hash, windows
from agent.training.datasets.writing import Writing
from agent.training.models import Dataset, KeptFile

Step = Callable[[int, int | None, Any], Awaitable[None]]
"""Called after each batch with (done, total, cursor); may raise to stop."""
Split = Literal["train", "validation", "test"]

ABANDONED = timedelta(days=1)
EDITS = "edits.jsonl"
_Lines = list[tuple[str, str, bytes]]


def split_of(thread_id: str) -> Split:
    """Where a thread belongs, for ever: eight tenths train, one validation, one test."""
    digest = hashlib.sha256(f"split:{thread_id}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return "train" if share < 0.8 else "validation" if share < 0.9 else "test"


async def build_dataset(
    store: DatasetStore,
    tenant_id: str,
    step: Step,
    *,
    clock: Clock,
    actor: str,
    instructions: str = "",
    prompt: Mapping[str, str] | None = None,
) -> Dataset:
    """Build and register; raises InvalidInput `dataset_empty` where nothing can be learnt.

    `instructions` go into the chat examples, `prompt` (name, version, digest) says whose they are.
    """
    now = clock.now()
    await store.drop_builds(tenant_id, before=now - ABANDONED)
    build = new_id("build")
    await store.begin_build(tenant_id, build, now)
    counts: Counter[str] = Counter()
    try:
        writing = Writing(store, tenant_id, build)
        threads = await _write_windows(store, tenant_id, writing, counts, step, instructions)
        await _write_edits(store, tenant_id, writing, counts)
        files = await writing.close()
        if not counts["examples"]:
            raise InvalidInput("dataset_empty", _why_empty(counts))
    except Exception:
        await store.drop_build(tenant_id, build)
        raise
    digest = _hash(files)
    dataset = Dataset(
        dataset_id=stable_id("ds", tenant_id, digest),
        hash=digest,
        files=files,
        counts=dict(sorted(counts.items())),
        provenance={
            "threads_sha256": threads,
            "source_files": await store.source_files(tenant_id),
            "format": FORMAT,
            "code": version("latchkey"),
            "prompt": dict(prompt or {}),
        },
        created_at=now,
        created_by=actor,
    )
    return await store.end_build(tenant_id, dataset, build)


async def _write_windows(
    store: DatasetStore,
    tenant_id: str,
    writing: Writing,
    counts: Counter[str],
    step: Step,
    instructions: str,
) -> str:
    """The hash of the ids of all threads."""
    total = await store.thread_count(tenant_id)
    ids = hashlib.sha256()
    last = ""
    async for batch in store.conversations(tenant_id):
        lines = await asyncio.to_thread(_examples, batch, counts, instructions)
        for file, thread, line in lines:
            await writing.add(file, thread, line)
        for conversation in batch:
            if conversation.thread_id != last:
                counts["threads"] += 1
                last = conversation.thread_id
                ids.update(f"{last}\n".encode())
        await step(counts["threads"], max(total, counts["threads"]), None)
    return ids.hexdigest()


def _examples(batch: Sequence[Conversation], counts: Counter[str], instructions: str) -> _Lines:
    left_out: Counter[str] = Counter()
    found: _Lines = []
    for conversation in batch:
        split = split_of(conversation.thread_id)
        for window in windows(conversation, left_out):
            counts["examples"] += 1
            counts[f"examples_{split}"] += 1
            for name, line in (
                ("chat", as_chat(window, instructions)),
                ("prompts", as_prompt(window)),
                ("sources", as_source(window)),
            ):
                found.append((f"{split}.{name}.jsonl", window.thread, line_of(line)))
    for reason, many in left_out.items():
        counts[reason if reason == "redacted_again" else f"dropped_{reason}"] += many
    return found


async def _write_edits(
    store: DatasetStore, tenant_id: str, writing: Writing, counts: Counter[str]
) -> None:
    async for approval in store.edited_approvals(tenant_id):
        pair = approval.proposed_args and pair_of(
            approval.action, approval.excerpt, approval.proposed_args, approval.args
        )
        if pair:
            counts["edits"] += 1
            await writing.add(EDITS, thread_hash(approval.thread_id), line_of(pair))
        else:
            counts["dropped_edits"] += 1


def _hash(files: Mapping[str, KeptFile]) -> str:
    whole = "\n".join(f"{name} {file.sha256}" for name, file in sorted(files.items()))
    return hashlib.sha256(whole.encode()).hexdigest()


def _why_empty(counts: Counter[str]) -> str:
    if not counts["threads"]:
        return "There are no conversations yet; ingest some first."
    return (
        f"None of {counts['threads']} conversations has a reply to learn from; ingest "
        "conversations in which an agent answers a lead."
    )
