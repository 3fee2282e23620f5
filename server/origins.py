"""Which web pages may talk to the conversation routes."""

import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import Forbidden
from agent.tenants.models import Community
from agent.tenants.service import TenantService

CONVERSATION = ("/api/agent/", "/api/listings", "/api/chatbot/")
LANGGRAPH = ("/threads", "/runs/", "/assistants/", "/info", "/ok")
_REFRESH_SECONDS = 5.0
_MAX_LENGTH = 300
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, "
    "X-Api-Key, X-Auth-Scheme",
    "Access-Control-Max-Age": "600",
}

_EXPOSED = (
    "X-Trace-Id, Retry-After, Content-Location, "
    "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
)


def origin_of(connection: HTTPConnection) -> str | None:
    """The page a request comes from; None for a program.

    A browser leaves Origin out of a GET to the page's own server, whose address stands in then.
    """
    origin = connection.headers.get("origin")
    if origin is None and connection.scope["method"] in ("GET", "HEAD"):
        return f"{connection.url.scheme}://{connection.url.netloc}"
    return origin


def require_origin(community: Community, connection: HTTPConnection) -> str | None:
    """The Origin header, if the community admits it; our own pages are admitted always."""
    origin = connection.headers.get("origin")
    if origin is None or not community.origins or origin in community.origins:
        return origin
    if urlsplit(origin).netloc == connection.url.netloc:
        return origin
    raise Forbidden(
        "origin_not_allowed", "Add this page's origin to the community before it starts a chat."
    )


class CrossOrigin:
    """CORS for the routes under `prefixes`: the origins that some community admits, no cookies."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes
        self._admitted: frozenset[str] | None = frozenset()
        self._read_at = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefixes):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        allowed = await self._allowed(scope, origin)

        async def send_allowed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _mark(MutableHeaders(scope=message), origin if allowed else None)
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send_allowed)
        else:
            await self._app(scope, receive, send_allowed)

    async def _allowed(self, scope: Scope, origin: str | None) -> bool:
        if origin is None or len(origin) > _MAX_LENGTH:
            return False
        if time.monotonic() - self._read_at > _REFRESH_SECONDS:
            self._admitted = await _admitted(scope["app"].state.serving.services.tenants)
            self._read_at = time.monotonic()
        return self._admitted is None or origin in self._admitted


async def _admitted(tenants: TenantService) -> frozenset[str] | None:
    """Every origin that any community names; None when one of them admits all."""
    found: set[str] = set()
    for tenant in await tenants.tenants():
        for community in await tenants.communities(tenant.tenant_id):
            if not community.origins:
                return None
            found.update(community.origins)
    return frozenset(found)


def _mark(headers: MutableHeaders, origin: str | None) -> None:
    headers.add_vary_header("Origin")
    if origin is not None:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = _EXPOSED
