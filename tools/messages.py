"""Texts and e-mails to a lead, each seen by a person before it leaves."""

from pydantic import BaseModel, ConfigDict, Field

from agent.ai.safety.checked import unfair
from agent.approvals.models import EFFECTIVE, Approval
from agent.errors import Conflict, InvalidInput
from agent.leads.consent import Channel, may_send
from agent.leads.models import Lead
from agent.services import Services
from agent.tenants.models import Community
from tools.call import Call
from tools.outgoing import require_sayable
from tools.text import FreeText

_INTRODUCED = "{community}: {text} Reply STOP to end."


class MessageArgs(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    channel: Channel
    text: FreeText = Field(min_length=1, max_length=2000)
    contact: str | None = None


class MessageStored(MessageArgs):
    """The stored arguments of send_message."""

    text: FreeText = Field(min_length=1, max_length=2400)
    contact: str


async def send_message(call: Call, args: MessageArgs) -> Approval:
    contact = call.contact()
    await require_sayable(call.services, call.tenant_id, call.community, args.text)

    async def write() -> Approval:
        if call.answers is not None:
            await _take(call, call.answers)
        lead = await _consenting(call.services, call.tenant_id, call.lead_id, args.channel)
        text = introduced(args.text, call.community, lead) if args.channel == "sms" else args.text
        stored = MessageStored(channel=args.channel, text=text, contact=contact)
        return await call.propose(
            "send_message",
            stored.model_dump(),
            f"Send this {'text' if args.channel == 'sms' else 'e-mail'}: {text}",
        )

    return await call.services.repository.transact(write)


async def _take(call: Call, message_id: str) -> None:
    """The reply is proposed once, whoever tries."""
    store = call.services.threads.store
    if not await store.mark_sent(call.tenant_id, call.thread_id, message_id):
        raise Conflict("reply_sent_before", "This reply is proposed already; decide that action.")


def introduced(text: str, community: Community, lead: Lead) -> str:
    """`text`; the first one a lead gets names who writes and how to stop it."""
    if lead.consent.introduced_at is not None:
        return text
    return _INTRODUCED.format(community=community.name, text=text)


async def settle_message(services: Services, tenant_id: str, approval: Approval) -> None:
    """Nothing leaves without a consent that still stands."""
    if approval.status in EFFECTIVE:
        args = MessageStored.model_validate(approval.args)
        if approval.proposed_args is not None and (rules := unfair(args.text)):
            raise InvalidInput(
                "message_refused", f"The rule {rules[0]} refuses a part of this text; word it anew."
            )
        await _consenting(services, tenant_id, approval.lead_id, args.channel)
        if args.channel == "sms":
            await services.leads.introduce(tenant_id, approval.lead_id)


async def _consenting(services: Services, tenant_id: str, lead_id: str, channel: Channel) -> Lead:
    """The lead, where it may be written to at some hour of the day."""
    lead = await services.leads.get(tenant_id, lead_id)
    if await services.leads.refuses(tenant_id, lead):
        raise Conflict("contact_opted_out", "The lead wants no messages; write none.")
    may_send(lead, channel, services.clock.now())
    return lead
