import asyncio

import pytest

from agent.errors import Conflict, InvalidInput, NotFound, TooBusy
from agent.threads.models import Message, Role
from agent.threads.service import QUEUE_LIMIT
from tests.agent.threads.conftest import TENANT, THREAD, Conversation


async def test_an_accepted_message_is_stored_and_waits(conversation: Conversation) -> None:
    accepted = await conversation.threads.accept(TENANT, THREAD, "hello", message_id="m1")
    message = accepted.message
    assert accepted.new
    assert (message.message_id, message.turn_index, message.role) == ("m1", 0, Role.LEAD)
    thread = await conversation.thread()
    assert await conversation.messages() == [message]
    assert thread.queue == [message]
    assert (thread.next_turn, thread.unanswered, thread.answered_through) == (1, 1, -1)


async def test_a_message_without_an_id_gets_one(conversation: Conversation) -> None:
    first, second = await conversation.say("hello"), await conversation.say("hello")
    assert first.message_id != second.message_id
    assert [message.turn_index for message in await conversation.messages()] == [0, 1]


async def test_the_same_id_again_is_the_message_that_stands(conversation: Conversation) -> None:
    first = await conversation.say("hello", "m1")
    again = await conversation.threads.accept(TENANT, THREAD, "something else", message_id="m1")
    assert (again.message, again.new) == (first, False)
    assert [message.text for message in await conversation.messages()] == ["hello"]
    assert (await conversation.thread()).next_turn == 1


async def test_the_same_id_at_once_is_stored_once(conversation: Conversation) -> None:
    accepted = await asyncio.gather(
        *(
            conversation.threads.accept(TENANT, THREAD, f"copy {n}", message_id="m1")
            for n in range(10)
        )
    )
    assert [each.new for each in accepted].count(True) == 1
    assert len({each.message.text for each in accepted}) == 1
    thread = await conversation.thread()
    assert (thread.next_turn, thread.unanswered) == (1, 1)


async def test_an_id_names_a_message_in_its_own_thread(conversation: Conversation) -> None:
    await conversation.open("thr_2")
    await conversation.say("hello", "m1")
    accepted = await conversation.threads.accept(TENANT, "thr_2", "other", message_id="m1")
    assert (accepted.message.text, accepted.new) == ("other", True)


async def test_twenty_at_once_keep_an_order_without_gaps(conversation: Conversation) -> None:
    accepted = await asyncio.gather(*(conversation.say(f"text {n}") for n in range(20)))
    stored = await conversation.messages()
    assert [message.turn_index for message in stored] == list(range(20))
    assert sorted(message.text for message in stored) == sorted(f"text {n}" for n in range(20))
    assert {m.message_id: m.turn_index for m in accepted} == {
        m.message_id: m.turn_index for m in stored
    }
    assert (await conversation.thread()).unanswered == 20


async def test_a_full_queue_refuses_and_stores_nothing(conversation: Conversation) -> None:
    for n in range(QUEUE_LIMIT):
        await conversation.say(f"text {n}")
    before = await conversation.thread()
    with pytest.raises(TooBusy) as refused:
        await conversation.say("one too many", "late")
    assert (refused.value.code, refused.value.retry_after) == ("thread_queue_full", 2)
    assert await conversation.thread() == before
    assert len(await conversation.messages()) == QUEUE_LIMIT
    assert await conversation.store.message(TENANT, THREAD, "late") is None


async def test_a_full_queue_still_knows_what_it_holds(conversation: Conversation) -> None:
    first = await conversation.say("first", "m0")
    for n in range(1, QUEUE_LIMIT):
        await conversation.say(f"text {n}")
    with pytest.raises(TooBusy):
        await conversation.say("one too many")
    assert await conversation.say("first", "m0") == first


async def test_an_outcome_is_announced_though_the_queue_is_full(
    conversation: Conversation,
) -> None:
    for n in range(QUEUE_LIMIT):
        await conversation.say(f"text {n}")
    outcome = await conversation.announce("act_1")
    assert outcome.turn_index == QUEUE_LIMIT


@pytest.mark.parametrize("thread_id", ["thr_unknown", "", "x" * 10_000, "$where"])
async def test_an_unknown_thread_takes_nothing(conversation: Conversation, thread_id: str) -> None:
    with pytest.raises(NotFound) as refused:
        await conversation.threads.accept(TENANT, thread_id, "hello")
    assert refused.value.code == "thread_not_found"
    assert len(refused.value.message) < 200
    assert await conversation.services.repository.scoped("messages", TENANT).count({}) == 0


async def test_another_tenant_does_not_know_the_thread(conversation: Conversation) -> None:
    with pytest.raises(NotFound):
        await conversation.threads.accept("rival", THREAD, "hello")
    assert await conversation.messages() == []


@pytest.mark.parametrize("message_id", ["reply:0", "outcome:act_1", ":"])
async def test_an_id_of_our_own_kind_is_refused(
    conversation: Conversation, message_id: str
) -> None:
    """Otherwise a lead could keep an answer or an outcome from being written."""
    with pytest.raises(InvalidInput) as refused:
        await conversation.say("hello", message_id)
    assert refused.value.code == "message_id_reserved"


async def test_an_id_of_another_speaker_is_taken(conversation: Conversation) -> None:
    line = Message(
        message_id="disclosure",
        turn_index=0,
        role=Role.AGENT,
        text="I am automated.",
        timestamp=conversation.clock.now(),
    )
    await conversation.threads.add(TENANT, THREAD, [line], [])
    with pytest.raises(Conflict) as refused:
        await conversation.say("hello", "disclosure")
    assert refused.value.code == "message_id_taken"
    assert (await conversation.thread()).unanswered == 0


async def test_half_a_character_is_refused_and_leaves_nothing(
    conversation: Conversation,
) -> None:
    with pytest.raises(InvalidInput):
        await conversation.say("\ud800")
    assert (await conversation.thread()).next_turn == 0
