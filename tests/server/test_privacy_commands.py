"""`latchkey webhook-source`, `forget`, `export` and `retention`."""

import asyncio
from pathlib import Path

from agent.bootstrap import open_services
from agent.kit.signatures import sign
from agent.leads.models import Consent
from agent.privacy.models import Contact
from agent.settings import Settings
from tests.agent.tickets.cases import draft
from tests.server.commands import Latchkey, printed, refused


async def believed(settings: Settings, source_id: str, secret: str) -> bool:
    async with open_services(settings) as services:
        at = int(services.clock.now().timestamp())
        signed = {
            "webhook-id": "m",
            "webhook-timestamp": str(at),
            "webhook-signature": sign(secret, "m", at, b"{}"),
        }
        try:
            await services.inbound.verify(source_id, signed.items(), b"{}")
        except Exception:
            return False
        return True


async def a_lead(settings: Settings) -> str:
    async with open_services(settings) as services:
        contact = Contact(email="sam@lee.example")
        lead = await services.leads.create(
            "default", contact=contact, consent=Consent(), source=None
        )
        return lead.lead_id


async def a_ticket(settings: Settings) -> str:
    async with open_services(settings) as services:
        row = draft(contact_name="Kim Lo", contact_email="sam@lee.example")
        added = await services.tickets.add("default", [(2, row)], created_by="cli")
        return added.ticket_ids[0]


def test_each_command_leaves_a_trace(
    latchkey: Latchkey, settings: Settings, tmp_path: Path
) -> None:
    source_id = printed(latchkey("webhook-source", "add", "crm", "--json"))["source_id"]
    latchkey("webhook-source", "rotate", source_id)
    latchkey("webhook-source", "remove", source_id)
    latchkey("export", "--out", str(tmp_path / "out"))
    latchkey("tenant", "add", "acme")
    key_id = printed(latchkey("key", "add", "crm", "--scope", "leads:read", "--json"))["key_id"]
    latchkey("key", "revoke", key_id)

    async def told(*subjects: str) -> list[tuple[str, str]]:
        async with open_services(settings) as services:
            return [
                (record.kind, record.actor)
                for subject in subjects
                for tenant in ("default", "acme")
                for record in await services.audit.store.about(tenant, subject)
            ]

    found = asyncio.run(told(source_id, "default", "acme", key_id, "admin"))
    assert sorted(found) == [
        (kind, "cli")
        for kind in (
            "key.issued",
            "key.issued",
            "key.revoked",
            "tenant.added",
            "tenant.exported",
            "webhook_source.added",
            "webhook_source.removed",
            "webhook_source.rotated",
        )
    ]


def test_a_source_is_added_exchanges_its_secret_and_goes(
    latchkey: Latchkey, settings: Settings
) -> None:
    made = printed(latchkey("webhook-source", "add", "crm", "--json"))
    source_id = made["source_id"]
    assert made["path"].endswith(source_id)
    assert asyncio.run(believed(settings, source_id, made["secret"]))
    new = printed(latchkey("webhook-source", "rotate", source_id, "--json"))["secret"]
    for secret in (made["secret"], new):
        assert asyncio.run(believed(settings, source_id, secret))
    listed = latchkey("webhook-source", "list", "--json")
    assert [each["name"] for each in printed(listed)["sources"]] == ["crm"]
    assert "whsec_" not in listed.output
    printed(latchkey("webhook-source", "remove", source_id, "--json"))
    assert not asyncio.run(believed(settings, source_id, new))
    assert refused(latchkey("webhook-source", "rotate", source_id)) == "source_not_found"
    assert refused(latchkey("webhook-source", "remove", source_id)) == "source_not_found"


def test_of_an_unknown_tenant_there_is_nothing(latchkey: Latchkey, tmp_path: Path) -> None:
    for command in (
        ("webhook-source", "add", "crm"),
        ("forget", "lead_1"),
        ("export", "--out", str(tmp_path / "out")),
        ("retention", "run"),
    ):
        assert refused(latchkey(*command, "--tenant", "nobody")) == "tenant_not_found"


def test_a_lead_is_exported_and_forgotten(
    latchkey: Latchkey, settings: Settings, tmp_path: Path
) -> None:
    lead_id = asyncio.run(a_lead(settings))
    out = tmp_path / "out"
    manifest = printed(latchkey("export", "--out", str(out), "--json"))
    assert lead_id in (out / "leads.jsonl").read_text()
    assert manifest["rows"] == sum(file["rows"] for file in manifest["files"])
    assert refused(latchkey("export", "--out", str(out))) == "export_dir_used"
    ticket_id = asyncio.run(a_ticket(settings))
    report = printed(latchkey("forget", lead_id, "--json"))
    assert report["erased"]["leads"] == 1
    assert report["same_contact_tickets"] == [ticket_id]
    assert printed(latchkey("forget", lead_id, "--json")) == report
    assert refused(latchkey("forget", "lead_nobody")) == "lead_not_found"
    assert refused(latchkey("forget", "CS-nobody", "--ticket")) == "ticket_not_found"
    gone = printed(latchkey("forget", ticket_id, "--ticket", "--json"))
    assert gone["forgotten_at"]
    assert printed(latchkey("forget", ticket_id, "--ticket", "--json")) == gone
    assert printed(latchkey("retention", "run", "--dry-run", "--json"))["removed"] == {}
