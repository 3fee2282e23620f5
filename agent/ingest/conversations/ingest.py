"""Past conversations into threads and messages: a file of rows, or threads given as JSON."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from agent.ingest.conversations.given import GivenThreads, given_items
from agent.ingest.conversations.labels import Guess, Labeller
from agent.ingest.conversations.models import ConversationReport, Part, Problem, Refused
from agent.ingest.conversations.needs import Needs
from agent.ingest.conversations.redaction import Hash, Redacted, Redactor
from agent.ingest.conversations.rejected import RejectedFile
from agent.ingest.conversations.segments import Segments
from agent.ingest.conversations.turns import EMPTY, Item, TurnReader
from agent.ingest.conversations.writing import Writer
from agent.listings.public import public_values
from agent.privacy.models import Contact
from agent.privacy.pii import redact
from agent.privacy.vault import Vault
from agent.tenants.models import Community

BATCH = 1_000
"""Messages that are written at once."""
Step = Callable[[int, int | None, Any], Awaitable[None]]
"""Hears how far it is (done, total, cursor); the cursor goes into the next attempt."""
_KEY_NAME = "keys of ingested conversations"


async def ingest_conversations(
    needs: Needs,
    path: Path,
    *,
    tenant_id: str,
    name: str | None = None,
    community_id: str | None = None,
    zone: tzinfo | None = None,
    rejected: Path | None = None,
    guess: Guess | None = None,
    import_id: str | None = None,
    cursor: Mapping[str, Any] | None = None,
    step: Step | None = None,
) -> ConversationReport:
    """Read a CSV file of conversations; the same rows again change nothing.

    `name` is what the file is called where `path` is a copy. Times without a zone are in `zone`,
    else in that of the community named, else UTC. Refused rows are written to `rejected`. Stages
    are those of `guess`, else of the rules.
    An attempt that goes on from the `cursor` of another names the same `import_id`.
    Raises InvalidInput `table_…`, `conversation_columns_unknown`, NotFound `community_not_found`.
    """
    community = await needs.tenants.community(tenant_id, community_id)
    zone = zone or (community.tz if community_id else UTC)
    with (
        TurnReader(path, zone) as reader,
        RejectedFile(rejected, lambda: reader.header) as refused,
    ):
        intake = await _intake(needs, tenant_id, iter(reader), refused, guess, cursor)
        report = intake.report
        report.dialect = {
            "encoding": reader.records.dialect.encoding,
            "delimiter": reader.records.dialect.delimiter,
        }
        labeller = await _labeller(needs, tenant_id, community, zone, guess)
        writer = Writer(
            needs,
            tenant_id,
            community.community_id,
            labeller,
            source="csv",
            source_file=redact(name or path.name).text,
            import_id=import_id,
        )
        await intake.run(writer, step, lambda rows: _total(rows, reader))
        if reader.records.reread:
            report.dialect["encoding"] += f" and windows-1252 ({reader.records.reread:,} lines)"
    return report


async def ingest_threads(
    needs: Needs,
    given: GivenThreads,
    *,
    tenant_id: str,
    community_id: str | None = None,
    guess: Guess | None = None,
    import_id: str | None = None,
    cursor: Mapping[str, Any] | None = None,
    step: Step | None = None,
) -> ConversationReport:
    """Take threads that are normalised already, by the same way as those of a file."""
    community = await needs.tenants.community(tenant_id, community_id)
    with RejectedFile(None) as refused:
        intake = await _intake(needs, tenant_id, given_items(given), refused, guess, cursor)
        labeller = await _labeller(needs, tenant_id, community, UTC, guess)
        writer = Writer(
            needs,
            tenant_id,
            community.community_id,
            labeller,
            source="api",
            source_file="",
            import_id=import_id,
        )
        total = sum(len(thread.messages) for thread in given.threads)
        await intake.run(writer, step, lambda rows: total)
    return intake.report


@dataclass(frozen=True, slots=True)
class Batch:
    passed: list[Part]
    """What an attempt before has written."""
    new: list[Redacted]
    parts: int
    """Parts of the file so far, as what follows."""
    rows: int
    pii: dict[str, int]


class Intake:
    """Reads, normalises, redacts and parts; the database takes no part in it.

    The first `written` parts are only told apart: which row belongs to which conversation hangs
    on all rows before it.
    """

    def __init__(
        self,
        items: Iterable[Item],
        segments: Segments,
        redactor: Redactor,
        report: ConversationReport,
        refused: RejectedFile,
        *,
        written: int = 0,
    ) -> None:
        self._items = items
        self._segments = segments
        self._redactor = redactor
        self._refused = refused
        self._written = written
        self._rows = 0
        self._parts = 0
        self.report = report

    def batches(self) -> Iterator[Batch]:
        """Parts of conversations, some 1,000 messages at a time, each fit to be seen."""
        passed: list[Part] = []
        new: list[Redacted] = []
        held = 0
        for part in self._segments.of(self._counted()):
            if isinstance(part, Refused):
                self.report.reject(part.problem)
                self._refused.write(part)
                continue
            self._parts += 1
            if self._parts <= self._written:
                passed.append(part)
            else:
                new.append(self._redactor.part(part))
            held += len(part.turns)
            for turn in part.turns:
                if turn.timestamp is None:
                    self.report.warn(_untimed(turn.line, turn.written[2]))
            if held >= BATCH:
                yield self._batch(passed, new, held)
                passed, new, held = [], [], 0
        last = self._batch(passed, new, held)
        if passed or new:
            yield last

    async def run(self, writer: Writer, step: Step | None, total: Callable[[int], int]) -> None:
        """Write every batch while the next one is read, off the event loop."""
        batches = self.batches()
        started = time.perf_counter()
        reading = asyncio.create_task(asyncio.to_thread(next, batches, None))
        try:
            while batch := await reading:
                reading = asyncio.create_task(asyncio.to_thread(next, batches, None))
                await writer.pass_by(batch.passed)
                self.report.added += await writer.write(batch.new)
                if step is not None and batch.parts >= self._written:
                    reached = {"parts": batch.parts, "added": self.report.added, "pii": batch.pii}
                    await step(batch.rows, total(batch.rows), reached)
        finally:
            await asyncio.gather(reading, return_exceptions=True)
        seconds = time.perf_counter() - started
        self.report.rows_per_second = round(self.report.rows / max(seconds, 1e-9), 1)

    def _counted(self) -> Iterator[Item]:
        for item in self._items:
            if item is not EMPTY:
                self._rows += 1
            yield item

    def _batch(self, passed: list[Part], new: list[Redacted], messages: int) -> Batch:
        pii = dict(self._redactor.counts)
        self.report.rows = self._rows
        self.report.messages += messages
        self.report.threads = self._segments.threads
        self.report.duplicates = self._segments.duplicates
        self.report.pii = pii
        return Batch(passed, new, self._parts, self._rows, pii)


async def _intake(
    needs: Needs,
    tenant_id: str,
    items: Iterable[Item],
    refused: RejectedFile,
    guess: Guess | None,
    cursor: Mapping[str, Any] | None,
) -> Intake:
    redactor = Redactor(
        hasher(needs.vault, tenant_id),
        await _public(needs, tenant_id),
        (await needs.listings.gazetteer(tenant_id)).properties,
    )
    reached = cursor or {}
    stages_by: Literal["rules", "model"] = "model" if guess else "rules"
    redactor.counts.update(reached.get("pii", {}))
    return Intake(
        items,
        Segments(digest_key(needs.vault, tenant_id)),
        redactor,
        ConversationReport(added=reached.get("added", 0), stages_by=stages_by),
        refused,
        written=reached.get("parts", 0),
    )


async def _labeller(
    needs: Needs, tenant_id: str, community: Community, zone: tzinfo, guess: Guess | None
) -> Labeller:
    today = needs.clock.now().astimezone(zone).date()
    gazetteer = await needs.listings.gazetteer(tenant_id)
    return Labeller(gazetteer, community.tz, today, guess)


async def _public(needs: Needs, tenant_id: str) -> frozenset[str]:
    """What the tenant publishes of itself: phones and addresses that may stay."""
    communities = await needs.tenants.communities(tenant_id)
    own = public_values(
        [place for community in communities for place in (community.address, community.name)],
        [community.phone for community in communities],
    )
    return own | await needs.listings.public(tenant_id)


def digest_key(vault: Vault, tenant_id: str) -> bytes:
    """A key that lives as long as the vault's."""
    return vault.hashes(tenant_id, Contact(name=_KEY_NAME))["name"][-64:].encode()


def hasher(vault: Vault, tenant_id: str) -> Hash:
    @lru_cache(2_048)
    def hash_of(kind: str, value: str) -> str | None:
        try:
            contact = Contact.model_validate({kind: value})
        except ValueError:
            return None
        return vault.hashes(tenant_id, contact).get(kind)

    return hash_of


def _total(rows: int, reader: TurnReader) -> int:
    """How many rows there seem to be."""
    records = reader.records
    return round(rows * records.size / max(records.position, 1))


def _untimed(line: int, written: str) -> Problem:
    if written.strip():
        return Problem(line, "timestamp_unparseable", "The time cannot be read; it is left out.")
    return Problem(line, "timestamp_missing", "The row has no time.")
