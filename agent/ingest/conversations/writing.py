"""Conversations as rows, written so that doing it again or dying in between changes nothing."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agent.ingest.conversations.labels import Labeller, Reading
from agent.ingest.conversations.models import Line, Part, Source
from agent.ingest.conversations.needs import Needs
from agent.ingest.conversations.redaction import Redacted
from agent.ingest.conversations.segments import LONGEST_PART
from agent.ingest.conversations.summary import summary_of
from agent.kit.ids import stable_id
from agent.leads.models import Lead
from agent.privacy.models import Contact
from agent.threads.models import Message, ThreadStatus

REMEMBERED = 1_000
"""Conversations of several parts whose reading is kept for the next part."""
_TRIES = 10_000
_Standing = Mapping[str, Mapping[int, str]]
"""thread_id -> turn_index -> message_id"""
_NONE: frozenset[int] = frozenset()
_FIRST = frozenset({0})
"""Shared by the conversations that begin like no other."""


@dataclass(slots=True)
class _Work:
    """A part, the conversation it belongs to, and what of it the database lacks."""

    thread_id: str
    redacted: Redacted
    missing: list[int]
    """Places in `redacted.lines`."""
    reading: Reading = field(default_factory=Reading)
    contact: Contact = field(default_factory=Contact)
    hashes: dict[str, str] = field(default_factory=dict)
    grows: bool = False
    """Its lead is there already, with less than is known now."""

    @property
    def count(self) -> int:
        return self.redacted.part.offset + len(self.redacted.lines)


class Writer:
    """Writes the parts of one file, in order."""

    def __init__(
        self,
        needs: Needs,
        tenant_id: str,
        community_id: str,
        labeller: Labeller,
        *,
        source: Source,
        source_file: str,
        import_id: str | None = None,
    ) -> None:
        self._needs = needs
        self._threads = needs.threads.store
        self._raw = needs.repository.scoped("raw_messages", tenant_id)
        self._tenant_id = tenant_id
        self._community_id = community_id
        self._labeller = labeller
        self._source = source
        self._source_file = source_file
        self._import_id = import_id
        self._claimed: dict[bytes, frozenset[int]] = {}
        """Start -> which of the conversations that begin so have come in this file."""
        self._ids: dict[int, str] = {}
        """Serial -> thread_id of what is not complete yet."""
        self._readings: OrderedDict[str, Reading] = OrderedDict()

    async def write(self, batch: Sequence[Redacted]) -> int:
        """Write what is not there; how many messages are new by this import.

        A thread's row comes last: where it stands, all that it tells of stands too.
        """
        if not batch:
            return 0
        work, before = await self._work(batch)
        if not work:
            return before
        await self._recall(work)
        await asyncio.gather(
            asyncio.to_thread(self._label, work),
            self._put_contacts(work),
            self._raw.insert_many([row for one in work for row in self._raws(one)]),
        )
        leads = {one.thread_id: (self._lead(one), one.grows) for one in work}
        added, _ = await asyncio.gather(
            self._threads.add_messages(
                self._tenant_id, [row for one in work for row in self._messages(one)]
            ),
            self._needs.leads.store.put_many(
                self._tenant_id,
                new=[lead for lead, grows in leads.values() if not grows],
                known=[lead for lead, grows in leads.values() if grows],
            ),
        )
        self._needs.failpoints.reach("ingest_batch")
        latest = {one.thread_id: self._thread(one) for one in work}
        await self._threads.put_transcripts(self._tenant_id, list(latest.values()))
        return before + added

    async def pass_by(self, parts: Sequence[Part]) -> None:
        """Remember which conversations are in the file, of parts that are written already."""
        standing = await self._standing(parts)
        for part in parts:
            await self._place(part, standing)

    async def _work(self, batch: Sequence[Redacted]) -> tuple[list[_Work], int]:
        """What is to be done, and how many messages this import wrote before it was cut off."""
        standing = await self._standing([each.part for each in batch])
        counts = await self._threads.counts(self._tenant_id, [*standing])
        work: list[_Work] = []
        there_already: dict[str, set[str]] = {}
        for each in batch:
            part = each.part
            thread_id, there = await self._place(part, standing)
            if thread_id not in standing:
                counts |= await self._threads.counts(self._tenant_id, [thread_id])
            missing = [
                place for place in range(len(each.lines)) if part.offset + place not in there
            ]
            if len(missing) < len(each.lines):
                there_already.setdefault(thread_id, set()).update(x.message_id for x in each.lines)
            one = _Work(thread_id, each, missing)
            if missing or counts.get(thread_id, 0) < one.count:
                one.grows = part.offset > 0 or thread_id in counts
                work.append(one)
        return work, await self._imported(there_already)

    async def _imported(self, messages: Mapping[str, Set[str]]) -> int:
        """How many of these messages (of each thread_id) are of this import."""
        if self._import_id is None or not messages:
            return 0
        return await self._threads.imported(self._tenant_id, self._import_id, messages)

    async def _standing(self, parts: Sequence[Part]) -> _Standing:
        """What is there of the conversations that most of the parts begin."""
        begun = [self._thread_id(part, 0) for part in parts if not part.offset]
        return {**{thread_id: {} for thread_id in begun}, **await self._ids_of(begun, 0)}

    async def _place(self, part: Part, standing: _Standing) -> tuple[str, Mapping[int, str]]:
        """The thread that a part belongs to, and the messages that stand there."""
        there: Mapping[int, str]
        if part.offset:
            thread_id = self._ids[part.serial]
            there = (await self._ids_of([thread_id], part.offset)).get(thread_id, {})
        else:
            thread_id, there = await self._identify(part, standing)
        if part.last:
            self._ids.pop(part.serial, None)
        else:
            self._ids[part.serial] = thread_id
        return thread_id, there

    async def _identify(self, part: Part, standing: _Standing) -> tuple[str, Mapping[int, str]]:
        """The first conversation of this start that is not taken and says nothing else."""
        claimed = self._claimed.get(part.start, _NONE)
        for place in range(_TRIES):
            if place in claimed:
                continue
            thread_id = self._thread_id(part, place)
            if place:
                standing = await self._ids_of([thread_id], 0)
            there = standing.get(thread_id, {})
            if all(there.get(at, x.message_id) == x.message_id for at, x in enumerate(part.turns)):
                self._claimed[part.start] = claimed | {place} if claimed or place else _FIRST
                return thread_id, there
        raise AssertionError("more equal starts than conversations")

    def _thread_id(self, part: Part, place: int) -> str:
        return f"{self._source}-{part.start.hex()}" + (f"-{place}" if place else "")

    async def _ids_of(self, thread_ids: Iterable[str], start: int) -> dict[str, dict[int, str]]:
        return await self._threads.message_ids(
            self._tenant_id, [*thread_ids], start=start, end=start + LONGEST_PART
        )

    async def _recall(self, work: Sequence[_Work]) -> None:
        """Bring back what earlier parts of the same conversations said."""
        earlier: dict[str, _Work] = {}
        for one in work:
            offset, before = one.redacted.part.offset, earlier.get(one.thread_id)
            known = None
            if before:
                known, one.reading = before.contact, before.reading
            elif offset:
                known = await self._needs.vault.get(self._tenant_id, self._ref(one))
                reading = self._readings.pop(one.thread_id, None)
                one.reading = reading or await self._read_again(one.thread_id, offset)
            one.contact = one.redacted.contact.over(known or Contact())
            earlier[one.thread_id] = one

    async def _read_again(self, thread_id: str, end: int) -> Reading:
        reading, after = Reading(), -1
        while after + 1 < end:
            rows = await self._threads.messages(
                self._tenant_id, thread_id, after=after, limit=min(LONGEST_PART, end - after - 1)
            )
            if not rows:
                break
            lines = [_line(row) for row in rows]
            await asyncio.to_thread(self._labeller.label, lines, reading)
            after = rows[-1].turn_index
        return reading

    def _label(self, work: Sequence[_Work]) -> None:
        for one in work:
            self._labeller.label(one.redacted.lines, one.reading)
            if not one.redacted.part.last:
                self._readings[one.thread_id] = one.reading
        while len(self._readings) > REMEMBERED:
            self._readings.popitem(last=False)

    async def _put_contacts(self, work: Sequence[_Work]) -> None:
        known = {self._ref(one): one for one in work if one.redacted.contact != Contact()}
        contacts = {ref: one.contact for ref, one in known.items()}
        await self._needs.vault.put_many(self._tenant_id, contacts)
        for one in work:
            if one.contact != Contact():
                one.hashes = self._needs.vault.hashes(self._tenant_id, one.contact)

    def _ref(self, one: _Work) -> str:
        return stable_id("con", self._tenant_id, one.thread_id)

    def _messages(self, one: _Work) -> Iterable[dict[str, Any]]:
        offset = one.redacted.part.offset
        by = {"import_id": self._import_id} if self._import_id else {}
        for place in one.missing:
            line = one.redacted.lines[place]
            yield {
                "thread_id": one.thread_id,
                "turn_index": offset + place,
                "message_id": line.message_id,
                "role": line.side,
                "text": line.text,
                "clean_text": line.text,
                "timestamp": line.timestamp,
                "stage": line.stage,
                "stage_guessed": line.guessed,
                "entities": line.entities,
                "source": self._source,
                "pii_hashes": line.hashes,
                **by,
            }

    def _raws(self, one: _Work) -> Iterable[dict[str, Any]]:
        for place in one.missing:
            line = one.redacted.lines[place]
            role, text, timestamp = line.written
            yield {
                "thread_id": one.thread_id,
                "message_id": line.message_id,
                "line": line.line,
                "role": role,
                "text": text,
                "timestamp": timestamp,
                "thread": line.thread,
                "source_file": self._source_file,
            }

    def _lead(self, one: _Work) -> Lead:
        begun, ended = self._span(one)
        return Lead(
            lead_id=self._lead_id(one),
            contact_ref=self._ref(one) if one.hashes else None,
            hashes=one.hashes,
            source=self._source,
            profile=one.reading.profile,
            created_at=begun,
            updated_at=ended,
        )

    def _lead_id(self, one: _Work) -> str:
        return stable_id("lead", self._tenant_id, one.thread_id)

    def _span(self, one: _Work) -> tuple[datetime, datetime]:
        now = self._needs.clock.now()
        return one.reading.begun or now, one.reading.ended or now

    def _thread(self, one: _Work) -> dict[str, Any]:
        reading, (begun, ended) = one.reading, self._span(one)
        hashes = {f"{kind}_hash": value for kind, value in one.hashes.items()}
        wishes = reading.profile.known()
        if areas := wishes.pop("areas", None):
            wishes["preferred_areas"] = areas
        return {
            "thread_id": one.thread_id,
            "lead_id": self._lead_id(one),
            "community_id": self._community_id,
            "stage": reading.outcome,
            "status": str(ThreadStatus.CLOSED),
            "labels": reading.labels,
            "source": self._source,
            "metadata": {},
            "shortlist": [],
            "favorites": [],
            "lead_profile": {**hashes, **wishes},
            "message_count": one.count,
            "first_message_ts": reading.begun,
            "last_message_ts": reading.ended,
            "summary": summary_of(reading),
            "source_file": self._source_file,
            "next_turn": one.count,
            "answered_through": one.count - 1,
            "unanswered": 0,
            "version": 1,
            "created_at": begun,
            "updated_at": ended,
        }


def _line(message: Message) -> Line:
    side: Any = str(message.role)
    moment = message.timestamp.astimezone(UTC) if message.timestamp else None
    return Line(0, side, message.text, moment, message.message_id, ("", "", ""), "")
