import pytest

from agent.approvals.models import ApprovalStatus
from agent.errors import Conflict, InvalidInput
from agent.leads.models import Consent
from agent.privacy.models import Contact
from tests.tools.conftest import REJECT, TENANT, Floor, edit
from tools.executor import Toolbox


async def reached(floor: Floor, contact: Contact, *, sms: bool) -> Toolbox:
    """A toolbox for a lead of whom just this is known."""
    floor.lead = await floor.services.leads.create(
        TENANT, contact=contact, consent=Consent(sms=sms), source=None
    )
    return await floor.toolbox()


@pytest.mark.parametrize(("channel", "word"), [("sms", "text"), ("email", "e-mail")])
async def test_a_person_sees_a_message_before_it_leaves(
    floor: Floor, channel: str, word: str
) -> None:
    await floor.services.leads.introduce(TENANT, floor.lead.lead_id)
    tools = await floor.toolbox()
    approval = await tools.use("send_message", channel=channel, text=" See you at 2. ")
    assert approval.description == f"Send this {word}: See you at 2."
    assert await floor.deliveries() == []
    await floor.decide(approval)
    [delivery] = await floor.deliveries()
    assert delivery.args == {
        "channel": channel,
        "text": "See you at 2.",
        "contact": floor.lead.contact_ref,
    }


async def test_the_first_text_names_the_community_and_how_to_stop(floor: Floor) -> None:
    tools = await floor.toolbox()
    first = await tools.use("send_message", channel="sms", text="See you at 2.")
    name = tools.call.community.name
    assert first.args["text"] == f"{name}: See you at 2. Reply STOP to end."
    await floor.decide(first)
    second = await (await floor.toolbox()).use("send_message", channel="sms", text="Bring an ID.")
    assert second.args["text"] == "Bring an ID."


async def test_a_text_needs_consent(floor: Floor) -> None:
    contact = Contact(email="sam@lee.example", phone="+15035550142")
    tools = await reached(floor, contact, sms=False)
    with pytest.raises(Conflict) as refused:
        await tools.use("send_message", channel="sms", text="hi")
    assert refused.value.code == "consent_missing"
    assert await floor.pending() == []
    assert await tools.use("send_message", channel="email", text="hi")


@pytest.mark.parametrize(
    ("contact", "channel"),
    [
        (Contact(email="sam@lee.example"), "sms"),
        (Contact(phone="+15035550142"), "email"),
    ],
)
async def test_a_message_needs_an_address_of_its_kind(
    floor: Floor, contact: Contact, channel: str
) -> None:
    tools = await reached(floor, contact, sms=True)
    with pytest.raises(Conflict) as refused:
        await tools.use("send_message", channel=channel, text="hi")
    assert refused.value.code == "contact_missing"


async def test_an_edit_does_not_get_around_the_consent(floor: Floor) -> None:
    contact = Contact(email="sam@lee.example", phone="+15035550142")
    tools = await reached(floor, contact, sms=False)
    approval = await tools.use("send_message", channel="email", text="hi")
    with pytest.raises(Conflict) as refused:
        await floor.decide(approval, edit(channel="sms"))
    assert refused.value.code == "consent_missing"
    assert await floor.pending() == [approval.action_id]
    assert await floor.deliveries() == []
    assert (await floor.decide(approval)).status is ApprovalStatus.APPROVED


async def test_a_consent_withdrawn_meanwhile_counts(floor: Floor) -> None:
    approval = await (await floor.toolbox()).use("send_message", channel="sms", text="hi")
    await floor.services.repository.scoped("leads", TENANT).update(
        {"lead_id": floor.lead.lead_id}, {"$set": {"consent.sms": False}}
    )
    with pytest.raises(Conflict):
        await floor.decide(approval)
    assert (await floor.decide(approval, REJECT)).status is ApprovalStatus.REJECTED


async def test_the_words_can_be_edited_and_the_contact_cannot(floor: Floor) -> None:
    approval = await (await floor.toolbox()).use("send_message", channel="sms", text="hi")
    for args in ({"contact": "con_2"}, {"text": ""}, {"channel": "pigeon"}, {"subject": "x"}):
        with pytest.raises(InvalidInput):
            await floor.decide(approval, edit(**args))
    decided = await floor.decide(approval, edit(text="Hello, see you at 2."))
    assert decided.args["text"] == "Hello, see you at 2."
    assert decided.proposed_args == approval.args


async def test_several_messages_wait_side_by_side(floor: Floor) -> None:
    tools = await floor.toolbox()
    for text in ("one", "two", "two"):
        await tools.use("send_message", channel="email", text=text)
    assert len(await floor.pending()) == 2
