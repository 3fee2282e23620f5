"""Category, priority and sentiment of a case: as its file says, by rules, or learnt."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent.errors import LatchkeyError
from agent.kit.clock import Clock
from agent.knowledge.service import KnowledgeService
from agent.tickets.learning import Example, Model, beats_majority, learn
from agent.tickets.models import Case, Label, Labels
from agent.tickets.mood import mood
from agent.tickets.store import TicketStore
from agent.tickets.urgency import urgency
from agent.tickets.wording import asked, stated

log = logging.getLogger(__name__)

LEARNT_FROM = 3_000
"""The approved tickets, newest first."""
LOOKED_AT_AGAIN = timedelta(seconds=10)
"""After so long what was learnt is compared with what is approved now."""
KEPT = 64
"""Tenants whose models are in memory."""
STATED = 0.95
"""How surely a category is right that the text itself names, where the tenant knows it."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What one tenant's knowledge and approved tickets teach."""

    mark: object
    looked_at: datetime
    categories: Mapping[str, str]
    """Folded -> as it is written."""
    category: Model | None
    priority: Model | None


class Labeler:
    def __init__(self, store: TicketStore, knowledge: KnowledgeService, clock: Clock) -> None:
        self._store = store
        self._knowledge = knowledge
        self._clock = clock
        self._learnt: OrderedDict[str, Learnt] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}
        self._learning: dict[str, asyncio.Task[None]] = {}

    async def labels(self, tenant_id: str, case: Case) -> Labels:
        """Each with its confidence; without a value where nothing supports one."""
        learnt = await self._known(tenant_id)
        return Labels(
            category=_category(learnt, case),
            priority=_priority(learnt, case),
            sentiment=mood(case.transcript),
        )

    async def category(self, tenant_id: str, case: Case) -> Label:
        return _category(await self._known(tenant_id), case)

    async def learn(self, tenant_id: str) -> None:
        """Be up to date with what is approved now."""
        async with self._locks.setdefault(tenant_id, asyncio.Lock()):
            now = self._clock.now()
            before = self._learnt.get(tenant_id)
            categories = await self._knowledge.categories(tenant_id)
            mark = (await self._store.approved_mark(tenant_id), tuple(sorted(categories)))
            if before is None or before.mark != mark:
                rows = await self._store.examples(tenant_id, LEARNT_FROM)
                learnt = await asyncio.to_thread(_learnt, rows, categories, mark, now)
            else:
                learnt = Learnt(mark, now, before.categories, before.category, before.priority)
            self._learnt[tenant_id] = learnt
            self._learnt.move_to_end(tenant_id)
            while len(self._learnt) > KEPT:
                self._learnt.popitem(last=False)

    async def close(self) -> None:
        """Stop learning."""
        learning = [*self._learning.values()]
        for task in learning:
            task.cancel()
        await asyncio.gather(*learning, return_exceptions=True)

    async def _known(self, tenant_id: str) -> Learnt:
        """What is learnt already; what is new is learnt in the background."""
        if tenant_id not in self._learnt:
            await self.learn(tenant_id)
        learnt = self._learnt[tenant_id]
        self._learnt.move_to_end(tenant_id)
        old = self._clock.now() - learnt.looked_at >= LOOKED_AT_AGAIN
        if old and tenant_id not in self._learning:
            task = asyncio.create_task(self._learn_anew(tenant_id))
            self._learning[tenant_id] = task
            task.add_done_callback(lambda _: self._learning.pop(tenant_id, None))
        return learnt

    async def _learn_anew(self, tenant_id: str) -> None:
        try:
            await self.learn(tenant_id)
        except LatchkeyError as error:
            log.warning("labels are those learnt before: %s", error.code)


def _learnt(
    rows: Sequence[Mapping[str, Any]], categories: Sequence[str], mark: object, now: datetime
) -> Learnt:
    cases = [(asked(Case.model_validate(_case(row))), row) for row in rows]
    filed = [(text, row["category"]) for text, row in cases if row["category"]]
    said: list[Example] = [
        (text, row["priority"])
        for text, row in cases
        if row["priority"] and "priority" not in row["confidence"]
    ]
    names = sorted({*categories, *(label for _, label in filed)})
    return Learnt(
        mark=mark,
        looked_at=now,
        categories={name.casefold(): name for name in names},
        category=learn(filed),
        priority=learn(said) if beats_majority(said) else None,
    )


def _case(row: Mapping[str, Any]) -> dict[str, Any]:
    return {field: row[field] for field in Case.model_fields if row.get(field) is not None}


def _category(learnt: Learnt, case: Case) -> Label:
    if case.category:
        return Label(value=case.category, confidence=1.0)
    named = learnt.categories.get((stated(case) or "").casefold())
    if named is not None:
        return Label(value=named, confidence=STATED)
    return _guess(learnt.category, case)


def _priority(learnt: Learnt, case: Case) -> Label:
    if case.priority:
        return Label(value=case.priority, confidence=1.0)
    guess = _guess(learnt.priority, case)
    return guess if guess.value else urgency(f"{asked(case)}\n{case.transcript}")


def _guess(model: Model | None, case: Case) -> Label:
    guess = model.guess(asked(case)) if model else None
    return Label(value=guess[0], confidence=round(guess[1], 4)) if guess else Label()
