from datetime import timedelta

import pytest

from agent.errors import InvalidInput, NotFound
from agent.events.models import Event
from agent.threads.models import Stage, ThreadStatus
from tests.agent.threads.conftest import TENANT, THREAD, Conversation


async def test_threads_come_by_pages_the_latest_first(conversation: Conversation) -> None:
    for n in range(4):
        conversation.clock.advance(timedelta(minutes=1))
        await conversation.open(f"thr_new_{n}")
    conversation.clock.advance(timedelta(minutes=1))
    await conversation.say("hello")
    store = conversation.store
    first = await store.page(TENANT, limit=2)
    rest = await store.page(TENANT, limit=10, cursor=first.next_cursor)
    ids = [thread.thread_id for thread in [*first.items, *rest.items]]
    assert ids == [THREAD, "thr_new_3", "thr_new_2", "thr_new_1", "thr_new_0"]
    assert rest.next_cursor is None
    assert (await store.page("rival")).items == []


async def test_pages_are_filtered(conversation: Conversation) -> None:
    await conversation.open("thr_2")
    opened = conversation.clock.now()
    conversation.clock.advance(timedelta(minutes=1))
    await conversation.store.set_stage(TENANT, "thr_2", Stage.RENEWAL)
    await conversation.threads.note_action(TENANT, THREAD, favorites=[], handoff="asked", events=[])
    page = conversation.store.page
    renewing = await page(TENANT, stage=Stage.RENEWAL)
    handed = await page(TENANT, status=ThreadStatus.HANDED_OFF)
    recent = await page(TENANT, updated_after=opened)
    assert [thread.thread_id for thread in renewing.items] == ["thr_2"]
    assert [thread.thread_id for thread in handed.items] == [THREAD]
    assert [thread.thread_id for thread in recent.items] == [THREAD]
    assert (await page(TENANT, stage=Stage.RENEWAL, status=ThreadStatus.CLOSED)).items == []


async def test_a_transcript_of_a_thread_whose_turn_ends_meanwhile_tells_each_line_once(
    conversation: Conversation,
) -> None:
    said = await conversation.say("hello")
    before = await conversation.thread()
    reply, _ = await conversation.finish(await conversation.leased(), [said])
    later = await conversation.say("and?")
    read = await conversation.store.transcripts(TENANT, [before], newest=10)
    assert read[THREAD] == [said, reply]
    now = await conversation.thread()
    read = await conversation.store.transcripts(TENANT, [now], newest=2)
    assert read[THREAD] == [reply, later]


async def test_a_page_leaves_out_what_is_not_the_threads_own(conversation: Conversation) -> None:
    said = await conversation.say("hello")
    await conversation.finish(await conversation.leased(), [said], graph={"checkpoint_id": "c"})
    [thread] = (await conversation.store.page(TENANT)).items
    assert [{*each} & {"messages", "events"} for each in thread.unfiled] == [set()]


@pytest.mark.parametrize("cursor", ["nonsense", "bm8gdGltZQ==", "====", "\ud800"])
async def test_a_foreign_cursor_is_refused(conversation: Conversation, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await conversation.store.page(TENANT, cursor=cursor)
    assert refused.value.code == "cursor_invalid"


async def test_a_stage_set_by_people_counts_as_a_change(conversation: Conversation) -> None:
    await conversation.store.set_stage(TENANT, THREAD, Stage.POST_CLOSE)
    thread = await conversation.thread()
    assert (thread.stage, thread.version) == (Stage.POST_CLOSE, 2)


async def test_nothing_is_added_to_an_unknown_thread(conversation: Conversation) -> None:
    with pytest.raises(NotFound):
        await conversation.threads.add(TENANT, "thr_unknown", [], [Event(type="message")])
    with pytest.raises(NotFound):
        await conversation.threads.note_action(
            TENANT, "thr_unknown", favorites=["home"], handoff=None, events=[]
        )
    with pytest.raises(NotFound):
        await conversation.threads.announce(TENANT, "thr_unknown", "x", action_id="act_1")
    assert await conversation.services.events.after(TENANT, "thr_unknown", -1) == []


async def test_messages_are_read_from_where_one_left_off(conversation: Conversation) -> None:
    for n in range(5):
        await conversation.say(f"text {n}")
    store = conversation.store
    after = await store.messages(TENANT, THREAD, after=2)
    assert [message.turn_index for message in after] == [3, 4]
    assert len(await store.messages(TENANT, THREAD, limit=2)) == 2
    assert await store.messages("rival", THREAD) == []
