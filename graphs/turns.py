"""Runs a thread's waiting turns: one at a time, in order, each finished in one transaction."""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from agent.audit.models import Why
from agent.errors import Conflict, LatchkeyError, Unavailable
from agent.events.models import Event
from agent.kit.ids import new_id
from agent.leads.models import LeadProfile
from agent.services import Services
from agent.tenants.hours import hours_text
from agent.threads.models import Lease, Message, Role, Stage, Thread, TurnResult
from graphs.leasing.state import Incoming, LeasingState
from graphs.leasing.turn import offered
from prompts import load

log = logging.getLogger(__name__)

LEASE_SECONDS = 10.0
Key = tuple[str, str]
"""(tenant_id, thread_id)"""
Graph = CompiledStateGraph[LeasingState]


class TurnRunner:
    """At most one turn a thread, over all processes: whoever holds the lease runs it."""

    def __init__(self, services: Services, graph: Graph) -> None:
        self._services = services
        self._graph = graph
        self._owner = new_id("run")
        self._running: dict[Key, asyncio.Task[None]] = {}

    async def drain(self, tenant_id: str, thread_id: str) -> None:
        """Answer everything that waits in the thread, unless another process is at it.

        The work goes on when the caller is cancelled.
        """
        key = (tenant_id, thread_id)
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._drain(tenant_id, thread_id))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        await asyncio.shield(task)

    async def memory(self, tenant_id: str, thread_id: str) -> LeasingState:
        """What the thread's graph remembers; empty before its first turn."""
        snapshot = await self._graph.aget_state(_config(tenant_id, thread_id))
        values: LeasingState = snapshot.values  # type: ignore[assignment]  # the graph's own state
        return values

    async def close(self) -> None:
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _drain(self, tenant_id: str, thread_id: str) -> None:
        store = self._services.threads.store
        lease = await store.take_lease(
            tenant_id,
            thread_id,
            owner=self._owner,
            now=self._services.clock.now(),
            seconds=LEASE_SECONDS,
        )
        if lease is None:
            return
        self._services.failpoints.reach("lease")
        try:
            async with self._kept(tenant_id, thread_id, lease):
                await self._turns(tenant_id, thread_id, lease)
        except BaseException:
            with contextlib.suppress(LatchkeyError):
                await store.abandon_lease(tenant_id, thread_id, lease)
            raise

    async def _turns(self, tenant_id: str, thread_id: str, lease: Lease) -> None:
        thread = await self._services.threads.get(tenant_id, thread_id)
        recovering = lease.recovered
        while thread.unanswered > 0:
            waiting = await self._services.threads.store.waiting(tenant_id, thread)
            if not waiting:
                raise Conflict("thread_count_wrong", "Nothing waits although the count says so.")
            batch = _batch(waiting)
            state = await self._remembered(tenant_id, thread, batch) if recovering else None
            if state is not None:
                batch = [item for item in batch if item.turn_index <= state["through"]]
            else:
                state = await self._run(tenant_id, thread, batch)
            recovering = False
            self._services.failpoints.reach("checkpoint")
            thread = await self._finish(tenant_id, thread, lease, batch, state)

    async def _remembered(
        self, tenant_id: str, thread: Thread, batch: Sequence[Message]
    ) -> LeasingState | None:
        """The state of a turn that ran but was not written out before its process died."""
        state = await self.memory(tenant_id, thread.thread_id)
        ran = state.get("through", -1) >= batch[0].turn_index and state.get("output")
        return state if ran else None

    async def _run(self, tenant_id: str, thread: Thread, batch: Sequence[Message]) -> LeasingState:
        given = await self._input(tenant_id, thread, batch)
        config = _config(tenant_id, thread.thread_id)
        try:
            state: LeasingState = await self._graph.ainvoke(  # type: ignore[assignment]
                await self._step(config, batch, given), config, durability="exit"
            )
        except Unavailable:
            raise
        except Exception as error:
            log.error("turn failed at %s; a person is asked", _place(error))
            state = await self._apology(tenant_id, thread, given)
        return state

    async def _step(
        self, config: RunnableConfig, batch: Sequence[Message], given: LeasingState
    ) -> LeasingState | Command[Any]:
        """The turn's input; for the outcome of the action the graph waits on, its resume."""
        if batch[0].action_id is None:
            return given
        snapshot = await self._graph.aget_state(config)
        for open_interrupt in snapshot.interrupts:
            if open_interrupt.value.get("action_id") == batch[0].action_id:
                decision = await self._decision(given["tenant_id"], batch[0].action_id)
                waiting = [batch[0].action_id, *given["pending"]]
                return Command(
                    resume={open_interrupt.id: decision}, update={**given, "pending": waiting}
                )
        return given

    async def _decision(self, tenant_id: str, action_id: str) -> dict[str, Any]:
        approval = await self._services.approvals.get(tenant_id, action_id)
        if approval.decision is None:
            return {"decision": "dismiss"}
        return approval.decision.model_dump(exclude_none=True)

    async def _input(
        self, tenant_id: str, thread: Thread, batch: Sequence[Message]
    ) -> LeasingState:
        services = self._services
        lead = await services.leads.get(tenant_id, thread.lead_id)
        pending = await services.approvals.store.pending(tenant_id, thread.thread_id)
        incoming: list[Incoming] = [
            {
                "message_id": item.message_id,
                "turn": item.turn_index,
                "text": item.text,
                "action_id": item.action_id,
            }
            for item in batch
        ]
        return {
            "tenant_id": tenant_id,
            "thread_id": thread.thread_id,
            "lead_id": thread.lead_id,
            "community_id": thread.community_id,
            "contact_ref": lead.contact_ref if lead.reachable else None,
            "now": services.clock.now().isoformat(),
            "incoming": incoming,
            "stage": thread.stage.value,
            "profile": lead.profile.known(),
            "favorites": thread.favorites,
            "pending": [row.action_id for row in pending],
            "heard": None,
            "output": None,
            **await self._opening(tenant_id, thread),
        }

    async def _opening(self, tenant_id: str, thread: Thread) -> LeasingState:
        """On the first turn: the home whose page the chat was opened on."""
        listing_id = thread.metadata.get("listing_id")
        if listing_id is None or thread.answered_through >= 0:
            return {}
        found = await self._services.listings.by_ids(tenant_id, [listing_id])
        return {
            "shortlist": [offered(home, "").model_dump() for home in found],
            "focus": listing_id if found else None,
        }

    async def _apology(self, tenant_id: str, thread: Thread, given: LeasingState) -> LeasingState:
        """What a turn that failed comes to: nothing changes but that a person is asked."""
        community = await self._services.tenants.community(tenant_id, thread.community_id)
        reply = load("leasing/replies").render("handoff", {"hours": hours_text(community)})
        return {
            **given,
            "output": {
                "reply": reply,
                "listings": [],
                "slots": [],
                "retrieved": [],
                "rules": ["turn_failed"],
                "events": [{"type": "handoff.requested", "data": {"reason": "turn failed"}}],
                "handoff": "turn failed",
                "model": None,
            },
        }

    async def _finish(
        self,
        tenant_id: str,
        thread: Thread,
        lease: Lease,
        batch: Sequence[Message],
        state: LeasingState,
    ) -> Thread:
        services = self._services
        result = _result(thread, batch, state)
        profile = LeadProfile.model_validate(state["profile"])

        async def write() -> Thread:
            _, now = await services.threads.finish(tenant_id, thread.thread_id, lease, result)
            await services.leads.save_profile(tenant_id, thread.lead_id, profile)
            return now

        finished = await services.repository.transact(write)
        services.failpoints.reach("finish")
        return finished

    @contextlib.asynccontextmanager
    async def _kept(self, tenant_id: str, thread_id: str, lease: Lease) -> AsyncIterator[None]:
        """Keep the lease alive while its turns run."""

        async def renew() -> None:
            held = True
            while held:
                await asyncio.sleep(LEASE_SECONDS / 3)
                with contextlib.suppress(Unavailable):
                    held = await self._services.threads.store.renew_lease(
                        tenant_id,
                        thread_id,
                        lease,
                        now=self._services.clock.now(),
                        seconds=LEASE_SECONDS,
                    )

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, LatchkeyError):
                await task


def _place(error: Exception) -> str:
    """Type and line of an error; its words may quote what a lead wrote."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno} ({type(error).__name__})"


def _config(tenant_id: str, thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": f"{tenant_id}/{thread_id}"}}


def _batch(waiting: Sequence[Message]) -> list[Message]:
    """What is answered together: the lead's lines up to the next outcome, or one outcome."""
    if waiting[0].role is Role.SYSTEM:
        return [waiting[0]]
    lines: list[Message] = []
    for item in waiting:
        if item.role is Role.SYSTEM:
            break
        lines.append(item)
    return lines


def _result(thread: Thread, batch: Sequence[Message], state: LeasingState) -> TurnResult:
    output = state["output"]
    if output is None:
        raise ValueError("a turn ended without output")
    stage = Stage(state["stage"])
    events = [Event.model_validate(event) for event in output["events"]]
    if stage is not thread.stage:
        events.append(Event(type="thread.stage_changed", data={"stage": stage.value}))
    events.append(Event(type="message", data={"message_id": f"reply:{batch[-1].turn_index}"}))
    return TurnResult(
        reply=output["reply"],
        stage=stage,
        why=Why.model_validate({name: output.get(name) for name in Why.model_fields}),
        through=batch[-1].turn_index,
        answers=[item.message_id for item in batch],
        listings=output["listings"],
        slots=output["slots"],
        favorites=state.get("favorites", []),
        handoff_reason=output["handoff"],
        events=events,
    )
