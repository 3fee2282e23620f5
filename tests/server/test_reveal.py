"""Reading a lead back: who may see what, and what the audit knows of it."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from agent.errors import NotFound
from agent.leads.models import Consent
from agent.privacy.models import Contact
from agent.services import Services
from agent.tenants.models import Tenant
from server.scopes import Scope
from tests.server.commands import Latchkey
from tests.server.parties import Visitor

SAM = Contact(name="Sam Lee", email="sam@lee.example", phone="+15035550142")


@pytest.fixture
async def lead_id(visitor: Visitor, demo: Services) -> str:
    await visitor.ask_for_a_tour()
    await visitor.say("and my cell is 503-555-0142")
    return (await demo.threads.get("default", visitor.thread_id)).lead_id


async def read(
    web: httpx.AsyncClient, services: Services, lead_id: str, *scopes: Scope, reveal: str = ""
) -> httpx.Response:
    _, secret = await services.keys.issue("default", "test", scopes)
    params = {"reveal": reveal} if reveal else None
    headers = {"Authorization": f"Bearer {secret}"}
    return await web.get(f"/api/leads/leads/{lead_id}", params=params, headers=headers)


async def test_a_lead_without_who_it_is(
    web: httpx.AsyncClient, demo: Services, visitor: Visitor, lead_id: str
) -> None:
    answer = await read(web, demo, lead_id, Scope.LEADS_READ)
    assert answer.status_code == 200
    lead = answer.json()
    assert lead["profile"]["budget"] == 3000
    assert set(lead["hashes"]) == {"name", "email", "phone"}
    assert [thread["thread_id"] for thread in lead["threads"]] == [visitor.thread_id]
    assert lead["contact"] is None
    assert "lee" not in answer.text.lower()
    assert "5550142" not in answer.text
    (record,) = await demo.audit.store.about("default", lead_id)
    assert (record.kind, record.actor.partition(":")[0], record.data) == ("lead.read", "key", {})


async def test_who_it_is_needs_its_own_scope(
    web: httpx.AsyncClient, demo: Services, lead_id: str
) -> None:
    every_other = [scope for scope in Scope if scope is not Scope.PII_READ]
    answer = await read(web, demo, lead_id, *every_other, reveal="1")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "scope_missing"
    assert "lee" not in answer.text.lower()
    assert await demo.audit.store.about("default", lead_id) == []


async def test_who_it_is_does_not_open_the_lead_itself(
    web: httpx.AsyncClient, demo: Services, lead_id: str
) -> None:
    assert (await read(web, demo, lead_id, Scope.PII_READ, reveal="1")).status_code == 403
    assert await demo.audit.store.about("default", lead_id) == []


async def test_every_reading_is_audited_without_what_was_read(
    web: httpx.AsyncClient, demo: Services, lead_id: str
) -> None:
    for times in (1, 2):
        answer = await read(web, demo, lead_id, Scope.LEADS_READ, Scope.PII_READ, reveal="1")
        assert answer.json()["contact"] == SAM.model_dump()
        records = await demo.audit.store.about("default", lead_id)
        assert [record.kind for record in records] == ["lead.revealed"] * times
    assert records[0].actor.startswith("key:")
    assert records[0].data == {"fields": ["email", "name", "phone"]}


async def test_no_audit_no_answer(
    web: httpx.AsyncClient, demo: Services, lead_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(demo.audit, "record", broken)
    answer = await read(web, demo, lead_id, Scope.LEADS_READ, Scope.PII_READ, reveal="1")
    assert answer.status_code == 500
    assert "lee" not in answer.text.lower()


@pytest.mark.parametrize("reveal", ["", "1"])
async def test_an_unknown_lead(web: httpx.AsyncClient, demo: Services, reveal: str) -> None:
    answer = await read(web, demo, "lead_nobody", Scope.LEADS_READ, Scope.PII_READ, reveal=reveal)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "lead_not_found"
    assert await demo.audit.store.about("default", "lead_nobody") == []


async def test_a_lead_nobody_can_reach(web: httpx.AsyncClient, demo: Services) -> None:
    lead = await demo.leads.create("default", contact=Contact(), consent=Consent(), source="test")
    answer = await read(web, demo, lead.lead_id, Scope.LEADS_READ, Scope.PII_READ, reveal="true")
    assert answer.json()["contact"] == {"name": None, "email": None, "phone": None}


class TestCommand:
    @pytest.fixture
    def environment(self, environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
        """With the key of the vault that the services wrote into."""
        return environment | {"LATCHKEY_DATA_DIR": str(tmp_path)}

    async def test_shows_the_contact_and_leaves_a_trace(
        self, latchkey: Latchkey, demo: Services, lead_id: str
    ) -> None:
        shown = json.loads((await asyncio.to_thread(latchkey, "reveal", lead_id, "--json")).stdout)
        assert shown == {"lead_id": lead_id, "contact": SAM.model_dump()}
        assert "sam@lee.example" in (await asyncio.to_thread(latchkey, "reveal", lead_id)).stdout
        records = await demo.audit.store.about("default", lead_id)
        assert [(record.kind, record.actor) for record in records] == [("lead.revealed", "cli")] * 2

    async def test_knows_no_lead_of_another_tenant(
        self, latchkey: Latchkey, demo: Services, lead_id: str
    ) -> None:
        await demo.tenants.put(Tenant(tenant_id="rival", name="Rival"))
        result = await asyncio.to_thread(latchkey, "reveal", lead_id, "--tenant", "rival")
        assert isinstance(result.exception, NotFound)
        assert result.exception.code == "lead_not_found"
        assert await demo.audit.store.about("default", lead_id) == []
