"""What becomes of a message that comes while another one is being answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from agent.approvals.models import ApprovalStatus
from agent.errors import Conflict, LatchkeyError
from agent.privacy.models import Contact
from agent.services import Services
from agent.threads.models import OnBusy, Role
from evals.openai_stub import Fault, Stub
from graphs.answer import Answer
from graphs.runtime import Runtime, open_runtime
from tests.graphs.test_conversation import TO_THE_YES, Lead

TENANT = "default"
POLICIES: tuple[OnBusy, ...] = ("enqueue", "reject", "interrupt", "rollback")


@pytest.fixture
async def slow(modelled: Services, stub: Stub) -> AsyncIterator[Runtime]:
    """A runtime whose model takes its time, so that turns overlap."""
    stub.always(Fault("slow_tokens", seconds=0.02))
    async with open_runtime(modelled) as runtime:
        yield runtime


async def _settled(calls: list[Awaitable[Answer]]) -> list[Answer | str]:
    """Answers, and the codes of those refused."""
    async with asyncio.timeout(60):
        results = await asyncio.gather(*calls, return_exceptions=True)
    settled: list[Answer | str] = []
    for result in results:
        assert isinstance(result, Answer | LatchkeyError), result
        settled.append(result.code if isinstance(result, LatchkeyError) else result)
    return settled


async def _lines(runtime: Runtime, thread_id: str) -> tuple[list[str], list[str], list[str]]:
    """message_ids of the lead that are kept, withdrawn, and those answered, in order."""
    stored = await runtime.services.threads.store.messages(TENANT, thread_id)
    assert [m.turn_index for m in stored] == list(range(len(stored)))
    leads = [m for m in stored if m.role is Role.LEAD]
    return (
        [m.message_id for m in leads if not m.withdrawn],
        [m.message_id for m in leads if m.withdrawn],
        [i for m in stored if m.role is Role.AGENT for i in m.answers],
    )


@pytest.mark.parametrize("on_busy", POLICIES)
@pytest.mark.untraced
async def test_of_twenty_at_once_each_is_kept_or_refused_and_told(
    runtime: Runtime, on_busy: OnBusy
) -> None:
    thread_id = (await runtime.start(TENANT)).thread_id
    ids = [f"m{n}" for n in range(20)]
    told = await _settled(
        [runtime.reply(TENANT, thread_id, f"text {i}", message_id=i, on_busy=on_busy) for i in ids]
    )
    kept, withdrawn, answered = await _lines(runtime, thread_id)
    assert sorted(answered) == sorted(kept)
    assert len(set(kept)) == len(kept)
    refused = {i for i, result in zip(ids, told, strict=True) if isinstance(result, str)}
    for i, result in zip(ids, told, strict=True):
        if isinstance(result, Answer):
            assert i in result.coalesced
    if on_busy in ("enqueue", "interrupt"):
        assert sorted(kept) == sorted(ids)
        assert refused == set()
    elif on_busy == "reject":
        assert {*kept} | refused == {*ids}
        assert all(result == "thread_busy" for result in told if isinstance(result, str))
    else:
        assert {*withdrawn} == refused
        assert {*kept} | refused == {*ids}


@pytest.mark.parametrize("on_busy", POLICIES)
async def test_two_processes_keep_the_same_promises(demo: Services, on_busy: OnBusy) -> None:
    async with open_runtime(demo) as one, open_runtime(replace(demo)) as other:
        thread_id = (await one.start(TENANT)).thread_id
        ids = [f"m{n}" for n in range(10)]
        told = await _settled(
            [
                (one, other)[n % 2].reply(
                    TENANT, thread_id, f"text {i}", message_id=i, on_busy=on_busy
                )
                for n, i in enumerate(ids)
            ]
        )
        kept, withdrawn, answered = await _lines(one, thread_id)
    refused = [i for i, result in zip(ids, told, strict=True) if isinstance(result, str)]
    assert sorted(answered) == sorted(kept)
    assert sorted([*kept, *refused]) == ids
    assert on_busy != "rollback" or sorted(withdrawn) == refused


async def test_what_an_ended_turn_has_proposed_is_taken_back(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = await runtime.start(TENANT, contact=Contact(email="kim@example.com"))
    lead = Lead(runtime, started.thread_id)
    await lead.says(*TO_THE_YES)
    reached, threads = asyncio.Event(), type(runtime.services.threads)
    finish = threads.finish

    async def late(*args: Any) -> Any:
        if not reached.is_set():
            reached.set()
            await asyncio.sleep(0.3)
        return await finish(*args)

    monkeypatch.setattr(threads, "finish", late)
    first = asyncio.ensure_future(
        runtime.reply(TENANT, lead.thread_id, "yes", message_id="m1", on_busy="enqueue")
    )
    await asyncio.wait_for(reached.wait(), 60)
    [proposed] = await runtime.services.approvals.store.pending(TENANT, lead.thread_id)
    told = await _settled(
        [first, runtime.reply(TENANT, lead.thread_id, "no, wait", on_busy="rollback")]
    )
    assert told[0] == "turn_rolled_back"
    row = await runtime.services.approvals.get(TENANT, proposed.action_id)
    assert row.status is ApprovalStatus.SUPERSEDED
    assert await runtime.services.approvals.store.pending(TENANT, lead.thread_id) == []


Send = Callable[[OnBusy], Awaitable[tuple[Answer | str, Answer | str, str]]]


@pytest.fixture
def second(slow: Runtime) -> Send:
    """Sends a message into the middle of a turn: what both callers hear, and the thread."""

    async def send(on_busy: OnBusy) -> tuple[Answer | str, Answer | str, str]:
        thread_id = (await slow.start(TENANT)).thread_id
        first = asyncio.ensure_future(
            slow.reply(TENANT, thread_id, "2 bedrooms in Denver", message_id="m1")
        )
        async with asyncio.timeout(60):
            while not slow._runner.busy:  # noqa: ASYNC110
                await asyncio.sleep(0)
        late = slow.reply(TENANT, thread_id, "I mean Portland", message_id="m2", on_busy=on_busy)
        told = await _settled([first, late])
        return told[0], told[1], thread_id

    return send


async def test_reject_keeps_nothing_of_the_late_message(slow: Runtime, second: Send) -> None:
    first, late, thread_id = await second("reject")
    assert isinstance(first, Answer)
    assert late == "thread_busy"
    assert await _lines(slow, thread_id) == (["m1"], [], ["m1"])


async def test_interrupt_answers_both_in_one(slow: Runtime, second: Send) -> None:
    first, late, thread_id = await second("interrupt")
    assert isinstance(first, Answer)
    assert isinstance(late, Answer)
    assert first.coalesced == late.coalesced == ["m1", "m2"]
    assert first.reply == late.reply
    stored = await slow.services.threads.store.messages(TENANT, thread_id)
    assert [m.role for m in stored].count(Role.AGENT) == 2  # the disclosure, and one reply


async def test_rollback_withdraws_what_was_being_answered(slow: Runtime, second: Send) -> None:
    first, late, thread_id = await second("rollback")
    assert first == "turn_rolled_back"
    assert isinstance(late, Answer)
    assert late.coalesced == ["m2"]
    assert late.profile.areas == ["Portland"]
    assert await _lines(slow, thread_id) == (["m2"], ["m1"], ["m2"])
    with pytest.raises(Conflict, match="taken the place"):
        await slow.reply(TENANT, thread_id, "2 bedrooms in Denver", message_id="m1")
