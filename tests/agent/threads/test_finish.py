import asyncio

import pytest

from agent.errors import Duplicate, NotFound
from agent.events.models import Event
from agent.threads.models import Role, Stage, ThreadStatus
from tests.agent.threads.conftest import TENANT, THREAD, Conversation


async def test_a_reply_answers_what_waited(conversation: Conversation) -> None:
    asked = [await conversation.say("two bedrooms"), await conversation.say("in Portland")]
    reply, thread = await conversation.finish(
        await conversation.leased(), asked, reply="Here you go.", stage=Stage.SENDING_LIST
    )
    assert (reply.role, reply.turn_index, reply.text) == (Role.AGENT, 2, "Here you go.")
    assert reply.answers == [message.message_id for message in asked]
    assert (thread.unanswered, thread.answered_through, thread.next_turn) == (0, 1, 3)
    assert thread.stage is Stage.SENDING_LIST
    assert await conversation.messages() == [*asked, reply]
    for message in asked:
        assert await conversation.store.answer_to(TENANT, THREAD, message) == reply


async def test_an_unanswered_message_has_no_answer(conversation: Conversation) -> None:
    answered = await conversation.say("hello")
    waiting = await conversation.say("and now?")
    await conversation.finish(await conversation.leased(), [answered])
    assert await conversation.store.answer_to(TENANT, THREAD, waiting) is None
    assert await conversation.waiting() == [waiting]


async def test_the_lease_is_kept_while_something_waits(conversation: Conversation) -> None:
    first = await conversation.say("hello")
    lease = await conversation.leased("one")
    second = await conversation.say("are you there?")
    _, thread = await conversation.finish(lease, [first])
    assert thread.unanswered == 1
    assert await conversation.lease("two") is None
    _, thread = await conversation.finish(lease, [second])
    assert thread.unanswered == 0
    await conversation.say("thanks")
    await conversation.leased("two")


async def test_a_message_that_comes_while_the_turn_ends_is_never_left_alone(
    conversation: Conversation,
) -> None:
    """Either the turn's owner keeps the lease, or the newcomer can take it."""
    for n in range(5):
        thread = await conversation.thread()
        message = await conversation.say(f"text {n}")
        lease = await conversation.leased(f"owner {n}")
        (_, after), late = await asyncio.gather(
            conversation.finish(lease, [message]), conversation.say(f"late {n}")
        )
        if not after.unanswered:
            lease = await conversation.leased(f"newcomer {n}")
        assert await conversation.waiting() == [late]
        _, after = await conversation.finish(lease, [late])
        assert (after.unanswered, after.next_turn) == (0, thread.next_turn + 4)


async def test_what_a_turn_found_out_is_kept(conversation: Conversation) -> None:
    message = await conversation.say("the second one")
    _, thread = await conversation.finish(
        await conversation.leased(),
        [message],
        listings=[{"listing_id": "home", "name": "$Row.1"}],
        slots=[{"slot_id": "slot"}],
        favorites=["home"],
        handoff_reason="$asked",
    )
    assert thread.shortlist == [{"listing_id": "home", "name": "$Row.1"}]
    assert thread.favorites == ["home"]
    assert (thread.status, thread.handoff_reason) == (ThreadStatus.HANDED_OFF, "$asked")
    [stored] = [m for m in await conversation.messages() if m.role is Role.AGENT]
    assert stored.slots == [{"slot_id": "slot"}]
    assert stored.why is not None
    assert stored.why.rules == ["greet"]


async def test_a_turn_without_homes_keeps_the_shortlist(conversation: Conversation) -> None:
    first = await conversation.say("show me")
    lease = await conversation.leased()
    await conversation.finish(lease, [first], listings=[{"listing_id": "home"}])
    second = await conversation.say("thanks")
    _, thread = await conversation.finish(await conversation.leased(), [second])
    assert thread.shortlist == [{"listing_id": "home"}]
    assert thread.status is ThreadStatus.OPEN


async def test_a_turn_whose_transaction_fails_leaves_nothing(conversation: Conversation) -> None:
    message = await conversation.say("hello")
    lease = await conversation.leased()
    before = await conversation.thread()

    async def write() -> None:
        await conversation.finish(lease, [message], events=[Event(type="message")])
        raise NotFound("lead_not_found", "The lead was erased meanwhile.")

    with pytest.raises(NotFound):
        await conversation.services.repository.transact(write)
    assert await conversation.thread() == before
    assert await conversation.events() == []
    await conversation.finish(lease, [message])


@pytest.mark.parametrize("set_by_a_person", [Stage.APPROVAL, Stage.SENDING_LIST])
async def test_a_stage_that_a_person_has_set_meanwhile_stays_and_is_told_of_once(
    conversation: Conversation, set_by_a_person: Stage
) -> None:
    message = await conversation.say("two bedrooms")
    lease = await conversation.leased()
    await conversation.store.set_stage(TENANT, THREAD, set_by_a_person)
    reply, thread = await conversation.finish(
        lease,
        [message],
        stage=Stage.SENDING_LIST,
        was=Stage.QUALIFYING,
        events=[Event(type="thread.stage_changed"), Event(type="message")],
    )
    assert (reply.stage, thread.stage) == (set_by_a_person, set_by_a_person)
    assert [(event.seq, event.type) for event in await conversation.events()] == [(0, "message")]


class TestAnnounce:
    async def test_an_outcome_waits_like_a_message(self, conversation: Conversation) -> None:
        outcome = await conversation.announce("act_1")
        assert (outcome.role, outcome.action_id) == (Role.SYSTEM, "act_1")
        thread = await conversation.thread()
        assert thread.queue == [outcome]
        await conversation.finish(await conversation.leased(), [outcome])
        assert (await conversation.thread()).unanswered == 0

    async def test_an_outcome_is_announced_once(self, conversation: Conversation) -> None:
        await conversation.announce("act_1", Event(type="tour.booked"))
        with pytest.raises(Duplicate):
            await conversation.announce("act_1", Event(type="tour.booked"))
        assert len(await conversation.messages()) == 1
        assert len(await conversation.events()) == 1
        assert (await conversation.thread()).unanswered == 1

    async def test_outcomes_and_messages_keep_one_order(self, conversation: Conversation) -> None:
        await asyncio.gather(
            *(conversation.say(f"text {n}") for n in range(5)),
            *(conversation.announce(f"act_{n}") for n in range(5)),
        )
        stored = await conversation.messages()
        assert [message.turn_index for message in stored] == list(range(10))
        waiting = await conversation.waiting()
        assert waiting == stored


class TestEvents:
    async def test_they_count_without_gaps(self, conversation: Conversation) -> None:
        await asyncio.gather(
            *(
                conversation.threads.add(
                    TENANT, THREAD, [], [Event(type="a", data={"n": n}), Event(type="b")]
                )
                for n in range(8)
            ),
            *(conversation.announce(f"act_{n}", Event(type="c")) for n in range(4)),
        )
        events = await conversation.events()
        assert [event.seq for event in events] == list(range(20))
        firsts = [event.seq for event in events if event.type == "a"]
        assert [events[seq + 1].type for seq in firsts] == ["b"] * 8

    async def test_they_are_written_with_their_turn(self, conversation: Conversation) -> None:
        message = await conversation.say("hello")
        events = [Event(type="message", data={"n": 1}), Event(type="thread.stage_changed")]
        await conversation.finish(await conversation.leased(), [message], events=events)
        again = await conversation.say("more")
        lease = await conversation.leased()
        await conversation.finish(lease, [again], events=[Event(type="message")])
        stored = await conversation.events()
        assert [(event.seq, event.type) for event in stored] == [
            (0, "message"),
            (1, "thread.stage_changed"),
            (2, "message"),
        ]
        assert stored[0].data == {"n": 1}


class TestNoteAction:
    async def test_writes_down_what_was_done_outside_a_turn(
        self, conversation: Conversation
    ) -> None:
        await conversation.threads.note_action(
            TENANT,
            THREAD,
            favorites=["home"],
            handoff="asked",
            events=[Event(type="handoff.requested")],
        )
        thread = await conversation.thread()
        assert (thread.favorites, thread.handoff_reason) == (["home"], "asked")
        assert thread.status is ThreadStatus.HANDED_OFF
        assert thread.next_turn == 0
        assert [event.type for event in await conversation.events()] == ["handoff.requested"]

    async def test_without_a_reason_nobody_is_handed_over(self, conversation: Conversation) -> None:
        await conversation.threads.note_action(
            TENANT, THREAD, favorites=["home"], handoff=None, events=[]
        )
        assert (await conversation.thread()).status is ThreadStatus.OPEN
