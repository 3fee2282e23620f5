"""A lead's own links: signed, for one tour, one purpose and one use, until the tour starts."""

import asyncio
from datetime import timedelta

import pytest

from agent.errors import Gone, LatchkeyError, NotFound
from agent.kit.clock import ManualClock
from agent.mongo.repository import Repository
from agent.tours.links import TourLinks
from agent.tours.models import Tour
from agent.tours.store import TourStore
from tests.agent.tours.conftest import TENANT, Office

KEY = b"k" * 32


@pytest.fixture
def links(office: Office) -> TourLinks:
    return TourLinks(TourStore(office.repository), KEY, office.clock)


@pytest.fixture
async def tour(office: Office) -> Tour:
    await office.hold("tour_1")
    return await office.tours.book(TENANT, "tour_1")


async def test_a_link_says_what_it_is_for(links: TourLinks, tour: Tour) -> None:
    link = links.read(links.issue(TENANT, tour, "reschedule"))
    assert (link.tenant_id, link.tour_id, link.purpose) == (TENANT, "tour_1", "reschedule")
    assert link.expires_at == tour.starts_at
    assert not await links.used(link)


async def test_it_is_used_once(links: TourLinks, tour: Tour) -> None:
    link = links.read(links.issue(TENANT, tour, "cancel"))
    answers = await asyncio.gather(*(links.use(link) for _ in range(10)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Gone)]
    assert [refusal.code for refusal in refused] == ["tour_link_used"] * 9
    assert await links.used(link)
    another = links.read(links.issue(TENANT, tour, "cancel"))
    assert not await links.used(another)


async def test_what_is_undone_with_its_transaction_may_be_used_again(
    links: TourLinks, tour: Tour, repository: Repository
) -> None:
    link = links.read(links.issue(TENANT, tour, "cancel"))

    async def fails() -> None:
        await links.use(link)
        raise NotFound("tour_not_found", "Gone.")

    with pytest.raises(NotFound):
        await repository.transact(fails)
    await links.use(link)


async def test_it_ends_with_the_start_of_the_tour(
    links: TourLinks, tour: Tour, office: Office
) -> None:
    token = links.issue(TENANT, tour, "cancel")
    left = tour.starts_at - office.clock.now()
    office.clock.advance(left - timedelta(seconds=1))
    links.read(token)
    for step in (1, 60):
        office.clock.advance(timedelta(seconds=step))
        with pytest.raises(Gone) as refused:
            links.read(token)
        assert refused.value.code == "tour_link_expired"


async def test_forged_ones_are_unknown(links: TourLinks, tour: Tour, clock: ManualClock) -> None:
    token = links.issue(TENANT, tour, "cancel")
    head, body, mark = token.split(".")
    elsewhere = TourLinks(TourStore.__new__(TourStore), b"x" * 32, clock)
    forged = [
        "",
        "x",
        "a.b.c",
        token[:-4],
        f"{head}.{body}.",
        f"{head}.{body[:-2]}AA.{mark}",
        "e" * 5000,
        elsewhere.issue(TENANT, tour, "cancel"),
    ]
    for each in forged:
        with pytest.raises(LatchkeyError) as refused:
            links.read(each)
        assert refused.value.code == "tour_link_unknown"
