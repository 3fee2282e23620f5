"""Visitors whom the community's own site has signed."""

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest

from agent.kit.clock import ManualClock
from agent.leads.models import Lead
from agent.services import Services
from server.scopes import Scope
from tests.server.parties import Json, Staff

COMMUNITY = "cedar-mesa"
SAM: Json = {"name": "Sam Lee", "email": "sam@lee.example", "phone": "+15035550142"}


class Site:
    """A site's own server, which holds a secret of its community."""

    def __init__(self, web: httpx.AsyncClient, clock: ManualClock, secret: str) -> None:
        self.web = web
        self.secret = secret
        self._clock = clock

    def token(self, *, header: Json | None = None, algorithm: str = "HS256", **claims: Any) -> str:
        now = int(self._clock.now().timestamp())
        said = {"sub": "17", "iat": now, "exp": now + 300} | claims
        known = {name: value for name, value in said.items() if value is not ...}
        key = self.secret if algorithm == "HS256" else self.secret * 2
        return jwt.encode(known, key, algorithm, headers=header)

    async def start(self, token: str | None = None, **more: Any) -> httpx.Response:
        body = {"community": COMMUNITY, "identity_token": token or self.token(**SAM), **more}
        return await self.web.post("/api/agent/start", json=body)


@pytest.fixture
async def site(web: httpx.AsyncClient, clock: ManualClock, demo: Services) -> Site:
    _, secret = await demo.identities.new_secret("default", COMMUNITY)
    return Site(web, clock, secret)


async def lead_of(services: Services, answer: httpx.Response) -> Lead:
    assert answer.status_code == 201, answer.text
    thread = await services.threads.get("default", answer.json()["thread_id"])
    return await services.leads.get("default", thread.lead_id)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


class TestIdentity:
    async def test_comes_back_as_the_same_lead(self, site: Site, demo: Services) -> None:
        first = await lead_of(demo, await site.start())
        again = await lead_of(demo, await site.start(site.token(name="Samuel Lee")))
        assert again.lead_id == first.lead_id
        assert first.vouched
        contact = await demo.vault.get("default", str(again.contact_ref))
        assert contact is not None
        assert contact.model_dump() == SAM | {"name": "Samuel Lee"}

    async def test_is_found_by_the_id_address_or_number_of_the_crm(
        self, site: Site, demo: Services, staff: Staff
    ) -> None:
        crm = {"external_id": "crm-9", "email": "sam@lee.example"}
        known = (await staff.post("/api/leads/leads", crm)).json()["lead_id"]
        for sub in ("17", "18"):
            token = site.token(external_id="crm-9", sub=sub)
            assert (await lead_of(demo, await site.start(token))).lead_id == known
        other = (await staff.post("/api/leads/leads", {"phone": "+15035550199"})).json()["lead_id"]
        lead = await lead_of(demo, await site.start(site.token(sub="19", phone="(503) 555-0199")))
        assert lead.lead_id == other

    async def test_is_nobody_whom_a_stranger_has_pretended_to_be(
        self, site: Site, demo: Services
    ) -> None:
        body = {"community": COMMUNITY, "lead": SAM}
        stranger = await lead_of(demo, await site.web.post("/api/agent/start", json=body))
        signed = await lead_of(demo, await site.start())
        assert signed.lead_id != stranger.lead_id

    async def test_keeps_what_the_site_calls_its_people_to_itself(
        self, site: Site, demo: Services
    ) -> None:
        lead = await lead_of(demo, await site.start(site.token(sub="sam@lee.example")))
        rows = [
            row
            for name in ("leads", "threads", "events", "audit", "tenant_events")
            for row in await demo.repository.scoped(name, "default").find({})
        ]
        assert "lee.example" not in repr(rows)
        assert str(lead.external_id).startswith("site:")

    async def test_serves_a_program_as_well(self, site: Site, demo: Services) -> None:
        _, secret = await demo.keys.issue("default", "test", {Scope.THREADS_WRITE})
        program = Staff(site.web, secret)
        body = {"community": COMMUNITY, "identity_token": site.token(**SAM)}
        lead = await lead_of(demo, await program.post("/api/agent/start", body))
        assert lead.hashes.keys() == SAM.keys()

    async def test_contact_data_does_not_hide_in_the_source(
        self, site: Site, demo: Services
    ) -> None:
        source = "mail sam@lee.example or 503-555-0142"
        said: list[Json] = [{"identity_token": site.token()}, {"lead": {"consent_sms": True}}]
        for who in said:
            body = {"community": COMMUNITY, "source": source, **who}
            assert (await site.web.post("/api/agent/start", json=body)).status_code == 201
        for name in ("leads", "threads", "events", "consents"):
            rows = repr(await demo.repository.scoped(name, "default").find({}))
            assert "lee.example" not in rows, name
            assert "0142" not in rows, name

    async def test_notes_a_consent(self, site: Site, demo: Services) -> None:
        lead = await lead_of(demo, await site.start(lead={"consent_sms": True}))
        assert lead.consent.sms

    async def test_leaves_no_room_for_another_contact(self, site: Site) -> None:
        answer = await site.start(lead={"email": "other@lee.example"})
        assert refusal(answer) == (422, "identity_contact_twice")


class TestSecrets:
    async def test_two_work_at_a_time(self, site: Site, demo: Services) -> None:
        second_id, second = await demo.identities.new_secret("default", COMMUNITY)
        newer = Site(site.web, site._clock, second)
        for each in (site, newer):
            assert (await each.start()).status_code == 201
        named = newer.token(header={"kid": second_id})
        assert (await newer.start(named)).status_code == 201
        misnamed = site.token(header={"kid": second_id})
        assert refusal(await site.start(misnamed)) == (401, "identity_invalid")
        await demo.identities.new_secret("default", COMMUNITY)
        assert refusal(await site.start()) == (401, "identity_invalid")
        assert (await newer.start()).status_code == 201
        await demo.identities.new_secret("default", COMMUNITY, alone=True)
        assert refusal(await newer.start()) == (401, "identity_invalid")

    async def test_are_stored_sealed(self, site: Site, demo: Services) -> None:
        rows = await demo.repository.scoped("identity_secrets", "default").find({})
        assert site.secret not in repr(rows)

    async def test_of_one_community_open_no_other(self, site: Site, demo: Services) -> None:
        assert refusal(await site.start(community="alder-row")) == (401, "identity_unset")
        await demo.identities.new_secret("default", "alder-row")
        assert refusal(await site.start(community="alder-row")) == (401, "identity_invalid")


def _raw(header: Json, claims: Any, signature: bytes = b"x") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


class TestHostile:
    async def test_no_bad_token_starts_a_conversation(self, site: Site, demo: Services) -> None:
        now = int(demo.clock.now().timestamp())
        good = site.token(**SAM)
        stranger = Site(site.web, site._clock, "z" * 40)
        invalid = [
            "x", "a.b.c", "..", good + "x", good[:-1], good.rpartition(".")[0] + ".", "é" * 9,
            f"{good}.{good}", "x" * 4999, stranger.token(**SAM),
            _raw({"alg": "none"}, {"sub": "17"}, b""), _raw({"alg": "RS256"}, {"sub": "17"}),
            _raw({"alg": "HS256"}, []), _raw({}, {}),
            site.token(algorithm="HS512"), site.token(algorithm="HS384"),
            site.token(exp=...), site.token(iat=...), site.token(sub=...),
            site.token(sub=""), site.token(sub="x" * 201),
            site.token(iat=str(now)), site.token(exp=1e300), site.token(exp=2**63),
            site.token(iat=True), site.token(iat=now + 31, exp=now + 300),
            site.token(header={"kid": "../../x"}), site.token(header={"jku": "https://x.example"}),
            site.token(header={"jwk": {"kty": "oct", "k": "eg"}}),
            site.token(email="not an address"), site.token(phone="call me"),
            site.token(email={"$gt": ""}), site.token(name="x" * 300),
            site.token(external_id="$where"), site.token(external_id=""),
        ]  # fmt: skip
        for token in invalid:
            answer = await site.start(token)
            assert refusal(answer) == (401, "identity_invalid"), (token, answer.text)
        expired = [site.token(exp=now - 31), site.token(iat=now - 301, exp=now + 900)]
        for token in expired:
            assert refusal(await site.start(token)) == (401, "identity_expired")
        for odd in ("", 7, [good], {"$ne": ""}, "x" * 5001):
            body = {"community": COMMUNITY, "identity_token": odd}
            answer = await site.web.post("/api/agent/start", json=body)
            assert refusal(answer) == (422, "request_invalid")
        assert await demo.repository.scoped("threads", "default").count({}) == 0
        assert await demo.repository.scoped("leads", "default").count({}) == 0

    async def test_a_token_works_for_five_minutes(self, site: Site, clock: ManualClock) -> None:
        token = site.token(exp=int(clock.now().timestamp()) + 3600)
        clock.advance(timedelta(minutes=5))
        assert (await site.start(token)).status_code == 201
        clock.advance(timedelta(seconds=1))
        assert refusal(await site.start(token)) == (401, "identity_expired")
