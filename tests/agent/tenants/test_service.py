import asyncio
from datetime import date, time, timedelta

import pytest
from pydantic import ValidationError

from agent.errors import Conflict, NotFound
from agent.kit.clock import ManualClock
from agent.mongo.repository import Repository
from agent.tenants.models import Community, Criteria, Fee, Opening, PetRules, Tenant, TourRules
from agent.tenants.service import TenantService
from agent.tenants.store import TenantStore


@pytest.fixture
def tenants(repository: Repository, clock: ManualClock) -> TenantService:
    return TenantService(TenantStore(repository), clock)


MESA = Community(
    community_id="mesa",
    name="Mesa",
    zone="America/Denver",
    hours={"mon": [Opening(opens=time(9, 30), closes=time(18))]},
    holidays=[date(2026, 12, 25)],
    tour=TourRules(capacity=2),
    policies={"parking": "One space."},
    pets=PetRules(text="Cats."),
    fees=[Fee(name="Application fee", amount=40)],
    criteria=Criteria(version="1", text="Two forms of identification."),
    approval={"send_message": "auto"},
)


class TestTenant:
    async def test_default_one_is_made_on_demand(self, tenants: TenantService) -> None:
        assert await tenants.tenants() == []
        made = await tenants.tenant("default")
        assert (made.tenant_id, made.default_community) == ("default", "default")
        assert await tenants.tenants() == [made]

    async def test_default_one_is_made_once(self, tenants: TenantService) -> None:
        made = await asyncio.gather(*(tenants.community("default") for _ in range(10)))
        assert len({community.model_dump_json() for community in made}) == 1
        assert len(await tenants.tenants()) == 1

    async def test_unknown(self, tenants: TenantService) -> None:
        with pytest.raises(NotFound) as raised:
            await tenants.tenant("acme")
        assert raised.value.code == "tenant_not_found"

    async def test_put_replaces(self, tenants: TenantService) -> None:
        await tenants.put(Tenant(tenant_id="acme", name="Acme"))
        await tenants.put(Tenant(tenant_id="acme", name="Acme Homes"))
        assert [tenant.name for tenant in await tenants.tenants()] == ["Acme Homes"]


class TestCommunity:
    async def test_default_hours_and_tours(self, tenants: TenantService) -> None:
        community = await tenants.community("default")
        assert sorted(community.hours) == ["fri", "mon", "sat", "thu", "tue", "wed"]
        assert community.hours["sat"] == [Opening(opens=time(9), closes=time(18))]
        assert community.zone == "America/Los_Angeles"
        assert (community.tour.capacity, community.tour.minutes) == (1, 30)

    async def test_round_trip(self, tenants: TenantService) -> None:
        await tenants.put_community("default", MESA)
        assert await tenants.community("default", "mesa") == MESA
        assert await tenants.communities("default") == [MESA]

    async def test_put_replaces_the_whole(self, tenants: TenantService) -> None:
        await tenants.put_community("default", MESA)
        bare = Community(community_id="mesa", name="Bare")
        await tenants.put_community("default", bare)
        assert await tenants.community("default", "mesa") == bare

    async def test_unknown(self, tenants: TenantService) -> None:
        with pytest.raises(NotFound) as raised:
            await tenants.community("default", "mesa")
        assert raised.value.code == "community_not_found"

    async def test_of_an_unknown_tenant(self, tenants: TenantService) -> None:
        with pytest.raises(NotFound) as raised:
            await tenants.put_community("acme", MESA)
        assert raised.value.code == "tenant_not_found"

    async def test_a_tenants_own_default(self, tenants: TenantService) -> None:
        await tenants.put(Tenant(tenant_id="acme", name="Acme", default_community="mesa"))
        await tenants.put_community("acme", MESA)
        assert (await tenants.community("acme")).community_id == "mesa"

    @pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd", "/etc/passwd"])
    def test_zone_must_exist(self, zone: str) -> None:
        with pytest.raises(ValidationError):
            Community(community_id="c", name="C", zone=zone)


class TestSite:
    async def test_key_decides_the_tenant(self, tenants: TenantService) -> None:
        await tenants.put(Tenant(tenant_id="acme", name="Acme"))
        await tenants.put_community("acme", MESA)
        assert await tenants.site("mesa") == ("acme", MESA)

    async def test_without_a_key_the_default_tenants(self, tenants: TenantService) -> None:
        tenant_id, community = await tenants.site()
        assert (tenant_id, community.community_id) == ("default", "default")
        assert await tenants.site("default") == (tenant_id, community)

    async def test_unknown_key(self, tenants: TenantService) -> None:
        with pytest.raises(NotFound):
            await tenants.site("mesa")

    async def test_a_key_belongs_to_one_tenant(self, tenants: TenantService) -> None:
        await tenants.put(Tenant(tenant_id="acme", name="Acme"))
        await tenants.put_community("default", MESA)
        with pytest.raises(Conflict) as raised:
            await tenants.put_community("acme", MESA)
        assert raised.value.code == "community_id_taken"
        assert (await tenants.site("mesa"))[0] == "default"

    async def test_every_tenant_has_its_own_default(self, tenants: TenantService) -> None:
        await tenants.put(Tenant(tenant_id="acme", name="Acme"))
        ours, theirs = await tenants.community("default"), await tenants.community("acme")
        assert (ours.name, theirs.name) == ("Latchkey Homes", "Acme")


class TestSettings:
    async def test_a_change_made_elsewhere_is_seen_within_five_seconds(
        self, tenants: TenantService, repository: Repository, clock: ManualClock
    ) -> None:
        elsewhere = TenantService(TenantStore(repository), clock)
        before = await tenants.settings("default")
        await elsewhere.put(before.model_copy(update={"name": "Renamed"}))
        assert await tenants.settings("default") is before
        clock.advance(timedelta(seconds=5))
        assert (await tenants.settings("default")).name == "Renamed"

    async def test_a_change_made_here_is_seen_at_once(self, tenants: TenantService) -> None:
        before = await tenants.settings("default")
        await tenants.put(before.model_copy(update={"name": "Renamed"}))
        assert (await tenants.settings("default")).name == "Renamed"

    async def test_of_no_tenant(self, tenants: TenantService) -> None:
        with pytest.raises(NotFound):
            await tenants.settings("nobody")
        await tenants.put(Tenant(tenant_id="nobody", name="Nobody"))
        assert (await tenants.settings("nobody")).name == "Nobody"
