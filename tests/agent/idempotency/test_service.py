import asyncio
from datetime import timedelta

import pytest

from agent.errors import Misconfigured
from agent.idempotency.models import Claim, Request, Standing, Stored
from agent.idempotency.service import KEPT, IdempotencyService
from agent.idempotency.store import IdempotencyStore
from agent.kit.clock import ManualClock
from agent.mongo.repository import Repository

ASKED = Request("default", "key:admin", "one")
ANSWER = Stored(201, {"content-type": "application/json"}, b'{"secret": 1}\n\x00')


@pytest.fixture
def service(repository: Repository, clock: ManualClock) -> IdempotencyService:
    return IdempotencyService(IdempotencyStore(repository), clock, b"k" * 32)


async def claimed(service: IdempotencyService, fingerprint: str | None = "f") -> Claim:
    claim = await service.claim(ASKED, fingerprint)
    assert isinstance(claim, Claim)
    return claim


async def standing(service: IdempotencyService) -> Standing:
    found = await service.claim(ASKED, "f")
    assert isinstance(found, Standing)
    return found


async def test_one_of_many_gets_the_claim(service: IdempotencyService) -> None:
    found = await asyncio.gather(*(service.claim(ASKED, "f") for _ in range(20)))
    assert sum(isinstance(each, Claim) for each in found) == 1
    assert found.count(Standing("f", None)) == 19


async def test_the_answer_comes_back_whole(service: IdempotencyService) -> None:
    assert await service.keep(await claimed(service), "f", ANSWER)
    assert await standing(service) == Standing("f", ANSWER)


async def test_another_key_or_caller_or_tenant_is_another_request(
    service: IdempotencyService,
) -> None:
    await claimed(service)
    for other in (
        Request("default", "key:admin", "two"),
        Request("default", "key:other", "one"),
        Request("elsewhere", "key:admin", "one"),
    ):
        assert isinstance(await service.claim(other, "f"), Claim)


async def test_what_was_released_may_come_again(service: IdempotencyService) -> None:
    await service.release(await claimed(service))
    await claimed(service, "g")


async def test_who_was_taken_for_dead_cannot_answer(
    service: IdempotencyService, clock: ManualClock
) -> None:
    late = await claimed(service)
    clock.advance(timedelta(seconds=29))
    assert await service.renew(late)
    clock.advance(timedelta(seconds=29))
    assert isinstance(await service.claim(ASKED, "f"), Standing)
    clock.advance(timedelta(seconds=2))
    successor = await claimed(service)
    assert not await service.keep(late, "f", ANSWER)
    assert not await service.renew(late)
    await service.release(late)
    assert (await standing(service)).answer is None
    assert await service.keep(successor, "f", ANSWER)


async def test_an_answer_outlives_the_lease_and_then_a_day(
    service: IdempotencyService, clock: ManualClock
) -> None:
    await service.keep(await claimed(service), "f", ANSWER)
    clock.advance(KEPT - timedelta(seconds=1))
    assert (await standing(service)).answer == ANSWER
    clock.advance(timedelta(seconds=2))
    await claimed(service)


async def test_a_row_opens_only_with_its_own_key(
    service: IdempotencyService, repository: Repository
) -> None:
    await service.keep(await claimed(service), "f", ANSWER)
    rows = repository.scoped("idempotency", "default")
    row = await rows.find_one({})
    assert row
    other = Request("default", "key:admin", "two")
    await service.claim(other, "f")
    moved = {"answer": row["answer"]}
    await rows.update({"request_id": {"$ne": row["request_id"]}}, {"$set": moved})
    with pytest.raises(Misconfigured):
        await service.claim(other, "f")


def test_derived_ids_are_the_requests_own(service: IdempotencyService) -> None:
    message = service.derived(ASKED, "f", "message")
    assert message == service.derived(ASKED, "f", "message")
    others = {
        service.derived(ASKED, "g", "message"),
        service.derived(ASKED, "f", "thread"),
        service.derived(Request("elsewhere", "key:admin", "one"), "f", "message"),
    }
    assert len(others | {message}) == 4
