"""Rate limits as a route asks for them, and the headers that tell of them."""

import ipaddress
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection, Request

from agent.errors import TooBusy
from agent.limits.models import Allowance, Asked
from agent.services import Services
from server.actors import Actor
from server.deps import Someone, TheServices


async def _speaker(request: Request, services: TheServices, actor: Someone) -> Actor:
    """Whoever sends a message: a browser by its address and thread, a key or user by its name."""
    if actor.thread_id is None:
        asked = [Asked("key_requests_per_minute", actor.name)]
    elif "origin" in request.headers:
        asked = [
            Asked("address_messages_per_minute", address_of(request)),
            Asked("thread_messages_per_minute", actor.thread_id),
        ]
    else:
        return actor
    await _take(request, services, actor.tenant_id, asked)
    return actor


FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers that tell of a proxy on the way."""
Speaker = Annotated[Actor, Depends(_speaker)]
"""The dependency of a route that takes a message; raises TooBusy `rate_limited`."""


async def starting(
    request: Request, services: Services, tenant_id: str, actor: Actor | None
) -> None:
    """Call before a conversation is started. Raises TooBusy `rate_limited`."""
    if actor is not None and actor.thread_id is None:
        asked = [Asked("key_requests_per_minute", actor.name)]
    elif "origin" in request.headers:
        asked = [Asked("address_threads_per_hour", address_of(request))]
    else:
        return
    await _take(request, services, tenant_id, asked)


async def logging_in(request: Request, services: Services, tenant_id: str, account: str) -> None:
    """Call before a password is looked at. Raises TooBusy `rate_limited`."""
    asked = [
        Asked("address_logins_per_minute", address_of(request)),
        Asked("account_logins_per_minute", account.casefold()),
    ]
    await _take(request, services, tenant_id, asked)


def address_of(connection: HTTPConnection) -> str:
    """Where a request comes from, past the proxies that are trusted; of IPv6 the network."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


async def _take(
    request: Request, services: Services, tenant_id: str, asked: Sequence[Asked]
) -> None:
    allowances = await services.limits.take(tenant_id, *asked)
    if not allowances:
        return
    nearest = min(allowances, key=lambda allowance: (allowance.granted, allowance.remaining))
    request.state.headers = headers(nearest)
    refused = [allowance for allowance in allowances if not allowance.granted]
    for allowance in refused:
        services.telemetry.refused(allowance.limit)
    if refused:
        wait = max(allowance.reset_seconds for allowance in refused)
        raise TooBusy(
            "rate_limited",
            f"Too many at once; try again in {wait} s.",
            details=[{"limit": allowance.limit} for allowance in refused],
            retry_after=wait,
        )


def headers(allowance: Allowance) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(allowance.amount),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(allowance.reset_seconds),
        "RateLimit-Policy": f"{allowance.amount};w={allowance.window_seconds}",
    }
