"""Communities, settings and homes, as people and programs keep them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.errors import InvalidInput
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.tenants.models import Community, Tenant
from server.commands.community import _read
from server.scopes import Scope
from tests.server.parties import Json, Staff, Visitor

HOME: Json = {
    "external_id": "u-1",
    "name": "Cedar Mesa",
    "unit": "1",
    "rent": 2000,
    "bedrooms": 2,
    "bathrooms": 1,
}


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


async def put(staff: Staff, community_id: str, **body: Any) -> httpx.Response:
    return await staff.web.put(
        f"/api/communities/{community_id}",
        json={"community_id": community_id, "name": "Site", "version": 0, **body},
        headers=staff.headers,
    )


async def patch(staff: Staff, path: str, **body: Any) -> httpx.Response:
    return await staff.web.patch(path, json=body, headers=staff.headers)


async def other_staff(web: httpx.AsyncClient, services: Services) -> Staff:
    await services.tenants.put(Tenant(tenant_id="other", name="Other"))
    _, secret = await services.keys.issue("other", "test", Scope)
    return Staff(web, secret)


class TestCommunities:
    async def test_are_added_read_and_replaced(self, staff: Staff, demo: Services) -> None:
        made = await put(staff, "site-1", policies={"parking": "One space."}, zone="America/Denver")
        assert (made.status_code, made.json()["version"]) == (200, 1)
        assert await staff.read("/api/communities/site-1") == made.json()
        replaced = await put(staff, "site-1", version=1, name="Site One")
        assert (replaced.json()["version"], replaced.json()["policies"]) == (2, {})
        stale = await put(staff, "site-1", version=1)
        assert (stale.status_code, code(stale)) == (409, "community_stale")
        rows = await demo.repository.scoped("audit", "default").find({"kind": "community.saved"})
        assert sorted(row["data"]["version"] for row in rows) == [1, 2]

    async def test_are_listed_by_page(self, staff: Staff) -> None:
        first = await staff.read("/api/communities", limit=2)
        rest = await staff.read("/api/communities", limit=2, cursor=first["next_cursor"])
        ids = [item["community_id"] for item in first["items"] + rest["items"]]
        assert ids == ["alder-row", "cedar-mesa", "default", "harbor-loft"]
        assert rest["next_cursor"] is None

    async def test_of_ten_at_once_one_is_saved(self, staff: Staff) -> None:
        answers = await asyncio.gather(*(put(staff, "site-1", name=str(n)) for n in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9

    async def test_belong_to_one_tenant(
        self, staff: Staff, web: httpx.AsyncClient, demo: Services
    ) -> None:
        other = await other_staff(web, demo)
        assert (await other.get("/api/communities/cedar-mesa")).status_code == 404
        taken = await put(other, "cedar-mesa")
        assert (taken.status_code, code(taken)) == (409, "community_id_taken")
        assert (await demo.tenants.community("default", "cedar-mesa")).name == "Cedar Mesa"
        ids = [item["community_id"] for item in (await other.read("/api/communities"))["items"]]
        assert ids == ["default"]

    @pytest.mark.parametrize(
        ("body", "field", "rule"),
        [
            ({"policies": {"money": "We do not accept Section 8 vouchers."}},
             "policies.money", "FH5"),
            ({"pets": {"text": "No emotional support animals."}}, "pets.text", "FH5"),
            ({"specials": ["Ideal for young professionals."]}, "specials.0", "FH3"),
            ({"fees": [{"name": "Child fee", "amount": 5, "note": "No children."}]},
             "fees.0", "FH3"),
            ({"criteria": {"version": "1", "text": "No families with kids."}},
             "criteria.text", "FH3"),
        ],
    )  # fmt: skip
    async def test_that_are_unfair_are_refused(
        self, staff: Staff, body: Json, field: str, rule: str
    ) -> None:
        answer = await put(staff, "site-1", **body)
        assert (answer.status_code, code(answer)) == (422, "community_unfair")
        (detail,) = answer.json()["error"]["details"]
        assert (detail["at"], rule in detail["rules"]) == (field, True)
        assert (await staff.get("/api/communities/site-1")).status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            {"zone": "Nowhere/City"},
            {"hours": {"mon": [{"opens": "18:00", "closes": "09:00"}]}},
            {"hours": {"someday": []}},
            {"origins": ["https://a.example/path"]},
            {"origins": ["*"]},
            {"policies": {"$where": "x"}},
            {"policies": {"a.b": "x"}},
            {"policies": {"a\x00b": "x"}},
            {"approval": {"apply_now": "auto"}},
            {"approval": {"launch": "auto"}},
            {"tour": {"capacity": 0}},
            {"fees": [{"name": "Fee", "amount": -1}]},
            {"version": -1},
            {"version": None},
            {"tenant_id": "other"},
            {"named": "elsewhere"},
        ],
    )
    async def test_that_are_wrong_are_refused(self, staff: Staff, body: Json) -> None:
        answer = await put(staff, "site-1", **body)
        assert answer.status_code == 422, answer.text
        assert (await staff.get("/api/communities/site-1")).status_code == 404

    async def test_are_named_alike_in_path_and_body(self, staff: Staff) -> None:
        body = {"community_id": "site-2", "name": "Site", "version": 0}
        answer = await staff.web.put("/api/communities/site-1", json=body, headers=staff.headers)
        assert (answer.status_code, code(answer)) == (422, "community_id_differs")

    async def test_that_do_not_stand_cannot_be_replaced(self, staff: Staff) -> None:
        assert (await put(staff, "site-1", version=3)).status_code == 404


class TestTheImport:
    def write(self, path: Path, value: Any) -> Path:
        file = path / "communities.json"
        file.write_text(value if isinstance(value, str) else json.dumps(value))
        return file

    async def test_reads_one_or_many(self, tmp_path: Path, demo: Services) -> None:
        one = {"community_id": "site-1", "name": "Site"}
        assert _read(self.write(tmp_path, one)) == [Community.model_validate(one)]
        (community,) = _read(self.write(tmp_path, [one]))
        saved = await demo.properties.save("default", community)
        assert (saved.version, (await demo.properties.save("default", community)).version) == (1, 2)

    @pytest.mark.parametrize(
        "value", ["", "{", "[" * 5000, "7", {"name": "x"}, [{"community_id": "a", "name": 1}]]
    )
    def test_refuses_the_rest(self, tmp_path: Path, value: Any) -> None:
        with pytest.raises(InvalidInput):
            _read(self.write(tmp_path, value))


class TestTheSettings:
    async def test_change_by_their_version(
        self, staff: Staff, demo: Services, clock: ManualClock
    ) -> None:
        now = await staff.read("/api/tenant")
        changed = await patch(staff, "/api/tenant", undo_seconds=60, version=now["version"])
        assert changed.json() == now | {"undo_seconds": 60, "version": now["version"] + 1}
        assert (await demo.tenants.settings("default")).undo_seconds == 60
        stale = await patch(staff, "/api/tenant", four_eyes=True, version=now["version"])
        assert (stale.status_code, code(stale)) == (409, "tenant_stale")
        rows = await demo.repository.scoped("audit", "default").find({"kind": "tenant.revised"})
        assert [row["data"] for row in rows] == [{"fields": ["undo_seconds"]}]

    async def test_are_the_tenants_own(
        self, staff: Staff, web: httpx.AsyncClient, demo: Services
    ) -> None:
        other = await other_staff(web, demo)
        assert (await other.read("/api/tenant"))["tenant_id"] == "other"
        await patch(other, "/api/tenant", undo_seconds=9, version=1)
        assert (await staff.read("/api/tenant"))["undo_seconds"] == 0

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"undo_seconds": 3601}, 422),
            ({"undo_seconds": None}, 422),
            ({"undo_seconds": "soon"}, 422),
            ({"tenant_id": "other"}, 422),
            ({"connectors": {"launch": "zapier"}}, 422),
            ({"connectors": {"send_message": "pigeon"}}, 422),
            ({"limits": {"nothing": 1}}, 422),
            ({"secret": "x"}, 422),
            ({"version": None}, 422),
            ({"default_community": "nowhere"}, 404),
        ],
    )
    async def test_are_checked(self, staff: Staff, body: Json, status: int) -> None:
        now = await staff.read("/api/tenant")
        answer = await patch(staff, "/api/tenant", **{"version": now["version"], **body})
        assert answer.status_code == status, answer.text
        assert await staff.read("/api/tenant") == now


class TestHomes:
    async def test_come_in_bulk_with_a_result_a_row(self, staff: Staff) -> None:
        rows: list[Any] = [
            HOME,
            HOME | {"external_id": "u-2", "rent": "cheap"},
            HOME | {"external_id": "u-3", "description": "No kids, please."},
            {"$where": "1"},
            HOME,
        ]
        answer = await staff.post("/api/listings", {"community": "cedar-mesa", "listings": rows})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert [result["outcome"] for result in body["results"]] == [
            "added", "rejected", "added", "rejected", "unchanged",
        ]  # fmt: skip
        assert (body["added"], body["rejected"], body["unchanged"]) == (2, 2, 1)
        assert body["results"][1]["code"] == "listing_invalid"
        assert "cheap" not in body["results"][1]["reason"]
        assert "FH3" in body["results"][2]["warnings"][0]
        again = await staff.post("/api/listings", {"community": "cedar-mesa", "listings": [HOME]})
        assert again.json()["unchanged"] == 1
        more = HOME | {"rent": 2100}
        changed = await staff.post("/api/listings", {"community": "cedar-mesa", "listings": [more]})
        assert changed.json()["updated"] == 1

    async def test_at_once_are_written_once(self, staff: Staff, demo: Services) -> None:
        body = {"listings": [HOME | {"external_id": str(n)} for n in range(20)]}
        answers = await asyncio.gather(*(staff.post("/api/listings", body) for _ in range(5)))
        assert sum(answer.json()["added"] for answer in answers) == 20
        names = {"external_id": {"$in": [str(n) for n in range(20)]}}
        assert await demo.repository.scoped("listings", "default").count(names) == 20

    async def test_are_limited(self, staff: Staff) -> None:
        many = await staff.post("/api/listings", {"listings": [{}] * 1001})
        assert (many.status_code, code(many)) == (422, "request_invalid")
        large = await staff.post("/api/listings", {"listings": [{"name": "x" * 1_100_000}]})
        assert (large.status_code, code(large)) == (413, "body_too_large")
        nowhere = await staff.post("/api/listings", {"community": "nowhere", "listings": []})
        assert (nowhere.status_code, code(nowhere)) == (404, "community_not_found")

    async def test_change_by_their_version(self, staff: Staff) -> None:
        made = (await staff.post("/api/listings", {"listings": [HOME]})).json()
        path = f"/api/listings/{made['results'][0]['listing_id']}"
        changed = await patch(staff, path, rent=1900, description="Great for singles!", version=1)
        assert changed.status_code == 200, changed.text
        assert (changed.json()["rent"], changed.json()["version"]) == (1900, 2)
        assert changed.json()["description"] == ""
        assert changed.json()["warnings"]
        stale = await patch(staff, path, rent=1800, version=1)
        assert (stale.status_code, code(stale)) == (409, "listing_stale")
        same = await patch(staff, path, rent=1900, version=2)
        assert same.json()["version"] == 2
        for bad in ({"rent": 0}, {"rent": None}, {"name": ""}, {"listing_id": "x"}, {"q": 1}):
            answer = await patch(staff, path, version=2, **bad)
            assert (answer.status_code, code(answer)) == (422, "request_invalid"), bad
        gone = await patch(staff, "/api/listings/lst_nothing", version=1)
        assert (gone.status_code, code(gone)) == (404, "listing_not_found")

    async def test_are_searched_a_page_at_a_time(self, staff: Staff) -> None:
        everything = (await staff.read("/api/listings", limit=200))["items"]
        seen: list[Json] = []
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await staff.read("/api/listings", limit=7, **more)
            seen += page["items"]
            if (cursor := page["next_cursor"]) is None:
                break
        assert seen == everything
        assert [home["rent"] for home in seen] == sorted(home["rent"] for home in seen)
        found = await staff.read("/api/listings", bedrooms=2, max_rent=3000, area="Portland")
        assert all(home["bedrooms"] == 2 and home["rent"] <= 3000 for home in found["items"])

    @pytest.mark.parametrize(
        "query",
        ["limit=0", "limit=201", "cursor=x", "cursor=W10=", "cursor=" + "x" * 1001,
         "bedrooms=-1", "bedrooms=many", "max_rent=1e999", "bathrooms=nan", "bathrooms=inf",
         "pets=perhaps", "available_by=soon", "q=" + "x" * 201, "community=",
         "bedrooms[$gt]=1&limit=x", "max_rent=99999999999999999999"],
    )  # fmt: skip
    async def test_bad_searches_are_refused(self, staff: Staff, query: str) -> None:
        answer = await staff.get(f"/api/listings?{query}")
        assert answer.status_code == 422, answer.text

    @pytest.mark.parametrize("q", [".*", "(", "[", "$where", "\\", "%00", "' or 1=1"])
    async def test_odd_words_find_nothing_bad(self, staff: Staff, q: str) -> None:
        assert (await staff.get(f"/api/listings?q={q}")).status_code == 200


class TestThePublic:
    async def test_sees_a_communitys_homes_for_rent(
        self, web: httpx.AsyncClient, staff: Staff
    ) -> None:
        hidden = HOME | {"external_id": "u-2", "available": False}
        await staff.post("/api/listings", {"community": "cedar-mesa", "listings": [HOME, hidden]})
        params: dict[str, Any] = {"community": "cedar-mesa", "limit": 200, "unavailable": True}
        homes = (await web.get("/api/listings", params=params)).json()["items"]
        assert {home["community_id"] for home in homes} == {"cedar-mesa"}
        assert all(home["available"] for home in homes)
        inside = {(home["external_id"], home["version"], home["updated_at"]) for home in homes}
        assert inside == {(None, None, None)}
        seen = await staff.read("/api/listings", **params)
        assert "u-2" in {home["external_id"] for home in seen["items"]}

    async def test_must_name_a_community(self, web: httpx.AsyncClient) -> None:
        asked: tuple[tuple[dict[str, str], int, str], ...] = (
            ({}, 401, "credential_missing"),
            ({"community": "nowhere"}, 404, "community_not_found"),
            ({"community": "../etc"}, 404, "community_not_found"),
        )
        for params, status, expected in asked:
            answer = await web.get("/api/listings", params=params)
            assert (answer.status_code, code(answer)) == (status, expected)

    async def test_comes_from_a_page_that_is_admitted(
        self, web: httpx.AsyncClient, staff: Staff
    ) -> None:
        await put(staff, "site-1", origins=["https://site.example"])
        for origin, status in (
            ("https://site.example", 200),
            ("https://elsewhere.example", 403),
            (None, 200),
        ):
            headers = {"Origin": origin} if origin else {}
            answer = await web.get("/api/listings?community=site-1", headers=headers)
            assert answer.status_code == status, origin
            if origin and status == 200:
                assert answer.headers["access-control-allow-origin"] == origin

    async def test_a_visitor_is_no_more_than_that(self, visitor: Visitor) -> None:
        headers = visitor.headers
        refused = await visitor.web.get("/api/listings", headers=headers)
        assert (refused.status_code, code(refused)) == (403, "scope_missing")
        shown = await visitor.web.get("/api/listings?community=cedar-mesa", headers=headers)
        assert shown.json()["items"][0]["version"] is None
