import asyncio
from datetime import timedelta
from typing import Any

import pytest

from agent.applications.models import Application
from agent.errors import Conflict
from agent.kit.clock import ManualClock
from agent.listings.models import Listing
from agent.services import Services
from agent.tenants.models import Community, Criteria, Fee

TENANT = "default"
COMMUNITY = Community(
    community_id="row",
    name="Row",
    criteria=Criteria(version="2026-1", text="The same for everybody."),
    fees=[Fee(name="Application fee", amount=50), Fee(name="Pet rent", amount=35)],
)


class Office:
    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services = services
        self.applications = services.applications
        self.clock = clock
        self.listing = Listing(
            listing_id="home",
            community_id="row",
            name="Row",
            rent=1500,
            bedrooms=1,
            bathrooms=1,
            updated_at=clock.now(),
        )

    async def propose(
        self, application_id: str = "app_1", community: Community = COMMUNITY, **changes: Any
    ) -> Application:
        given = {
            "thread_id": "thr_1",
            "lead_id": "lead_1",
            "disclosed": COMMUNITY.terms_id,
            "disclosed_at": self.clock.now() - timedelta(minutes=5),
            **changes,
        }
        return await self.applications.propose(
            TENANT,
            application_id=application_id,
            listing=self.listing,
            community=community,
            **given,
        )

    async def rows(self) -> list[Application]:
        return await self.applications.store.of_thread(TENANT, "thr_1")


@pytest.fixture
def office(services: Services, clock: ManualClock) -> Office:
    return Office(services, clock)


async def test_a_proposed_application_keeps_what_was_shown(office: Office) -> None:
    application = await office.propose()
    assert await office.rows() == [application]
    assert application.status == "proposed"
    assert application.criteria_version == "2026-1"
    assert application.fees == {"Application fee": 50, "Pet rent": 35}
    assert application.disclosed_at == office.clock.now() - timedelta(minutes=5)
    assert (application.listing_id, application.community_id) == ("home", "row")


async def test_the_same_id_is_the_same_application(office: Office) -> None:
    first = await office.propose()
    office.clock.advance(timedelta(hours=1))
    assert await office.propose() == first
    rows = await asyncio.gather(*(office.propose("app_2") for _ in range(5)))
    assert len({row.created_at for row in rows}) == 1
    assert len(await office.rows()) == 2


async def test_applications_keep_their_order(office: Office) -> None:
    for application_id in ("app_c", "app_a", "app_b"):
        await office.propose(application_id)
        office.clock.advance(timedelta(seconds=1))
    assert [row.application_id for row in await office.rows()] == ["app_c", "app_a", "app_b"]


def changed(**fields: Any) -> Community:
    return COMMUNITY.model_copy(update=fields)


@pytest.mark.parametrize(
    "present",
    [
        changed(criteria=Criteria(version="2026-2", text="The same for everybody.")),
        changed(criteria=Criteria(version="2026-1", text="Changed without a new version.")),
        changed(fees=[Fee(name="Application fee", amount=75)]),
        changed(community_id="elsewhere"),
    ],
)
async def test_terms_other_than_those_shown_are_refused(office: Office, present: Community) -> None:
    """Every community's first criteria may have the same version: its terms are its own."""
    with pytest.raises(Conflict) as refused:
        await office.propose(community=present)
    assert refused.value.code == "application_undisclosed"
    assert await office.rows() == []


@pytest.mark.parametrize(
    "changes", [{"disclosed": None}, {"disclosed": ""}, {"disclosed_at": None}]
)
async def test_nothing_starts_before_criteria_and_fees_were_shown(
    office: Office, changes: dict[str, Any]
) -> None:
    with pytest.raises(Conflict) as refused:
        await office.propose(**changes)
    assert refused.value.code == "application_undisclosed"


async def test_without_criteria_nothing_starts(office: Office) -> None:
    bare = changed(criteria=None)
    with pytest.raises(Conflict) as refused:
        await office.propose(community=bare, disclosed=bare.terms_id)
    assert refused.value.code == "application_without_criteria"


async def test_it_is_started_or_withdrawn(office: Office) -> None:
    await office.propose("app_1")
    await office.propose("app_2")
    office.clock.advance(timedelta(minutes=1))
    await office.applications.start(TENANT, "app_1")
    await office.applications.withdraw(TENANT, "app_2")
    rows = {row.application_id: row for row in await office.rows()}
    assert (rows["app_1"].status, rows["app_2"].status) == ("started", "withdrawn")
    assert {row.updated_at for row in rows.values()} == {office.clock.now()}


async def test_another_tenant_sees_and_changes_nothing(office: Office) -> None:
    application = await office.propose()
    await office.applications.withdraw("rival", application.application_id)
    assert await office.applications.store.get("rival", application.application_id) is None
    assert await office.rows() == [application]
