"""Runs a thread's waiting turns: one at a time, in order, each finished in one write."""

import asyncio
import contextlib
import itertools
import logging
import time
import traceback
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from agent.approvals.models import Approval
from agent.errors import Conflict, LatchkeyError, Unavailable
from agent.kit.ids import new_id
from agent.leads.models import LeadProfile
from agent.services import Services
from agent.threads.filing import Unfiled
from agent.threads.models import Lease, Message, Thread, TurnResult
from agent.threads.service import LEASE, rolled_back, turn_of
from graphs.checkpoints import Saved, TurnSaver
from graphs.inbound import answering
from graphs.leasing.state import LeasingState
from graphs.metering import turned
from graphs.turn_input import first_of, given_to
from graphs.turn_result import apology, result_of

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""(tenant_id, thread_id)"""
Graph = CompiledStateGraph[LeasingState]


@dataclass(frozen=True, slots=True)
class Told:
    """What one turn came to, for those in this process who wait for it."""

    reply: Message
    profile: LeadProfile
    pending: list[Approval]


class TurnRunner:
    """At most one turn a thread, over all processes: whoever holds the lease runs it."""

    def __init__(self, services: Services, graph: Graph, saver: TurnSaver) -> None:
        self._services = services
        self._graph = graph
        self._saver = saver
        self._name = new_id("run")
        self._claims = itertools.count()
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._fences: dict[Key, int] = {}
        self._waiting: dict[Key, dict[str, asyncio.Future[Told]]] = {}

    @property
    def busy(self) -> int:
        """How many threads have a turn running in this process."""
        return len(self._running)

    def owner(self) -> str:
        """A name for one claim to a lease."""
        return f"{self._name}.{next(self._claims)}"

    @contextlib.contextmanager
    def expecting(self, key: Key, message_id: str) -> Iterator[asyncio.Future[Told]]:
        """What the turn that answers this message comes to, should it run in this process.

        Raises through the future: Conflict `turn_rolled_back`.
        """
        waiting = self._waiting.setdefault(key, {})
        future = waiting.get(message_id)
        if future is None:
            future = waiting[message_id] = asyncio.get_running_loop().create_future()
        try:
            yield future
        finally:
            if not future.done() and waiting.get(message_id) is future:
                del waiting[message_id]
            if not waiting:
                self._waiting.pop(key, None)

    def withdraw(self, key: Key, messages: Sequence[Message]) -> None:
        """Tell whoever waits for an answer to these that none comes."""
        for message in messages:
            future = self._waiting.get(key, {}).pop(message.message_id, None)
            if future is not None and not future.done():
                future.set_exception(rolled_back())
                future.exception()  # nobody may be left to hear it

    def begin(self, key: Key, lease: Lease, thread: Thread) -> None:
        """Answer what waits in the thread under a lease that is held; ends what runs there."""
        if lease.fence < self._fences.get(key, 0):
            return  # a later lease of this process has made it void
        self._fences[key] = lease.fence
        if ended := self._running.get(key):
            ended.cancel()
        self._start(key, self._leased(key, lease, thread))

    async def drain(self, tenant_id: str, thread_id: str) -> None:
        """Answer everything that waits in the thread, unless another process is at it.

        The work goes on when the caller is cancelled.
        """
        key = (tenant_id, thread_id)
        await _joined(self._running.get(key) or self._start(key, self._drain(key)))

    def _start(self, key: Key, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = self._running[key] = asyncio.create_task(work)
        task.add_done_callback(lambda ended: self._ended(key, ended))
        return task

    def _ended(self, key: Key, task: "asyncio.Task[None]") -> None:
        if self._running.get(key) is task:
            del self._running[key]
            self._fences.pop(key, None)
        if not task.cancelled():
            task.exception()  # whoever waits for it hears it; nobody may

    async def memory(self, tenant_id: str, thread_id: str) -> LeasingState:
        """What the thread's graph remembers; empty before its first turn."""
        snapshot = await self._graph.aget_state(_config((tenant_id, thread_id)))
        values: LeasingState = snapshot.values  # type: ignore[assignment]  # the graph's own state
        return values

    async def close(self) -> None:
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def end(self) -> None:
        """Cut off what runs; its leases are given back where that is soon done."""
        if not self._running:
            return
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=1)

    async def _drain(self, key: Key) -> None:
        threads = self._services.threads
        taken = await threads.store.take_lease(*key, threads.claim(self.owner()))
        if taken is not None:
            await self._leased(key, *taken)

    async def _leased(self, key: Key, lease: Lease, thread: Thread) -> None:
        self._services.failpoints.reach("lease")
        try:
            with self._kept(key, lease):
                while thread.unanswered > 0:
                    thread = await self._turn(key, lease, thread)
        except BaseException:
            with contextlib.suppress(LatchkeyError):
                await self._services.threads.store.abandon_lease(*key, lease)
            raise

    async def _turn(self, key: Key, lease: Lease, thread: Thread) -> Thread:
        """Answer what came first; the thread as it is then."""
        if not thread.queue:
            raise Conflict("thread_count_wrong", "Nothing waits although the count says so.")
        batch = first_of(thread.queue)
        began = time.perf_counter()
        given = await given_to(self._services, key[0], thread, batch)
        fresh = thread.answered_through < 0
        with self._saver.turn(place(key), thread.checkpoint_id, fresh=fresh) as saved:
            state = await self._run(key, thread, lease, batch, given)
            self._services.failpoints.reach("checkpoint")
            finished, result = await self._finish(key, thread, lease, batch, given, state, saved)
        turned(self._services, result, time.perf_counter() - began)
        return finished

    async def _run(
        self,
        key: Key,
        thread: Thread,
        lease: Lease,
        batch: Sequence[Message],
        given: LeasingState,
    ) -> LeasingState:
        config = _config(key)
        token = turn_of.set((key[1], lease))
        try:
            state: LeasingState = await self._graph.ainvoke(  # type: ignore[assignment]
                await self._step(config, batch, given), config, durability="exit"
            )
        except Unavailable:
            raise
        except Exception as error:
            if isinstance(error, Conflict) and error.code == "turn_lease_lost":
                raise
            log.error("turn failed at %s; a person is asked", _place(error))
            state = await apology(self._services, key[0], thread, given)
        finally:
            turn_of.reset(token)
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

    async def _finish(
        self,
        key: Key,
        thread: Thread,
        lease: Lease,
        batch: Sequence[Message],
        given: LeasingState,
        state: LeasingState,
        saved: Saved,
    ) -> tuple[Thread, TurnResult]:
        services = self._services
        result = result_of(thread, batch, state)
        result.checkpoint_id, result.graph = saved.checkpoint_id, saved.graph
        profile = LeadProfile.model_validate(state["profile"])
        finish = partial(services.threads.finish, *key, lease, result)

        async def write() -> tuple[Message, Thread, Unfiled]:
            done = await finish()
            await services.leads.save_profile(key[0], thread.lead_id, profile)
            return done

        changed = state["profile"] != given["profile"]
        reply, finished, unfiled = await (
            services.repository.together(write) if changed else finish()
        )
        services.failpoints.reach("finish")
        services.threads.filing.soon(key[0], finished, unfiled)
        saved.keep()
        self._tell(key, Told(reply, profile, await self._pending(key, state)))
        if reply.unsent:
            await answering.answer(services, *key, reply)
        return finished, result

    async def _pending(self, key: Key, state: LeasingState) -> list[Approval]:
        if not state.get("pending"):
            return []
        return await self._services.approvals.store.pending(*key)

    def _tell(self, key: Key, told: Told) -> None:
        waiting = self._waiting.get(key, {})
        for message_id in told.reply.answers:
            future = waiting.pop(message_id, None)
            if future is not None and not future.done():
                future.set_result(told)

    @contextlib.contextmanager
    def _kept(self, key: Key, lease: Lease) -> Iterator[None]:
        """Keep the lease alive while its turns run."""
        services, loop = self._services, asyncio.get_running_loop()
        every = LEASE.total_seconds() / 3

        async def renew() -> None:
            held = True
            while held:
                with contextlib.suppress(Unavailable):
                    until = services.clock.now() + LEASE
                    held = await services.threads.store.renew_lease(*key, lease, until)
                await asyncio.sleep(every)

        renewing: list[asyncio.Task[None]] = []
        later = loop.call_later(every, lambda: renewing.append(loop.create_task(renew())))
        try:
            yield
        finally:
            later.cancel()
            for task in renewing:
                task.cancel()


async def _joined(task: "asyncio.Task[None]") -> None:
    """Wait for a task that others wait for too; one that has been ended is over as well."""
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        caller = asyncio.current_task()
        if not task.cancelled() or (caller and caller.cancelling()):
            raise


def _place(error: Exception) -> str:
    """Type and line of an error; its words may quote what a lead wrote."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno} ({type(error).__name__})"


def place(key: Key) -> str:
    """What LangGraph calls the thread."""
    return "/".join(key)


def _config(key: Key) -> RunnableConfig:
    return {"configurable": {"thread_id": place(key)}}
