"""Past conversations into threads and messages: a file of rows, or threads given as JSON."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent.ingest.conversations.given import GivenThreads, given_items
from agent.ingest.conversations.labels import Labeller
from agent.ingest.conversations.models import ConversationReport, Problem, Refused, Source
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
    cursor: Mapping[str, Any] | None = None,
    step: Step | None = None,
) -> ConversationReport:
    """Read a CSV file of conversations; the same rows again change nothing.

    `name` is what the file is called where `path` is a copy. Times without a zone are in `zone`,
    else in that of the community named, else UTC. Refused rows are written to `rejected`.
    Raises InvalidInput `table_…`, `conversation_columns_unknown`, NotFound `community_not_found`.
    """
    community = await needs.tenants.community(tenant_id, community_id)
    zone = zone or (community.tz if community_id else UTC)
    with (
        TurnReader(path, zone) as reader,
        RejectedFile(rejected, lambda: reader.header) as refused,
    ):
        intake = await _intake(needs, tenant_id, iter(reader), refused, cursor)
        report = intake.report
        report.dialect = {
            "encoding": reader.records.dialect.encoding,
            "delimiter": reader.records.dialect.delimiter,
        }
        writer = await _writer(needs, tenant_id, community, zone, "csv", name or path.name)
        await intake.run(writer, step, lambda: _rows(report, reader))
        if reader.records.reread:
            report.dialect["encoding"] += f" and windows-1252 ({reader.records.reread:,} lines)"
    return report


async def ingest_threads(
    needs: Needs,
    given: GivenThreads,
    *,
    tenant_id: str,
    community_id: str | None = None,
    cursor: Mapping[str, Any] | None = None,
    step: Step | None = None,
) -> ConversationReport:
    """Take threads that are normalised already, by the same way as those of a file."""
    community = await needs.tenants.community(tenant_id, community_id)
    with RejectedFile(None) as refused:
        intake = await _intake(needs, tenant_id, given_items(given), refused, cursor)
        writer = await _writer(needs, tenant_id, community, UTC, "api", "")
        total = sum(len(thread.messages) for thread in given.threads)
        await intake.run(writer, step, lambda: (intake.report.messages, total))
    return intake.report


class Intake:
    """Reads, normalises, redacts and parts; the database takes no part in it."""

    def __init__(
        self,
        items: Iterable[Item],
        segments: Segments,
        redactor: Redactor,
        report: ConversationReport,
        refused: RejectedFile,
    ) -> None:
        self._items = items
        self._segments = segments
        self._redactor = redactor
        self._refused = refused
        self._rows = 0
        self.report = report

    def batches(self, size: int = BATCH) -> Iterator[list[Redacted]]:
        """Parts of conversations, some `size` messages at a time, each fit to be seen."""
        batch: list[Redacted] = []
        held = 0
        for part in self._segments.of(self._counted()):
            if isinstance(part, Refused):
                self.report.reject(part.problem)
                self._refused.write(part)
                continue
            batch.append(self._redactor.part(part))
            held += len(part.turns)
            for turn in part.turns:
                if turn.timestamp is None:
                    self.report.warn(_untimed(turn.line, turn.written[2]))
            if held >= size:
                self._note(held)
                yield batch
                batch, held = [], 0
        self._note(held)
        if batch:
            yield batch

    async def run(
        self, writer: Writer, step: Step | None, place: Callable[[], tuple[int, int]]
    ) -> None:
        """Write every batch while the next one is read, off the event loop."""
        batches = self.batches()
        started = time.perf_counter()
        reading = asyncio.create_task(asyncio.to_thread(next, batches, None))
        try:
            while batch := await reading:
                reading = asyncio.create_task(asyncio.to_thread(next, batches, None))
                self.report.added += await writer.write(batch)
                if step is not None:
                    await step(*place(), {"added": self.report.added})
        finally:
            await asyncio.gather(reading, return_exceptions=True)
        seconds = time.perf_counter() - started
        self.report.rows_per_second = round(self.report.rows / max(seconds, 1e-9), 1)

    def _counted(self) -> Iterator[Item]:
        for item in self._items:
            if item is not EMPTY:
                self._rows += 1
            yield item

    def _note(self, messages: int) -> None:
        self.report.rows = self._rows
        self.report.messages += messages
        self.report.threads = self._segments.threads
        self.report.duplicates = self._segments.duplicates
        self.report.pii = dict(self._redactor.counts)


async def _intake(
    needs: Needs,
    tenant_id: str,
    items: Iterable[Item],
    refused: RejectedFile,
    cursor: Mapping[str, Any] | None,
) -> Intake:
    redactor = Redactor(
        hasher(needs.vault, tenant_id),
        await _public(needs, tenant_id),
        (await needs.listings.gazetteer(tenant_id)).properties,
    )
    segments = Segments(digest_key(needs.vault, tenant_id))
    report = ConversationReport(added=(cursor or {}).get("added", 0))
    return Intake(items, segments, redactor, report, refused)


async def _writer(
    needs: Needs, tenant_id: str, community: Community, zone: tzinfo, source: Source, name: str
) -> Writer:
    today = needs.clock.now().astimezone(zone).date()
    labeller = Labeller(await needs.listings.gazetteer(tenant_id), community.tz, today)
    return Writer(
        needs,
        tenant_id,
        community.community_id,
        labeller,
        source=source,
        source_file=redact(name).text,
    )


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


def _rows(report: ConversationReport, reader: TurnReader) -> tuple[int, int]:
    """How many rows are read, and how many there seem to be."""
    records = reader.records
    return report.rows, round(report.rows * records.size / max(records.position, 1))


def _untimed(line: int, written: str) -> Problem:
    if written.strip():
        return Problem(line, "timestamp_unparseable", "The time cannot be read; it is left out.")
    return Problem(line, "timestamp_missing", "The row has no time.")
