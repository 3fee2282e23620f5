"""What a route may ask for in its signature; async, for FastAPI gives others a thread each."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from agent.errors import Forbidden, Unauthenticated
from agent.kit.tokens import Issued, kid_of
from agent.services import Services
from agent.tenants.keys import PREFIX
from graphs.chatbot.runtime import Chatbot
from graphs.runtime import Runtime
from graphs.tickets.runtime import TicketDesk
from server.actors import Actor
from server.origins import origin_of
from server.scopes import Scope
from server.state import State


class _Bearer(HTTPBearer):
    """`Authorization: Bearer …`; LangGraph's clients say `X-Api-Key: …` instead."""

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        key = request.headers.get("x-api-key")
        if key and "authorization" not in request.headers:
            return HTTPAuthorizationCredentials(scheme="Bearer", credentials=key)
        return await super().__call__(request)


_bearer = _Bearer(
    scheme_name="bearer",
    description="The access token of `POST /api/auth/login`, an API key (`lk_…`), or the visitor "
    "token that `POST /api/agent/start` gave.",
    auto_error=False,
)
Credential = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


def state_of(request: Request) -> State:
    state: State = request.app.state.serving
    return state


async def _serving(request: Request) -> State:
    return state_of(request)


Serving = Annotated[State, Depends(_serving)]


async def _services(state: Serving) -> Services:
    return state.services


async def _runtime(state: Serving) -> Runtime:
    return state.runtime


async def _tickets(state: Serving) -> TicketDesk:
    return state.tickets


async def _chatbot(state: Serving) -> Chatbot:
    return state.chatbot


async def _anyone(request: Request, state: Serving, credential: Credential) -> Actor | None:
    actor = await _identified(request, state, credential)
    # for whoever logs the request
    request.state.actor = actor
    return actor


async def _identified(request: Request, state: State, credential: Credential) -> Actor | None:
    if credential is None:
        if "authorization" in request.headers:
            raise Unauthenticated(
                "credential_invalid", "Send Authorization: Bearer <key or token>."
            )
        return None
    secret = credential.credentials
    if secret.startswith(PREFIX):
        key = await state.services.keys.verify(secret)
        if key is None:
            raise Unauthenticated("key_invalid", "The API key is unknown or revoked.")
        return Actor.of_key(key)
    if kid_of(secret) == state.services.sessions.kid:
        return Actor.of_user(await state.services.sessions.verify(secret))
    return state.visitors.actor(secret, origin_of(request))


async def who(request: Request) -> Actor | None:
    """Whoever asks; None without a credential. Raises Unauthenticated."""
    return await _anyone(request, state_of(request), await _bearer(request))


async def _someone(actor: Annotated[Actor | None, Depends(_anyone)]) -> Actor:
    if actor is None:
        raise Unauthenticated("credential_missing", "Send Authorization: Bearer <key or token>.")
    return actor


async def _visitor(actor: Annotated[Actor, Depends(_someone)]) -> Actor:
    if actor.thread_id is None:
        raise Forbidden("visitor_only", "This needs the visitor token of a thread.")
    return actor


async def _renewed(
    request: Request,
    state: Serving,
    credential: Credential,
    actor: Annotated[Actor, Depends(_visitor)],
) -> Issued:
    assert credential is not None
    return state.visitors.renew(credential.credentials, origin_of(request))


async def _user(actor: Annotated[Actor, Depends(_someone)]) -> Actor:
    if actor.user_id is None:
        raise Forbidden("user_only", "This needs the access token of a user; log in.")
    return actor


class _Scoped:
    """Admits the users and API keys that have the scope."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def __call__(self, actor: Annotated[Actor, Depends(_someone)]) -> Actor:
        actor.require(self._scope)
        return actor


def scoped(scope: Scope) -> _Scoped:
    """The dependency of a route for users and API keys with `scope`."""
    return _Scoped(scope)


NO_CREDENTIAL_TOO: dict[str, Any] = {"security": [{}]}
"""The openapi_extra of a route that answers without a credential as well."""
TheServices = Annotated[Services, Depends(_services)]
TheRuntime = Annotated[Runtime, Depends(_runtime)]
TheTickets = Annotated[TicketDesk, Depends(_tickets)]
TheChatbot = Annotated[Chatbot, Depends(_chatbot)]
Anyone = Annotated[Actor | None, Depends(_anyone)]
"""Whoever asks; None without a credential."""
Someone = Annotated[Actor, Depends(_someone)]
Visitor = Annotated[Actor, Depends(_visitor)]
User = Annotated[Actor, Depends(_user)]
Renewed = Annotated[Issued, Depends(_renewed)]
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")]
