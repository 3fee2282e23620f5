"""The meters of this process and what waits in the house, for Prometheus."""

import ipaddress

from fastapi import APIRouter, Depends, Request, Response

from agent.errors import Unauthenticated
from agent.kit.telemetry import CONTENT_TYPE
from server.deps import NO_CREDENTIAL_TOO, Anyone, TheServices
from server.errors import problems
from server.limits import FORWARDED
from server.scopes import Scope

router = APIRouter(tags=["insight"])


async def _scraper(request: Request, actor: Anyone) -> None:
    """A key with `metrics:read`, or whoever asks from this machine without a way in between."""
    if actor is not None:
        actor.require(Scope.METRICS_READ)
    elif not _is_here(request):
        raise Unauthenticated(
            "credential_missing", "Send Authorization: Bearer <key> with the scope metrics:read."
        )


@router.get(
    "/metrics",
    openapi_extra=NO_CREDENTIAL_TOO,
    summary="Meters in Prometheus's format",
    description="`metrics:read`. From the machine itself, asked for by a loopback name and without "
    "a proxy in between, no credential is needed. The figures hold no tenant and no person.",
    dependencies=[Depends(_scraper)],
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems(401, 403),
    },
)
async def metrics(services: TheServices) -> Response:
    return Response(
        services.telemetry.render(await services.insight.gauges()), media_type=CONTENT_TYPE
    )


def _is_here(request: Request) -> bool:
    peer = request.client.host if request.client else ""
    named = request.url.hostname or ""
    return (
        _loopback(peer)
        and (named == "localhost" or _loopback(named))
        and not any(name in request.headers for name in FORWARDED)
    )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
