import asyncio
from datetime import timedelta

import pytest

from agent.kit.clock import ManualClock
from agent.limits.models import Asked
from agent.limits.service import LimitService
from agent.mongo.repository import Repository
from agent.services import Services
from agent.tenants.models import RateLimits, Tenant

ADDRESS = Asked("address_messages_per_minute", "203.0.113.7")
THREAD = Asked("thread_messages_per_minute", "thr_1")
KEY = Asked("key_requests_per_minute", "key:crm")


@pytest.fixture
async def limits(services: Services) -> LimitService:
    rates = RateLimits(address_messages_per_minute=3, thread_messages_per_minute=2)
    await services.tenants.put(Tenant(tenant_id="acme", name="Acme", limits=rates))
    return services.limits


async def granted(limits: LimitService, *asked: Asked) -> list[bool]:
    return [allowance.granted for allowance in await limits.take("acme", *asked)]


async def test_a_window_moves(limits: LimitService, clock: ManualClock) -> None:
    for wait in (0, 20, 20):
        clock.advance(timedelta(seconds=wait))
        assert await granted(limits, ADDRESS) == [True]
    [refused] = await limits.take("acme", ADDRESS)
    assert (refused.granted, refused.remaining, refused.reset_seconds) == (False, 0, 20)
    clock.advance(timedelta(seconds=19))
    assert await granted(limits, ADDRESS) == [False]
    clock.advance(timedelta(seconds=1))
    assert await granted(limits, ADDRESS) == [True]
    assert await granted(limits, ADDRESS) == [False]


async def test_what_is_left_is_told(limits: LimitService) -> None:
    [first] = await limits.take("acme", ADDRESS)
    [second] = await limits.take("acme", ADDRESS)
    assert [first.remaining, second.remaining] == [2, 1]
    assert (second.amount, second.window_seconds, second.reset_seconds) == (3, 60, 60)


async def test_each_limit_and_each_caller_is_counted_apart(limits: LimitService) -> None:
    for _ in range(2):
        assert await granted(limits, ADDRESS, THREAD) == [True, True]
    assert await granted(limits, ADDRESS, THREAD) == [True, False]
    assert await granted(limits, ADDRESS) == [False]
    assert await granted(limits, Asked("address_messages_per_minute", "203.0.113.8")) == [True]


async def test_two_processes_share_their_counts(
    limits: LimitService, services: Services, clock: ManualClock
) -> None:
    """All at once, and the row is not there yet: as many as allowed come through."""
    other = LimitService(services.repository, services.tenants, clock, b"k" * 32)
    first = LimitService(services.repository, services.tenants, clock, b"k" * 32)
    answers = await asyncio.gather(*(granted(p, ADDRESS) for p in (first, other) for _ in range(5)))
    assert sum(answer == [True] for answer in answers) == 3


async def test_a_limit_that_is_not_set_costs_nothing(
    limits: LimitService, repository: Repository
) -> None:
    assert await limits.take("acme", KEY) == []
    assert await repository.scoped("rate_windows", "acme").find({}) == []


async def test_addresses_are_kept_as_hashes(limits: LimitService, repository: Repository) -> None:
    await limits.take("acme", ADDRESS)
    [row] = await repository.scoped("rate_windows", "acme").find({})
    assert "203.0.113" not in str(row)
    assert len(row["hits"]) == 1


async def test_tenants_do_not_share(limits: LimitService, services: Services) -> None:
    rates = RateLimits(address_messages_per_minute=1)
    await services.tenants.put(Tenant(tenant_id="rival", name="Rival", limits=rates))
    assert [a.granted for a in await limits.take("rival", ADDRESS)] == [True]
    assert await granted(limits, ADDRESS) == [True]


async def test_a_changed_limit_holds_at_once_and_counts_anew(
    limits: LimitService, services: Services
) -> None:
    for _ in range(3):
        assert await granted(limits, ADDRESS) == [True]
    rates = RateLimits(address_messages_per_minute=1)
    await services.tenants.put(Tenant(tenant_id="acme", name="Acme", limits=rates))
    assert await granted(limits, ADDRESS) == [True]
    assert await granted(limits, ADDRESS) == [False]
