"""A person who comes by another way than the chat: found or taken in, heard, answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.errors import NotFound
from agent.kit.ids import new_id
from agent.kit.text import validate_message
from agent.leads.intake import LeadDraft
from agent.leads.models import Lead
from agent.privacy.models import Contact
from agent.services import Services
from agent.tenants.models import Community
from agent.threads.models import Message, Role, Thread, ThreadStatus
from graphs.inbound import answering
from graphs.inbound.texting import Wish, wish_of
from graphs.opening import open_thread
from graphs.redaction import redacted
from tools import optout

_WROTE_FIRST = "The lead wrote to us by text message."


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote, without contact data, and what it wants of the consent."""

    text: str
    contact: Contact
    """What the text gave away."""
    wish: tuple[Wish, str] | None


async def heard(services: Services, tenant_id: str, text: str, channel: str) -> Said:
    """Read a text. Raises InvalidInput, TooLarge."""
    written = validate_message(text)
    clean = await redacted(services, tenant_id, written, name_expected=False)
    return Said(clean.text, clean.contact, wish_of(written, channel, services.clock.now()))


async def thread_of(
    services: Services,
    tenant_id: str,
    lead: Lead,
    community: Community,
    *,
    channel: str,
) -> Thread:
    """The lead's newest open thread of `channel`, else a new one; joins the transaction.

    Threads of other channels stay apart: who writes there has not shown to be the same person.
    """
    standing = await services.threads.store.page(tenant_id, lead_id=lead.lead_id, limit=50)
    for thread in standing.items:
        if thread.source == channel and thread.status is not ThreadStatus.CLOSED:
            return thread
    return await open_thread(services, tenant_id, lead.lead_id, community, source=channel)


async def say(
    services: Services, tenant_id: str, thread: Thread, said: Said, *, channel: str
) -> Mapping[str, Any]:
    """Add the message to its thread, to be answered by the agent; joins the transaction.

    What ends or renews the consent does just that, and is not answered.
    """
    given = {"lead_id": thread.lead_id, "thread_id": thread.thread_id}
    if said.wish is None:
        if said.contact != Contact():
            await services.leads.learn_contact(tenant_id, thread.lead_id, said.contact)
        accepted = await services.threads.accept(
            tenant_id, thread.thread_id, said.text, channel=answering.channel(channel)
        )
        return {**given, "message_id": accepted.message.message_id, "answer": "follows"}
    wish, word = said.wish
    message = Message(
        message_id=new_id("msg"),
        turn_index=0,
        role=Role.LEAD,
        text=said.text,
        timestamp=services.clock.now(),
        stage=thread.stage,
    )
    told = []
    if wish == "start":
        await services.leads.opt_in(tenant_id, thread.lead_id, source=channel, text=word)
    elif await optout.opt_out(services, tenant_id, thread, source=channel, text=word):
        told = [optout.EVENT]
    await services.threads.add(tenant_id, thread.thread_id, [message], told)
    consent = "given" if wish == "start" else "withdrawn"
    return {**given, "message_id": message.message_id, "consent": consent}


async def writer(services: Services, tenant_id: str, draft: LeadDraft, *, channel: str) -> Lead:
    """Who wrote, found or taken in; joins the transaction.

    Who texts us first may be texted back, unless they have opted out.
    """
    lead = (await services.intake.take_in(tenant_id, draft)).lead
    may_agree = not (lead.consent.sms or lead.consent.opted_out_at)
    if channel == "sms" and may_agree and not await services.leads.refuses(tenant_id, lead):
        await services.leads.opt_in(tenant_id, lead.lead_id, source=channel, text=_WROTE_FIRST)
    return lead


async def known_thread(services: Services, tenant_id: str, thread_id: str) -> Thread:
    """Raises NotFound `thread_not_found`, for one that is closed too."""
    thread = await services.threads.get(tenant_id, thread_id)
    if thread.status is ThreadStatus.CLOSED:
        raise NotFound("thread_not_found", f"There is no open thread {thread_id[:80]!r}.")
    return thread
