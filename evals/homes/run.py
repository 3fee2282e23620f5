"""Replays dialogues through the real graph: its understanding, search, tour and approval."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from agent.ai.understanding import Memory, read_agent_turn
from agent.ai.understanding.models import Candidate
from agent.approvals.models import Decision
from agent.ingest.listings import ingest_listings
from agent.kit.clock import ManualClock
from agent.leads.models import Consent, LeadProfile
from agent.listings.models import ListingQuery
from agent.privacy.models import Contact
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import DEFAULT_COMMUNITY, DEFAULT_TENANT, WEEKDAYS, Opening, TourRules
from agent.threads.models import Stage, Thread
from evals.homes.dialogues import DONT_CARE, Call, Dialogue, Homes, Turn, read_homes
from evals.homes.inventory import resolver_of
from evals.homes.predictions import Prediction, measured, write_predictions
from evals.homes.score import score
from evals.scratch import scratch_services
from graphs import decisions
from graphs.leasing.graph import build
from graphs.leasing.listing import query_of
from graphs.leasing.memory import after_agent, recalled
from graphs.leasing.policy_rules import RulesPolicy
from graphs.leasing.state import LeasingState

Progress = Callable[[int, int], None]
COLUMNS = {"areas": "area", "property": "name", "budget": "rent"}
"""Project field -> listing column, where they differ."""
UNSAID = {"rent": "1", "bedrooms": "1", "bathrooms": "1"}
"""What an inventory must know, for data whose map leaves it out."""
ROOM = 10_000
TENANT = DEFAULT_TENANT


async def run(
    settings: Settings, data: Path, *, predictions: Path | None = None, progress: Progress
) -> dict[str, Any]:
    """The measures over `data`; with `predictions` the lines behind them too."""
    homes = read_homes(data)
    clock = ManualClock(datetime(2000, 1, 1, tzinfo=UTC))
    async with scratch_services(settings, clock) as services:
        await _open_all_hours(services)
        await _stock(services, homes)
        found: list[Prediction] = []
        replay = Replay(services, homes, clock)
        for number, dialogue in enumerate(homes.dialogues, 1):
            found += await replay.dialogue(dialogue)
            progress(number, len(homes.dialogues))
    if predictions:
        write_predictions(predictions, found)
    return score(homes, found).report()


async def _open_all_hours(services: Services) -> None:
    """An office that is always open and never full: the dialogues know dates, not hours."""
    community = await services.tenants.community(TENANT)
    day = [Opening(opens=time(0), closes=time(23, 59))]
    rules = TourRules(minutes=240, notice_minutes=0, capacity=ROOM, horizon_days=180)
    await services.tenants.put_community(
        TENANT,
        community.model_copy(update={"hours": dict.fromkeys(WEEKDAYS, day), "tour": rules}),
    )


async def _stock(services: Services, homes: Homes) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for listing in homes.listings:
            row = {COLUMNS.get(name, name): value for name, value in listing.values.items()}
            given = {"listing_id": listing.listing_id, "name": listing.listing_id, **UNSAID, **row}
            file.write(json.dumps(given) + "\n")
        file.flush()
        await ingest_listings(
            services.listings, services.tenants, Path(file.name), tenant_id=TENANT
        )


@dataclass(slots=True)
class Read:
    """What the graph made of one lead turn."""

    profile: dict[str, Any]
    stage: str
    entities: dict[str, Any]
    memory: Memory
    visit: dict[str, Any] | None


class Replay:
    """Teacher forcing: the given agent turns are the history, whatever the graph would say."""

    def __init__(self, services: Services, homes: Homes, clock: ManualClock) -> None:
        self._services = services
        self._homes = homes
        self._clock = clock
        self._resolve: Callable[[Candidate], Candidate] = resolver_of(homes.listings)
        self._saver = InMemorySaver()
        self._graph = build(services, RulesPolicy()).compile(checkpointer=self._saver)

    async def dialogue(self, dialogue: Dialogue) -> list[Prediction]:
        gazetteer = await self._services.listings.gazetteer(TENANT)
        thread = await self._open(dialogue)
        memory = Memory(mixed=True)
        read = Read({}, Stage.QUALIFYING.value, {}, memory, None)
        found: list[Prediction] = []
        for turn in dialogue.turns:
            if turn.role == "agent":
                if turn.label and turn.label.call and turn.label.call.kind == "search":
                    found.append(await self._searches(dialogue, turn, turn.label.call, read))
                agent_turn = read_agent_turn(
                    turn.text,
                    gazetteer=gazetteer,
                    shortlist=memory.shortlist,
                    today=dialogue.today,
                )
                memory = memory.after_agent(agent_turn, self._resolve)
            else:
                read = await self._reads(thread, turn, memory, read)
                memory = read.memory
                found.append(self._prediction(dialogue, turn, read))
        return found

    async def _open(self, dialogue: Dialogue) -> Thread:
        """A thread of a lead who can be reached, at noon of the reference date."""
        services = self._services
        community = await services.tenants.community(TENANT)
        midnight = datetime.combine(dialogue.today, time(0), tzinfo=community.tz)
        self._clock.advance(midnight.astimezone(UTC) - self._clock.now())
        lead = await services.leads.create(
            TENANT, contact=Contact(email="lead@example.com"), consent=Consent(), source="eval"
        )
        thread = Thread(
            thread_id=dialogue.thread_id,
            lead_id=lead.lead_id,
            community_id=DEFAULT_COMMUNITY,
            metadata={"contact_ref": lead.contact_ref},
            created_at=self._clock.now(),
            updated_at=self._clock.now(),
        )
        await services.threads.store.create(TENANT, thread)
        return thread

    async def _reads(self, thread: Thread, turn: Turn, memory: Memory, before: Read) -> Read:
        given: LeasingState = {
            **after_agent(memory),
            "tenant_id": TENANT,
            "thread_id": thread.thread_id,
            "lead_id": thread.lead_id,
            "community_id": thread.community_id,
            "contact_ref": thread.metadata["contact_ref"],
            "now": self._clock.now().isoformat(),
            "stage": before.stage,
            "profile": before.profile,
            "incoming": [
                {
                    "message_id": str(turn.index),
                    "turn": turn.index,
                    "text": turn.text,
                    "action_id": None,
                }
            ],
        }
        understood: Mapping[str, Any] = {}
        pending: list[str] = []
        config: Any = {"configurable": {"thread_id": "replay"}}
        async for update in self._graph.astream(given, config, stream_mode="updates"):
            understood = update.get("understand", understood)
            for node in update.values():
                if isinstance(node, dict):
                    pending = node.get("pending", pending)
        await self._saver.adelete_thread("replay")
        after: Any = {**given, **understood}
        heard = after["heard"]
        return Read(
            profile=after["profile"],
            stage=after["stage"],
            entities={**dict.fromkeys(heard["cleared"], DONT_CARE), **heard["entities"]},
            memory=recalled(after),
            visit=await self._approve(pending),
        )

    async def _approve(self, pending: list[str]) -> dict[str, Any] | None:
        """A person says yes; the tour that is booked then."""
        services = self._services
        visit = None
        for action_id in pending:
            row = await decisions.decide(
                services, TENANT, action_id, Decision(decision="approve"), actor="eval"
            )
            if row.action != "schedule_tour":
                continue
            tour = await services.tours.get(TENANT, row.args["tour_id"])
            listing = await services.listings.get(TENANT, tour.listing_id)
            community = await services.tenants.community(TENANT, tour.community_id)
            visit = {
                "property": listing.name,
                "tour_date": tour.starts_at.astimezone(community.tz).date().isoformat(),
                "approved": tour.status == "booked",
            }
        return visit

    async def _searches(self, dialogue: Dialogue, turn: Turn, call: Call, read: Read) -> Prediction:
        profile = LeadProfile.model_validate(read.profile)
        return Prediction(
            thread_id=dialogue.thread_id,
            turn=turn.index,
            entities={},
            state=measured(read.profile, self._homes),
            stage=read.stage,
            results=await self._ids(_query(call.parameters)),
            own_results=await self._ids(query_of(profile)),
        )

    async def _ids(self, query: ListingQuery) -> list[str]:
        found = await self._services.listings.search(TENANT, query, limit=0)
        return [listing.listing_id for listing in found]

    def _prediction(self, dialogue: Dialogue, turn: Turn, read: Read) -> Prediction:
        return Prediction(
            thread_id=dialogue.thread_id,
            turn=turn.index,
            entities=measured(read.entities, self._homes),
            state=measured(read.profile, self._homes),
            stage=read.stage,
            visit=read.visit,
        )


def _query(parameters: Mapping[str, str]) -> ListingQuery:
    """A given call as a search of ours; a value that does not matter is no condition."""
    values: dict[str, Any] = dict(_conditions(parameters))
    return ListingQuery.model_validate({"exact_bathrooms": True, **values})


def _conditions(parameters: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for field, value in parameters.items():
        if value.casefold() == DONT_CARE:
            continue
        if field == "areas":
            yield "areas", [value]
        elif field in ("rent", "budget"):
            yield "max_rent", int(value)
        elif field in ListingQuery.model_fields:
            yield field, value
