"""A message_id names one message of its thread, whoever says it and wherever that one stands."""

import asyncio

import pytest

from agent.errors import Conflict
from agent.threads.models import Message
from tests.agent.threads.conftest import TENANT, THREAD, Conversation


async def spoken(conversation: Conversation, message_id: str) -> Message:
    return await conversation.services.desk.say(
        TENANT, THREAD, "Dana here.", actor="user:dana", message_id=message_id
    )


@pytest.mark.parametrize("done", [False, True])
async def test_a_person_takes_no_id_of_a_message_that_waits(
    conversation: Conversation, done: bool
) -> None:
    said = await conversation.say("hello", "m1")
    lines = [said]
    if done:
        lines.append((await conversation.finish(await conversation.leased(), [said]))[0])
    with pytest.raises(Conflict) as refused:
        await spoken(conversation, "m1")
    assert refused.value.code == "message_id_taken"
    if not done:
        lines.append((await conversation.finish(await conversation.leased(), [said]))[0])
    assert await conversation.messages() == lines


async def test_a_person_says_a_line_once_however_often_it_is_sent(
    conversation: Conversation,
) -> None:
    lines = await asyncio.gather(*(spoken(conversation, "m1") for _ in range(4)))
    assert [line.message_id for line in await conversation.messages()] == ["m1"]
    assert len({line.turn_index for line in lines}) == 1


async def test_what_is_said_to_a_person_is_kept_once_however_often_it_is_sent(
    conversation: Conversation,
) -> None:
    await conversation.threads.take_over(TENANT, THREAD)
    accepted = await asyncio.gather(
        *(conversation.threads.accept(TENANT, THREAD, "hello?", message_id="m1") for _ in range(4))
    )
    assert [each.new for each in accepted].count(True) == 1
    assert len({each.message.turn_index for each in accepted}) == 1
    assert len(await conversation.messages()) == 1
