"""What the agent answers to a text or an e-mail goes out as a message, once each."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from agent.approvals.models import Approval, Decision
from agent.errors import Unavailable
from agent.events.models import Event
from agent.inbound.models import Source
from agent.kit.ids import new_id
from agent.kit.signatures import Verified
from agent.outbox.models import Delivery, DeliveryState
from agent.services import Services
from agent.threads.models import Message, Role
from graphs.inbound import answering
from graphs.inbound.receive import receive
from graphs.runtime import Runtime
from tools import optout
from tools.connectors.table import make_dispatcher

TENANT = "default"
PHONE, EMAIL = "+15035550142", "sam@lee.example"
WISH = "Hi, I'm looking for a two bedroom in Portland under 3000"
APPROVE = Decision(decision="approve")


@dataclass
class Texting:
    """A lead who writes by text or e-mail, and the office."""

    runtime: Runtime
    thread_id: str = ""

    @property
    def services(self) -> Services:
        return self.runtime.services

    async def receive(self, data: dict[str, object]) -> str:
        source = Source(
            source_id="src_1", tenant_id=TENANT, name="sms", created_at=self.services.clock.now()
        )
        verified = Verified(new_id("msg"), int(self.services.clock.now().timestamp()))
        received = await receive(self.runtime, source, verified, "message.received", data)
        self.thread_id = str(received.thread_id)
        return self.thread_id

    async def text(self, text: str, channel: str = "sms", **more: object) -> None:
        sender = {} if "thread_id" in more else {"from": EMAIL if channel == "email" else PHONE}
        await self.receive({"channel": channel, "text": text, **sender, **more})
        await self.settled()

    async def settled(self) -> None:
        """Every turn has run to its end in this process."""
        await self.runtime.caught_up(TENANT, self.thread_id)
        await self.runtime.close()

    async def rows(self) -> list[Approval]:
        """Those of replies in the order of the replies."""
        rows = (await self.services.approvals.store.page(TENANT)).items
        return sorted(rows, key=lambda row: -row.turn)

    async def decide(self, row: Approval, decision: Decision = APPROVE) -> Approval:
        done = await self.runtime.decide(TENANT, row.action_id, decision, actor="user:ann")
        await self.settled()
        return done

    async def lines(self) -> list[Message]:
        return await self.services.threads.store.messages(TENANT, self.thread_id)

    async def reply(self) -> Message:
        return [line for line in await self.lines() if line.role is Role.AGENT][-1]

    async def deliveries(self) -> list[Delivery]:
        dispatcher = make_dispatcher(self.services)
        while await dispatcher.run_once():
            pass
        return (await self.services.outbox.store.page(TENANT)).items

    async def auto(self) -> None:
        tenants = self.services.tenants
        community = await tenants.community(TENANT, None)
        await tenants.put_community(
            TENANT, community.model_copy(update={"approval": {"send_message": "auto"}})
        )

    async def unsent(self) -> int:
        return len(await self.services.threads.store.unsent())

    async def audit(self, kind: str) -> list[dict[str, Any]]:
        rows = await self.services.repository.scoped("audit", TENANT).find({"kind": kind})
        return [row["data"] for row in rows]


@pytest.fixture
def lead(runtime: Runtime) -> Texting:
    return Texting(runtime)


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The process dies between the turn and the proposal, until `undo`."""

    async def dies(*_: object) -> None:
        raise Unavailable("database_away", "Gone.")

    monkeypatch.setattr(answering, "_propose", dies)
    return monkeypatch


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_the_reply_waits_for_a_person_and_is_delivered(lead: Texting, channel: str) -> None:
    await lead.text(WISH, channel)
    [row] = await lead.rows()
    reply = await lead.reply()
    assert (row.action, row.status, row.args["channel"]) == ("send_message", "pending", channel)
    assert reply.role is Role.AGENT
    assert reply.text.split("\n")[0] in row.args["text"]
    assert row.excerpt[-1] == f"lead: {WISH}"
    assert await lead.unsent() == 0
    assert PHONE not in str(row)
    assert await lead.deliveries() == []
    await lead.decide(row)
    [delivery] = await lead.deliveries()
    assert (delivery.state, delivery.args) == (DeliveryState.DONE, row.args)


async def test_it_leaves_at_once_where_the_community_lets_it(lead: Texting) -> None:
    await lead.auto()
    await lead.text(WISH)
    [row] = await lead.rows()
    assert (row.status, row.decided_by) == ("approved", "policy:auto")
    [delivery] = await lead.deliveries()
    assert delivery.state is DeliveryState.DONE
    assert len(delivery.args["text"]) <= answering.LONGEST_TEXT
    assert "Reply STOP to end" in delivery.args["text"]
    await lead.text("Does the first one allow dogs?")
    _, second = await lead.rows()
    assert "Reply STOP" not in second.args["text"]
    assert len(await lead.deliveries()) == 2


async def test_what_became_of_it_is_no_news_to_the_lead(lead: Texting) -> None:
    await lead.text(WISH)
    [row] = await lead.rows()
    before = await lead.lines()
    await lead.decide(row)
    after = await lead.lines()
    assert [line.role for line in after[len(before) :]] == [Role.SYSTEM]
    await lead.runtime.sweep()
    assert len(await lead.rows()) == 1
    # what the agent asked last is still the question that is answered next
    await lead.text("I'd like to tour the first one")
    assert (await lead.reply()).slots
    assert len(await lead.rows()) == 2


@pytest.mark.parametrize("decision", ["reject", "dismiss"])
async def test_a_refused_one_is_not_said_otherwise(lead: Texting, decision: str) -> None:
    await lead.text(WISH)
    [row] = await lead.rows()
    await lead.decide(row, Decision.model_validate({"decision": decision}))
    assert len(await lead.rows()) == 1
    assert await lead.deliveries() == []


async def test_what_a_person_answers_in_its_place_goes_out_too(lead: Texting) -> None:
    await lead.text(WISH)
    [row] = await lead.rows()
    await lead.decide(row, Decision(decision="respond", message="We have one on Alder Street."))
    _, note = await lead.rows()
    assert "Alder Street" in note.args["text"]
    await lead.decide(note)
    assert len(await lead.rows()) == 2
    assert len(await lead.deliveries()) == 1


async def test_the_outcome_of_a_tour_is_texted(lead: Texting) -> None:
    await lead.auto()
    await lead.text(WISH)
    await lead.text("I'd like to tour the first one")
    await lead.text((await lead.reply()).slots[0]["label"])
    await lead.text("I'm Sam Lee, sam@lee.example")
    await lead.text("yes please")
    texts = len(await lead.deliveries())
    [tour] = [row for row in await lead.rows() if row.action == "schedule_tour"]
    await lead.decide(tour)
    assert "booked" in (await lead.reply()).text
    sent = [row for row in await lead.deliveries() if row.action == "send_message"]
    assert len(sent) == texts + 1
    assert any("booked" in row.args["text"] for row in sent)
    await lead.runtime.sweep()
    assert len([row for row in await lead.rows() if row.action == "send_message"]) == texts + 1


async def test_a_message_of_staff_in_such_a_thread_brings_no_other(lead: Texting) -> None:
    await lead.text(WISH)
    acted = await lead.runtime.act(
        TENANT,
        lead.thread_id,
        "send_message",
        {"channel": "sms", "text": "See you at 2."},
        trusted=True,
        actor="user:ann",
    )
    row = await lead.services.approvals.get(TENANT, str(acted.action_id))
    lines = len(await lead.lines())
    await lead.decide(row)
    assert len(await lead.lines()) == lines + 1
    assert len(await lead.rows()) == 2


async def test_after_a_crash_the_sweep_proposes_it_once(
    lead: Texting, crash: pytest.MonkeyPatch
) -> None:
    await lead.text(WISH)
    await lead.runtime.sweep()
    assert (await lead.rows(), await lead.unsent()) == ([], 1)
    crash.undo()
    await asyncio.gather(*(answering.sweep(lead.services) for _ in range(5)))
    [row] = await lead.rows()
    assert row.answers == (await lead.reply()).message_id
    await lead.decide(row)
    await lead.runtime.sweep()
    assert (len(await lead.rows()), await lead.unsent()) == (1, 0)
    assert await lead.audit("reply.not_sent") == []


async def test_every_reply_goes_out_once_although_they_come_together(lead: Texting) -> None:
    texts = [f"Is there a home under {rent}?" for rent in range(2000, 2800, 100)]
    first, *rest = texts
    await lead.text(first)
    sending = (lead.receive({"channel": "sms", "from": PHONE, "text": text}) for text in rest)
    await asyncio.gather(*sending)
    await lead.settled()
    replies = [line.message_id for line in await lead.lines() if line.answers]
    assert sorted(str(row.answers) for row in await lead.rows()) == sorted(replies)


async def test_nothing_goes_to_who_has_opted_out(lead: Texting, crash: pytest.MonkeyPatch) -> None:
    await lead.text(WISH)
    await lead.text("STOP")
    crash.undo()
    await lead.runtime.sweep()
    assert (await lead.rows(), await lead.unsent()) == ([], 0)
    assert [each["reason"] for each in await lead.audit("reply.not_sent")] == ["contact_opted_out"]
    thread = await lead.services.threads.get(TENANT, lead.thread_id)
    assert thread.status == "open"
    # what confirms the opt-out is all that leaves
    [confirmation] = await lead.deliveries()
    assert "START" in confirmation.args["text"]


async def test_one_that_waits_is_withdrawn_with_the_opt_out(lead: Texting) -> None:
    await lead.text(WISH)
    thread = await lead.services.threads.get(TENANT, lead.thread_id)
    await lead.services.repository.transact(
        lambda: optout.opt_out(lead.services, TENANT, thread, source="email")
    )
    await lead.runtime.sweep()
    assert [row.status for row in await lead.rows()] == ["superseded"]


async def test_what_comes_in_the_chat_is_answered_in_the_chat(lead: Texting) -> None:
    started = await lead.runtime.start(TENANT, message=WISH)
    await lead.text("And with parking?", "chat", thread_id=started.thread_id)
    assert (await lead.rows(), await lead.unsent()) == ([], 0)


async def test_where_nobody_may_be_written_to_a_person_is_asked(lead: Texting) -> None:
    """A text in a thread whose lead has not agreed to texts."""
    started = await lead.runtime.start(TENANT, message=WISH)
    await lead.text("And with parking?", thread_id=started.thread_id)
    assert await lead.rows() == []
    assert [each["reason"] for each in await lead.audit("reply.not_sent")] == ["contact_missing"]
    thread = await lead.services.threads.get(TENANT, lead.thread_id)
    assert (thread.status, thread.handoff_reason) == ("handed_off", "an answer could not be sent")
    events = await lead.services.repository.scoped("events", TENANT).find(
        {"thread_id": lead.thread_id, "type": "handoff.requested"}
    )
    assert [Event.model_validate(row).data["reason"] for row in events] == [
        "an answer could not be sent"
    ]


async def test_a_turn_that_is_rolled_back_sends_nothing(lead: Texting) -> None:
    await lead.text(WISH)
    # it waits, and nothing has begun to answer it
    await lead.services.threads.accept(TENANT, lead.thread_id, "And parking?", channel="sms")
    await lead.runtime.reply(TENANT, lead.thread_id, "No, in Seattle", on_busy="rollback")
    await lead.settled()
    answered = {id for line in await lead.lines() for id in line.answers}
    [withdrawn] = [line for line in await lead.lines() if line.withdrawn]
    assert withdrawn.message_id not in answered
    replies = [line.message_id for line in await lead.lines() if line.channel and line.answers]
    assert [row.answers for row in await lead.rows()] == replies
