import httpx
import pytest

from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT
from server import origins
from tests.server.parties import Visitor

HOMES = "https://homes.example"
OTHER = "https://other.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type",
}


@pytest.fixture
async def closed(demo: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Every community admits one page only."""
    for community in await demo.tenants.communities(DEFAULT_TENANT):
        limited = community.model_copy(update={"origins": [HOMES]})
        await demo.tenants.put_community(DEFAULT_TENANT, limited)
    default = await demo.tenants.community(DEFAULT_TENANT)
    limited = default.model_copy(update={"origins": [HOMES]})
    await demo.tenants.put_community(DEFAULT_TENANT, limited)
    return demo


async def test_a_page_may_talk_where_any_is_admitted(web: httpx.AsyncClient) -> None:
    answer = await web.options("/api/agent/start", headers={"Origin": HOMES} | PREFLIGHT)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == HOMES
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    started = await web.post("/api/agent/start", json={}, headers={"Origin": HOMES})
    assert started.headers["Access-Control-Allow-Origin"] == HOMES
    assert started.headers["Vary"] == "Origin"


@pytest.mark.usefixtures("closed")
async def test_only_the_listed_page_is_admitted(web: httpx.AsyncClient) -> None:
    for origin, admitted in ((HOMES, True), (OTHER, False), ("null", False), ("x" * 500, False)):
        preflight = await web.options("/api/agent/start", headers={"Origin": origin} | PREFLIGHT)
        assert ("Access-Control-Allow-Origin" in preflight.headers) is admitted
        started = await web.post("/api/agent/start", json={}, headers={"Origin": origin})
        assert started.status_code == (201 if admitted else 403), origin
        if not admitted:
            assert started.json()["error"]["code"] == "origin_not_allowed"


@pytest.mark.usefixtures("closed")
async def test_programs_and_our_own_page_are_admitted(web: httpx.AsyncClient) -> None:
    await Visitor.arrive(web)
    own = str(web.base_url).rstrip("/")
    answer = await web.post("/api/agent/start", json={}, headers={"Origin": own})
    assert answer.status_code == 201


async def test_refusals_can_be_read_by_the_page(web: httpx.AsyncClient) -> None:
    answer = await web.post("/api/agent/start", content=b"{", headers={"Origin": HOMES})
    assert answer.status_code == 415
    assert answer.headers["Access-Control-Allow-Origin"] == HOMES
    assert "X-Trace-Id" in answer.headers["Access-Control-Expose-Headers"]


async def test_staff_routes_are_for_no_page(web: httpx.AsyncClient) -> None:
    for path in ("/api/approvals", "/api/leads/threads", "/api/deliveries"):
        answer = await web.options(path, headers={"Origin": HOMES} | PREFLIGHT)
        assert "Access-Control-Allow-Origin" not in answer.headers
        answer = await web.get(path, headers={"Origin": HOMES})
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_change_of_origins_is_seen(
    web: httpx.AsyncClient, closed: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Origin": OTHER} | PREFLIGHT
    refused = await web.options("/api/agent/start", headers=headers)
    assert "Access-Control-Allow-Origin" not in refused.headers
    default = await closed.tenants.community(DEFAULT_TENANT)
    wider = default.model_copy(update={"origins": [HOMES, OTHER]})
    await closed.tenants.put_community(DEFAULT_TENANT, wider)
    monkeypatch.setattr(origins, "_REFRESH_SECONDS", 0)
    admitted = await web.options("/api/agent/start", headers=headers)
    assert admitted.headers["Access-Control-Allow-Origin"] == OTHER
