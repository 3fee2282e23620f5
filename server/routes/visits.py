"""A visitor comes: a thread of their own, the token for it, and what it holds."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import InvalidInput, Unauthenticated
from agent.kit.tokens import Issued
from agent.leads.intake import LeadDraft
from agent.privacy.models import Contact
from agent.privacy.pii import redact
from agent.services import Services
from agent.threads.models import Stage
from graphs.answer import Answer, ThreadView
from server.actors import Actor
from server.contact import ContactFields, Name
from server.deps import (
    NO_CREDENTIAL_TOO,
    Anyone,
    Renewed,
    Serving,
    TheRuntime,
    TheServices,
    Visitor,
)
from server.errors import problems
from server.limits import starting
from server.origins import require_origin
from server.routes.threads import Line
from server.scopes import Scope

router = APIRouter(prefix="/api/agent", tags=["conversation"])

HISTORY = 200
"""Messages of a thread that its visitor is shown, the newest."""


class LeadContact(ContactFields):
    consent_sms: bool = False
    """The lead has agreed to be texted."""


class StartRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "message": "Hi, I'm looking for a two-bedroom.",
                "lead": {"name": "Sam Lee", "email": "sam@lee.example"},
            }
        },
    )

    community: Name | None = None
    """A public site key; default: the default community."""
    lead: LeadContact = Field(default_factory=LeadContact)
    identity_token: Annotated[str, Field(min_length=1, max_length=5000)] | None = None
    """Who it is, signed by the site's own server; then `lead` holds no contact."""
    listing_id: Name | None = None
    """The home whose page the chat was opened on."""
    source: Name | None = None
    message: str | None = None
    """The lead's first message; answered at once."""


class Token(BaseModel):
    thread_id: str
    visitor_token: str
    expires_at: datetime


class StartResponse(Token):
    disclosure: str
    """Show it before the first message is sent."""
    stage: Stage
    reply: str | None = None
    answer: Answer | None = None
    """The whole answer to `message`."""


class OwnThread(ThreadView):
    messages: list[Line]


@router.post(
    "/start",
    status_code=201,
    openapi_extra=NO_CREDENTIAL_TOO,
    summary="Start a conversation",
    description="Open to everyone. With an API key (`threads:write`) the key names the tenant.",
    responses=problems(400, 401, 403, 404, 413, 415, 429),
)
async def start(
    request: Request, body: StartRequest, state: Serving, actor: Anyone
) -> StartResponse:
    tenant_id, community_id = await _site(body, request, state, actor)
    await starting(request, state.services, tenant_id, actor)
    source = redact(body.source, name_expected=False).text if body.source else None
    known = await _identified(body, tenant_id, community_id, state.services)
    started = await state.runtime.start(
        tenant_id,
        community_id=community_id,
        contact=body.lead.contact(),
        consent_sms=body.lead.consent_sms,
        source=source,
        listing_id=body.listing_id,
        message=body.message,
        known=known and known.model_copy(update={"source": source}),
    )
    issued = state.visitors.issue(tenant_id, started.thread_id, request.headers.get("origin"))
    return StartResponse(
        **_token(started.thread_id, issued),
        disclosure=started.disclosure,
        stage=started.stage,
        reply=started.answer.reply if started.answer else None,
        answer=started.answer,
    )


@router.post("/token", summary="Renew a visitor token", responses=problems(401, 403, 404))
async def renew(actor: Visitor, renewed: Renewed, services: TheServices) -> Token:
    thread = await services.threads.get(actor.tenant_id, str(actor.thread_id))
    return Token(**_token(thread.thread_id, renewed))


@router.get("/thread", summary="The visitor's own thread", responses=problems(401, 403, 404))
async def own_thread(actor: Visitor, runtime: TheRuntime) -> OwnThread:
    tenant_id, thread_id = actor.tenant_id, str(actor.thread_id)
    view = await runtime.view(tenant_id, thread_id)
    threads = runtime.services.threads
    thread = await threads.get(tenant_id, thread_id)
    messages = await threads.store.messages(
        tenant_id, thread_id, after=thread.next_turn - 1 - HISTORY, limit=HISTORY
    )
    return OwnThread(**dict(view), messages=[Line.of(message) for message in messages])


async def _site(
    body: StartRequest, request: Request, state: Serving, actor: Actor | None
) -> tuple[str, str]:
    """The tenant and community a conversation belongs to."""
    tenants = state.services.tenants
    if actor is not None and actor.thread_id is None:
        actor.require(Scope.THREADS_WRITE)
        named = await tenants.community(actor.tenant_id, body.community)
        return actor.tenant_id, named.community_id
    tenant_id, community = await tenants.site(body.community)
    require_origin(community, request)
    return tenant_id, community.community_id


async def _identified(
    body: StartRequest, tenant_id: str, community_id: str, services: Services
) -> LeadDraft | None:
    """Whom the identity token names; None without one. Raises Unauthenticated `identity_…`."""
    if body.identity_token is None:
        return None
    if body.lead.contact() != Contact():
        raise InvalidInput(
            "identity_contact_twice",
            "Leave name, email and phone out of `lead`: the identity token says who it is.",
        )
    said = await services.identities.verify(tenant_id, community_id, body.identity_token)
    try:
        fields = ContactFields(name=said.name, email=said.email, phone=said.phone)
    except ValidationError as error:
        wrong = error.errors()[0]["loc"][0]
        raise Unauthenticated(
            "identity_invalid", f"The identity token's claim {wrong} is not usable; mend it."
        ) from None
    return LeadDraft(
        external_id=said.external_id,
        contact=fields.contact(),
    )


def _token(thread_id: str, issued: Issued) -> dict[str, Any]:
    return {
        "thread_id": thread_id,
        "visitor_token": issued.token,
        "expires_at": issued.expires_at,
    }
