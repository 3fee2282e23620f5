"""Texts and e-mails to a lead, each seen by a person before it leaves."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.approvals.models import Approval
from tools.call import Call


class MessageArgs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel: Literal["sms", "email"]
    text: str = Field(min_length=1, max_length=2000)


class MessageStored(MessageArgs):
    """The stored arguments of send_message."""

    contact: str


async def send_message(call: Call, args: MessageArgs) -> Approval:
    stored = MessageStored(contact=call.contact(), **args.model_dump())
    return await call.services.repository.transact(
        lambda: call.propose(
            "send_message",
            stored.model_dump(),
            f"Send this {'text' if args.channel == 'sms' else 'e-mail'}: {args.text}",
        )
    )
