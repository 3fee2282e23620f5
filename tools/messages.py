"""Texts and e-mails to a lead, each seen by a person before it leaves."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.ai.safety.checked import unfair
from agent.approvals.models import EFFECTIVE, Approval
from agent.errors import Conflict, InvalidInput
from agent.services import Services
from tools.call import Call
from tools.outgoing import require_sayable
from tools.text import FreeText

Channel = Literal["sms", "email"]
_NEEDS: dict[Channel, str] = {"sms": "phone", "email": "email"}


class MessageArgs(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    channel: Channel
    text: FreeText = Field(min_length=1, max_length=2000)
    contact: str | None = None


class MessageStored(MessageArgs):
    """The stored arguments of send_message."""

    contact: str


async def send_message(call: Call, args: MessageArgs) -> Approval:
    stored = MessageStored(channel=args.channel, text=args.text, contact=call.contact())
    await require_sayable(call.services, call.tenant_id, call.community, stored.text)

    async def write() -> Approval:
        await _require_consent(call.services, call.tenant_id, call.lead_id, args.channel)
        return await call.propose(
            "send_message",
            stored.model_dump(),
            f"Send this {'text' if args.channel == 'sms' else 'e-mail'}: {stored.text}",
        )

    return await call.services.repository.transact(write)


async def settle_message(services: Services, tenant_id: str, approval: Approval) -> None:
    """Nothing leaves without a consent that still stands."""
    if approval.status in EFFECTIVE:
        args = MessageStored.model_validate(approval.args)
        if approval.proposed_args is not None and (rules := unfair(args.text)):
            raise InvalidInput(
                "message_refused", f"The rule {rules[0]} refuses a part of this text; word it anew."
            )
        await _require_consent(services, tenant_id, approval.lead_id, args.channel)


async def _require_consent(
    services: Services, tenant_id: str, lead_id: str, channel: Channel
) -> None:
    lead = await services.leads.get(tenant_id, lead_id)
    if lead.consent.opted_out_at:
        raise Conflict("contact_opted_out", "The lead wants no messages; write none.")
    if _NEEDS[channel] not in lead.hashes:
        raise Conflict("contact_missing", f"Ask for the lead's {_NEEDS[channel]} first.")
    if channel == "sms" and not lead.consent.sms:
        raise Conflict("consent_missing", "The lead has not agreed to be texted; use e-mail.")
