"""The agent's reply to a text or an e-mail, proposed as a message to the lead: once each."""

import logging
from collections.abc import Sequence

from agent.errors import InvalidInput, LatchkeyError, TooBusy, Unavailable
from agent.events.models import Event
from agent.leads.models import Lead
from agent.privacy.pii import CONTACT, redact
from agent.services import Services
from agent.tenants.models import Community
from agent.threads.models import Channel, Message, Role, Thread
from graphs.inbound.wording import cut, plain, texted
from tools.call import Call
from tools.catalog import CATALOG
from tools.executor import Toolbox
from tools.messages import introduced

log = logging.getLogger(__name__)

LONGEST_TEXT = 480
"""Characters of a text message, with what introduces the first one: three parts at most."""
LONGEST_EMAIL = 2000
_TOOL = "send_message"
_UNWANTED = frozenset({"contact_opted_out", "lead_not_found", "thread_not_found"})
"""Why a reply is not sent and nobody has to see to it."""
_NOT_SENT = "an answer could not be sent"
_LINES = 6
_LINE = 300


def channel(name: str | None) -> Channel | None:
    """The way of this name, where a lead hears nothing of what stands in the thread alone."""
    return "sms" if name == "sms" else "email" if name == "email" else None


def channel_of(thread: Thread, answered: Sequence[Message]) -> Channel | None:
    """By which way the lead gets the reply to these: the one they took last.

    Of the outcome of an action they hear by the way in which the conversation began.
    """
    if answered[-1].role is Role.SYSTEM:
        return channel(thread.source)
    return next((each.channel for each in reversed(answered) if each.channel), None)


async def sweep(services: Services) -> None:
    """Propose what a dead process has left unsent, of all tenants."""
    for tenant_id, thread_id, reply in await services.threads.store.unsent():
        try:
            await answer(services, tenant_id, thread_id, reply)
        except Exception as error:
            # one thread must not hold up the others; the next sweep tries it again
            log.warning("answer in %s waits on: %s", thread_id, type(error).__name__)


async def answer(services: Services, tenant_id: str, thread_id: str, reply: Message) -> None:
    """Propose `reply` as a message, or note why it cannot be one; raises nothing of ours.

    What the moment does not allow is left to the sweep.
    """
    try:
        try:
            await _propose(services, tenant_id, thread_id, reply)
        except (Unavailable, TooBusy):
            raise
        except LatchkeyError as refusal:
            await _pass(services, tenant_id, thread_id, reply, refusal.code)
    except LatchkeyError as error:
        log.warning("answer in %s waits on: %s", thread_id, error.code)


async def _propose(services: Services, tenant_id: str, thread_id: str, reply: Message) -> None:
    thread = await services.threads.get(tenant_id, thread_id)
    lead = await services.leads.get(tenant_id, thread.lead_id)
    community = await services.tenants.community(tenant_id, thread.community_id)
    call = Call(
        services=services,
        tenant_id=tenant_id,
        thread_id=thread_id,
        lead_id=lead.lead_id,
        community=community,
        stage=thread.stage,
        turn=_place(reply),
        contact_ref=lead.contact_ref if lead.reachable else None,
        scopes=frozenset({CATALOG[_TOOL].scope}),
        answers=reply.message_id,
        excerpt=await _excerpt(services, tenant_id, thread_id, reply),
    )
    if reply.why is not None:
        call.why = reply.why
    text = _text(reply, community, lead)
    await Toolbox(call).use(_TOOL, channel=reply.channel, text=text)


def _place(reply: Message) -> int:
    """Where the action stands: in no turn, for the turn is over."""
    return -1 - reply.turn_index


def _text(reply: Message, community: Community, lead: Lead) -> str:
    if reply.channel == "email":
        text = cut(plain(reply.text), LONGEST_EMAIL)
    else:
        text = texted(reply.text, LONGEST_TEXT - len(introduced("", community, lead)))
    if redact(text, kinds=CONTACT).text != text:
        # a message has no contact data in it, even what the house publishes
        raise InvalidInput("reply_holds_contact", "Write to the lead yourself.")
    return text


async def _excerpt(services: Services, tenant_id: str, thread_id: str, reply: Message) -> list[str]:
    lines = await services.threads.store.messages(
        tenant_id, thread_id, after=reply.turn_index - 1 - _LINES, limit=_LINES
    )
    return [
        f"{line.role}: {line.text[:_LINE]}"
        for line in lines
        if line.role is not Role.SYSTEM and line.turn_index < reply.turn_index
    ]


async def _pass(
    services: Services, tenant_id: str, thread_id: str, reply: Message, reason: str
) -> None:
    """Leave the reply unsent for good, and have a person see to it where the lead waits."""

    async def write() -> None:
        if not await services.threads.store.mark_sent(tenant_id, thread_id, reply.message_id):
            return
        await services.audit.record(
            tenant_id,
            "reply.not_sent",
            thread_id,
            {"reason": reason, "message_id": reply.message_id},
            thread_id=thread_id,
        )
        if reason not in _UNWANTED:
            told = Event(type="handoff.requested", data={"reason": _NOT_SENT})
            await services.threads.note_action(
                tenant_id, thread_id, favorites=[], handoff=_NOT_SENT, events=[told]
            )

    await services.repository.transact(write)
