import asyncio
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock

import pytest

from agent.errors import Conflict, NotFound
from agent.privacy.models import Contact
from agent.services import Services
from agent.tickets.models import Grounds, Source, Status
from tests.agent.tickets.cases import DANA, TENANT, added, draft, found, opened, settled

PERSON: dict[str, Any] = {
    "contact_name": "Skyler Miller",
    "contact_email": "Skyler@pmc-example.com",
    "contact_phone": "(202) 555-0143",
}
TALK = (
    "Ari (Support): Hello, how can I help?\n"
    "Skyler Miller: Hi, I am Skyler Miller, call 202-555-0143 or skyler@pmc-example.com.\n"
    "Skyler: Or write to MILLER, SKYLER.\n"
    "Ari (Support): Thanks, Skyler!"
)


async def raw(services: Services, collection: str = "tickets") -> str:
    return str(await services.repository.scoped(collection, TENANT).find({}))


class TestAdd:
    async def test_contact_data_is_in_the_vault_only(self, services: Services) -> None:
        subject = "Skyler Miller cannot log in"
        [ticket_id] = await added(
            services, draft(transcript=TALK, subject=subject, description=TALK, **PERSON)
        )
        ticket = await services.tickets.get(TENANT, ticket_id)
        assert ticket.transcript == (
            "Ari (Support): Hello, how can I help?\n"
            "[name]: Hi, I am [name], call [phone] or [email].\n"
            "[name]: Or write to [name].\n"
            "Ari (Support): Thanks, [name]!"
        )
        assert ticket.subject == "[name] cannot log in"
        assert ticket.contact_ref
        assert await services.vault.get(TENANT, ticket.contact_ref) == Contact(
            name="Skyler Miller", email="skyler@pmc-example.com", phone="+12025550143"
        )
        for collection in ("tickets", "events", "audit"):
            stored = (await raw(services, collection)).lower()
            assert not [word for word in ("skyler", "miller", "555") if word in stored]

    async def test_a_conversation_has_one_ticket_and_the_first_row_wins(
        self, services: Services
    ) -> None:
        rows = [(2, draft(1)), (3, draft(2)), (4, draft(1, transcript="Another."))]
        first = await services.tickets.add(TENANT, rows, created_by="user:sam")
        assert (len(first.ticket_ids), first.duplicates) == (2, [(4, "CONV-1")])
        again = await services.tickets.add(TENANT, rows, created_by="user:sam")
        assert (again.ticket_ids, [row for row, _ in again.duplicates]) == ([], [2, 3, 4])
        elsewhere = await services.tickets.add("other", rows, created_by="user:sam")
        assert len(elsewhere.ticket_ids) == 2

    async def test_the_same_rows_of_the_same_job_are_the_same_tickets(
        self, services: Services
    ) -> None:
        rows = [(2, draft(1)), (3, draft(2))]
        cut_short = await services.tickets.add(TENANT, rows[:1], created_by="s", job_id="job_1")
        resumed = await services.tickets.add(TENANT, rows, created_by="s", job_id="job_1")
        assert resumed.ticket_ids[0] == cut_short.ticket_ids[0]
        assert (len(resumed.ticket_ids), resumed.duplicates) == (2, [])
        assert len(await services.repository.scoped("tickets", TENANT).find({})) == 2

    async def test_ids_of_the_file_stay_unless_taken_or_unusable(self, services: Services) -> None:
        given = ["CS-11111111", "CS-11111111", "pending", "a/b", None]
        rows = [(n, draft(n, ticket_id=ticket_id)) for n, ticket_id in enumerate(given)]
        first = await services.tickets.add(TENANT, rows, created_by="user:sam", job_id="job_1")
        ids = first.ticket_ids
        assert first.renumbered == [
            (1, "ticket_id_taken"),
            (2, "ticket_id_unusable"),
            (3, "ticket_id_unusable"),
        ]
        again = await services.tickets.add(TENANT, rows, created_by="user:sam", job_id="job_1")
        assert again == first
        assert ids[0] == "CS-11111111"
        assert all(each.startswith("CS-") and len(each) == 11 for each in ids)
        assert len(set(ids)) == 5
        [other] = await added(services, draft(9, ticket_id="CS-11111111"))
        assert other != "CS-11111111"

    async def test_two_files_at_once_make_each_ticket_once(self, services: Services) -> None:
        rows = [(n, draft(n, ticket_id=f"CS-{n:08}")) for n in range(20)]
        done = await asyncio.gather(
            *(services.tickets.add(TENANT, rows, created_by="user:sam") for _ in range(4))
        )
        assert sum(len(each.ticket_ids) for each in done) == 20
        assert sum(len(each.duplicates) for each in done) == 60

    async def test_events_name_ids_only_and_times_get_a_zone(self, services: Services) -> None:
        at = datetime(2024, 2, 8, 10)  # noqa: DTZ001
        ids = await added(services, draft(1, created_at=at, **PERSON), draft(2))
        events = await services.repository.scoped("events", TENANT).find({}, sort=[("seq", 1)])
        assert [(e["type"], e["data"]) for e in events] == [
            ("ticket.created", {"ticket_id": each}) for each in ids
        ]
        ticket = await services.tickets.get(TENANT, ids[0])
        assert ticket.created_at == at.replace(tzinfo=UTC)
        assert [step.status for step in ticket.steps] == ["pending"]

    async def test_a_foreign_ticket_is_not_there(self, services: Services) -> None:
        [ticket_id] = await added(services)
        with pytest.raises(NotFound) as error:
            await services.tickets.get("other", ticket_id)
        assert error.value.code == "ticket_not_found"


class TestSettle:
    async def test_a_list_leaves_the_grounds_where_they_are(self, services: Services) -> None:
        [ticket] = await settled(services)
        assert ticket.grounds is not None
        [listed] = (await services.tickets.store.page(TENANT)).items
        assert listed == ticket.model_copy(update={"grounds": None})

    async def test_labels_of_the_file_stay_and_found_ones_are_marked(
        self, services: Services
    ) -> None:
        labels = {
            "category": {"value": "Gates", "confidence": 0.8},
            "priority": {"value": "Low", "confidence": 0.3},
        }
        [ticket] = await settled(services, draft(priority="Critical"), labels=labels)
        assert (ticket.category, ticket.priority) == ("Gates", "Critical")
        assert ticket.confidence == {"category": 0.8, "sentiment": 0.0}
        assert (ticket.case.category, ticket.case.priority) == (None, "Critical")
        assert (ticket.relevancy_score, ticket.version, ticket.status) == (75, 2, "pending")
        again = await services.tickets.settle(
            TENANT, ticket.ticket_id, found(labels={"category": {"value": "Doors"}}), Grounds()
        )
        assert (again.category, again.priority) == ("Doors", "Critical")

    async def test_what_somebody_has_opened_stays_as_they_read_it(self, services: Services) -> None:
        [ticket] = await opened(services)
        after = await services.tickets.settle(TENANT, ticket.ticket_id, found("Other."), Grounds())
        assert after == ticket

    async def test_what_was_found_is_redacted_too(self, services: Services) -> None:
        words = {"content": "Ask Skyler Miller at 202-555-0143.", "draft_title": "For Miller"}
        [ticket] = await settled(services, draft(**PERSON), **words)
        assert ticket.resolution_content == "Ask [name] at [phone]."
        drafted = await services.knowledge.get(TENANT, "KB-SYN-0001")
        assert (drafted.title, drafted.text) == ("For [name]", "Ask [name] at [phone].")

    async def test_a_draft_is_written_renewed_and_closed(self, services: Services) -> None:
        [ticket] = await settled(services, draft_title="Keypads")
        assert ticket.generated_kb_id == "KB-SYN-0001"
        article = await services.knowledge.get(TENANT, "KB-SYN-0001")
        assert (article.status, article.kind, article.title) == ("draft", "resolution", "Keypads")
        renewed = found("Call the vendor.", draft_title="Keypads")
        after = await services.tickets.settle(TENANT, ticket.ticket_id, renewed, Grounds())
        assert after.generated_kb_id == "KB-SYN-0001"
        article = await services.knowledge.get(TENANT, "KB-SYN-0001")
        assert (article.text, article.version) == ("Call the vendor.", 2)
        after = await services.tickets.settle(TENANT, ticket.ticket_id, found(), Grounds())
        assert after.generated_kb_id is None
        assert (await services.knowledge.get(TENANT, "KB-SYN-0001")).status == "retired"

    async def test_the_unresolved_are_listed_in_order(self, services: Services) -> None:
        ids = sorted(await added(services, *(draft(n) for n in range(5))))
        await services.tickets.settle(TENANT, ids[0], found(), Grounds())
        store = services.tickets.store
        page = await store.unresolved(TENANT, 2)
        assert [ticket.ticket_id for ticket in page] == ids[1:3]
        rest = await store.unresolved(TENANT, 9, after=page[-1].ticket_id)
        assert [ticket.ticket_id for ticket in rest] == ids[3:]


async def test_lists_filter_and_turn_pages(services: Services) -> None:
    await added(services, *(draft(n, product="Doors" if n % 2 else "Access") for n in range(5)))
    store = services.tickets.store
    first = await store.page(TENANT, limit=3)
    rest = await store.page(TENANT, limit=3, cursor=first.next_cursor)
    assert len({t.ticket_id for t in (*first.items, *rest.items)}) == 5
    assert rest.next_cursor is None
    [one] = (await store.page(TENANT, q="gate CODE 3")).items
    assert one.conversation_id == "CONV-3"
    assert (await store.page(TENANT, q=".*")).items == []
    assert len((await store.page(TENANT, product="Doors", status=[Status.PENDING])).items) == 2
    assert (await store.page(TENANT, created_by="user:else")).items == []
    assert (await store.page("other")).items == []


class TestForget:
    async def test_nothing_of_the_contact_is_left(self, services: Services) -> None:
        [ticket] = await opened(services, draft(transcript="The violet gate.", **PERSON))
        await services.reviewing.approve(TENANT, ticket.ticket_id, DANA)
        quoting = Source(
            id=ticket.ticket_id, kind="ticket", title="", passage="The violet gate.",
            similarity_score=1, distance=0, score=1,
        )  # fmt: skip
        [other] = await added(services, draft(2))
        await services.tickets.settle(TENANT, other, found(), Grounds(tickets=[quoting]))
        gone = await services.tickets.forget(TENANT, ticket.ticket_id, actor="user:dana")
        assert (gone.transcript, gone.subject, gone.contact_ref) == ("", None, None)
        assert gone.forgotten_at == services.clock.now()
        assert await raw(services, "vault") == "[]"
        assert await services.chunks.search(TENANT, "tickets", "gate") == []
        for collection in ("tickets", "chunks"):
            assert "violet" not in await raw(services, collection)
        again = await services.tickets.forget(TENANT, ticket.ticket_id, actor="user:dana")
        assert again == gone
        kinds = [row["kind"] for row in await services.repository.scoped("audit", TENANT).find({})]
        assert kinds.count("ticket.forgotten") == 1

    async def test_what_waits_for_a_decision_goes_too(
        self, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words: dict[str, Any] = {"content": "The violet gate.", "draft_title": "Violet gate"}
        [ticket] = await opened(services, draft(**PERSON), **words)
        renewed = await services.reviewing.edit(
            TENANT, ticket.ticket_id, DANA, "Mend the violet gate."
        )
        await services.tickets.forget(TENANT, renewed.ticket_id, actor="user:dana")
        for collection in ("tickets", "knowledge", "knowledge_versions"):
            assert "violet" not in await raw(services, collection)
        with pytest.raises(Conflict) as refused:
            await services.reviewing.approve(
                TENANT, ticket.ticket_id, DANA, edited_resolution="Mend the gate."
            )
        assert refused.value.code == "ticket_forgotten"
        assert await services.reviewing.approve_above(TENANT, DANA, 0) == []
        dispute = AsyncMock()
        monkeypatch.setattr(services.reviewing._deciding._knowledge, "dispute", dispute)
        gone = await services.reviewing.reject(TENANT, ticket.ticket_id, DANA, reason="erased")
        dispute.assert_not_awaited()
        assert gone.status is Status.REJECTED

    async def test_the_tickets_of_one_person_are_found_by_hash(self, services: Services) -> None:
        ids = await added(services, draft(1, **PERSON), draft(2, **PERSON), draft(3))
        contact = Contact(phone="+1 202 555 0143")
        hashes = services.vault.hashes(TENANT, contact)
        assert set(await services.tickets.store.of_contact(TENANT, hashes)) == set(ids[:2])
        assert await services.tickets.store.of_contact(TENANT, {}) == []

    async def test_a_resolution_that_comes_too_late_is_not_kept(self, services: Services) -> None:
        [ticket_id] = await added(services, draft(**PERSON))
        gone = await services.tickets.forget(TENANT, ticket_id, actor="user:dana")
        late = found("As they said: the violet gate.")
        assert await services.tickets.settle(TENANT, ticket_id, late, Grounds()) == gone
