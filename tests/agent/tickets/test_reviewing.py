import asyncio
from collections import Counter
from typing import Any

import pytest

from agent.bootstrap import build_services
from agent.errors import Conflict, Forbidden, InvalidInput, LatchkeyError, NotFound, TooLarge
from agent.kit.clock import ManualClock
from agent.knowledge.models import ArticleDraft
from agent.services import Services
from agent.tickets.deciding import Approved
from agent.tickets.models import Status, Ticket
from agent.tickets.reviewers import tier_number
from tests.agent.tickets.cases import (
    DANA,
    ELI,
    KEY,
    TENANT,
    added,
    draft,
    opened,
    scoring,
    settled,
)

PERSON: dict[str, Any] = {
    "contact_name": "Skyler Miller",
    "contact_email": "skyler@pmc-example.com",
}
ARTICLES = (
    ArticleDraft(knowledge_id="KB-1A", title="Gates", text="Press star, then the code."),
    ArticleDraft(knowledge_id="KB-2B", title="Doors", text="Oil the hinges of the door."),
    ArticleDraft(knowledge_id="SCRIPT-7", title="Unlock", text="update gates", kind="script"),
)


async def approve(services: Services, ticket: Ticket, **how: object) -> Approved:
    reviewer = how.pop("reviewer", DANA)
    return await services.reviewing.approve(TENANT, ticket.ticket_id, reviewer, **how)  # type: ignore[arg-type]


async def outcome(act: object) -> str:
    """`ok`, or the code of what it raised."""
    try:
        await act  # type: ignore[misc]
    except LatchkeyError as error:
        return error.code
    return "ok"


async def kinds(services: Services, collection: str, field: str) -> list[str]:
    rows = await services.repository.scoped(collection, TENANT).find({})
    return [row[field] for row in rows]


class TestStatus:
    async def test_only_the_steps_of_the_flow_are_taken(self, services: Services) -> None:
        [ticket] = await settled(services)
        change = services.reviewing.set_status
        for status in (Status.PENDING, Status.APPROVED, Status.REJECTED):
            with pytest.raises(Conflict) as error:
                await change(TENANT, ticket.ticket_id, DANA, status)
            assert error.value.code == "ticket_status_invalid"
        taken = await change(TENANT, ticket.ticket_id, DANA, Status.IN_PROGRESS)
        assert (taken.status, taken.assigned_to) == (Status.IN_PROGRESS, "dana")
        for status in Status:
            assert await outcome(change(TENANT, ticket.ticket_id, DANA, status)) == (
                "ticket_status_invalid"
            )
        await approve(services, taken)
        for status in Status:
            assert await outcome(change(TENANT, ticket.ticket_id, DANA, status)) == "ticket_decided"

    async def test_a_pending_ticket_is_not_decided(self, services: Services) -> None:
        [ticket] = await settled(services)
        reject = services.reviewing.reject(TENANT, ticket.ticket_id, DANA, reason="No.")
        assert await outcome(approve(services, ticket)) == "ticket_not_opened"
        assert await outcome(reject) == "ticket_not_opened"

    async def test_a_foreign_ticket_is_not_there(self, services: Services) -> None:
        [ticket] = await opened(services)
        review, ticket_id = services.reviewing, ticket.ticket_id
        for act in (
            review.set_status("other", ticket_id, KEY, Status.IN_PROGRESS),
            review.edit("other", ticket_id, KEY, "Text."),
            review.assign("other", ticket_id, KEY, DANA),
            review.approve("other", ticket_id, KEY),
            review.reject("other", ticket_id, KEY, reason="No."),
        ):
            with pytest.raises(NotFound):
                await act
        assert await review.approve_above("other", KEY, 0) == []

    async def test_an_assigned_ticket_stays_its_owners(self, services: Services) -> None:
        [ticket] = await settled(services)
        assigned = await services.reviewing.assign(TENANT, ticket.ticket_id, ELI, DANA)
        assert (assigned.assigned_to, assigned.status) == ("dana", Status.PENDING)
        taken = await services.reviewing.set_status(
            TENANT, ticket.ticket_id, ELI, Status.IN_PROGRESS
        )
        assert taken.assigned_to == "dana"


class TestEdit:
    async def test_both_texts_are_kept_and_a_pending_ticket_opens(self, services: Services) -> None:
        [ticket] = await settled(services)
        edited = await services.reviewing.edit(TENANT, ticket.ticket_id, ELI, "  Turn the key. ")
        assert edited.status is Status.IN_PROGRESS
        assert (edited.edited_resolution, edited.edited_by) == ("Turn the key.", "user:eli")
        assert edited.resolution_content == ticket.resolution_content
        assert (edited.assigned_to, edited.final_resolution) == ("eli", "Turn the key.")
        assert [step.status for step in edited.steps] == ["pending", "in_progress"]

    async def test_what_a_person_writes_is_redacted(self, services: Services) -> None:
        [ticket] = await opened(services, draft(**PERSON))
        text = "Told Skyler Miller at 202-555-0143, then Skyler agreed. See CS-35956164."
        edited = await services.reviewing.edit(TENANT, ticket.ticket_id, DANA, text)
        assert edited.edited_resolution == (
            "Told [name] at [phone], then [name] agreed. See CS-35956164."
        )

    async def test_a_stale_version_an_empty_and_a_long_text_are_refused(
        self, services: Services
    ) -> None:
        [ticket] = await opened(services)
        edit = services.reviewing.edit
        with pytest.raises(Conflict) as error:
            await edit(TENANT, ticket.ticket_id, DANA, "Text.", version=ticket.version - 1)
        assert error.value.code == "ticket_changed"
        with pytest.raises(InvalidInput):
            await edit(TENANT, ticket.ticket_id, DANA, " \n ")
        with pytest.raises(TooLarge):
            await edit(TENANT, ticket.ticket_id, DANA, "x" * 32_768)
        after = await edit(TENANT, ticket.ticket_id, DANA, "Text.", version=ticket.version)
        assert after.version == ticket.version + 1

    async def test_a_decided_ticket_is_not_edited(self, services: Services) -> None:
        [ticket] = await opened(services)
        await approve(services, ticket)
        assert await outcome(services.reviewing.edit(TENANT, ticket.ticket_id, DANA, "New.")) == (
            "ticket_decided"
        )


class TestApprove:
    async def test_it_publishes_an_entry_that_is_found_at_once(self, services: Services) -> None:
        [ticket] = await opened(services, draft(category="Gates"))
        done = await approve(services, ticket)
        entry = done.knowledge
        assert (entry.knowledge_id, entry.kind, entry.version) == ("KB-NEW-0001", "resolution", 1)
        assert (entry.ticket_id, entry.conversation_id) == (ticket.ticket_id, "CONV-1")
        assert (entry.text, entry.created_by) == (ticket.resolution_content, "user:dana")
        assert (entry.product, entry.category, entry.title) == ("Access", "Gates", "Gate code 1")
        assert (done.ticket.status, done.ticket.knowledge_id) == ("approved", "KB-NEW-0001")
        assert done.ticket.resolved_at == services.clock.now()
        [found] = await services.knowledge.search(TENANT, "reset keypad", kinds=("resolution",))
        assert found.article.knowledge_id == "KB-NEW-0001"
        [hit] = await services.chunks.search(TENANT, "tickets", "gate code refused")
        assert hit.meta["kb_id"] == "KB-NEW-0001"
        assert sorted(await kinds(services, "events", "type")) == [
            "knowledge.published",
            "ticket.approved",
            "ticket.created",
        ]
        assert Counter(await kinds(services, "audit", "kind")) == Counter(
            ["tickets.added", "ticket.opened", "knowledge.published", "ticket.approved"]
        )

    async def test_without_a_resolution_there_is_nothing_to_approve(
        self, services: Services
    ) -> None:
        [ticket_id] = await added(services)
        ticket = await services.reviewing.set_status(TENANT, ticket_id, DANA, Status.IN_PROGRESS)
        assert await outcome(approve(services, ticket)) == "ticket_unresolved"
        done = await approve(services, ticket, edited_resolution="Replaced the keypad.")
        assert done.knowledge.text == "Replaced the keypad."

    async def test_ids_in_the_edited_words_correct_the_ticket(self, services: Services) -> None:
        await services.knowledge.put(TENANT, ARTICLES, "test")
        [other] = await added(services, draft(9))
        [ticket] = await opened(services, kb_id="KB-1A", citations=["KB-1A"])
        text = f"As in KB-2B (with SCRIPT-7), see {other}. KB-3C and 12 are nothing."
        done = await approve(services, ticket, edited_resolution=text)
        assert (done.ticket.kb_id, done.ticket.script_id) == ("KB-2B", "SCRIPT-7")
        assert done.ticket.reference_articles == ["KB-2B", "SCRIPT-7", other]
        assert done.knowledge.reference_articles == done.ticket.reference_articles
        hits = await services.chunks.search(TENANT, "tickets", "gate code")
        assert [hit.meta["kb_id"] for hit in hits] == ["KB-2B"]

    async def test_words_that_name_the_found_article_leave_it(self, services: Services) -> None:
        await services.knowledge.put(TENANT, ARTICLES, "test")
        [ticket] = await opened(services, kb_id="KB-1A")
        await services.reviewing.edit(TENANT, ticket.ticket_id, DANA, "KB-2B helps, KB-1A solves.")
        now = await services.tickets.get(TENANT, ticket.ticket_id)
        done = await approve(services, now)
        assert (done.ticket.kb_id, done.ticket.reference_articles) == ("KB-1A", ["KB-2B", "KB-1A"])

    async def test_another_solution_leaves_the_article_that_was_found(
        self, services: Services
    ) -> None:
        await services.knowledge.put(TENANT, ARTICLES, "test")
        [ticket] = await opened(services, kb_id="KB-1A", citations=["KB-1A"])
        text = "Look up the return code, have the bank account corrected and choose Redraft."
        done = await approve(services, ticket, edited_resolution=text)
        assert (done.ticket.kb_id, done.ticket.reference_articles) == (None, ["KB-1A"])
        assert (await services.knowledge.get(TENANT, "KB-1A")).confirmed_at is None
        hits = await services.chunks.search(TENANT, "tickets", "gate code")
        assert [hit.meta["kb_id"] for hit in hits] == [done.knowledge.knowledge_id]

    async def test_other_words_for_the_same_leave_the_article(self, services: Services) -> None:
        await services.knowledge.put(TENANT, ARTICLES, "test")
        [ticket] = await opened(services, kb_id="KB-1A", citations=["KB-1A"])
        text = f"{ticket.resolution_content} Then tell the resident."
        done = await approve(services, ticket, edited_resolution=text)
        assert done.ticket.kb_id == "KB-1A"

    async def test_a_given_article_counts_if_it_is_one(self, services: Services) -> None:
        await services.knowledge.put(TENANT, ARTICLES, "test")
        [ticket] = await opened(services)
        for wrong in ("KB-9", "SCRIPT-7"):
            assert await outcome(approve(services, ticket, kb_id=wrong)) == (
                "ticket_reference_unknown"
            )
        done = await approve(services, ticket, kb_id="KB-2B", script_id="SCRIPT-7")
        assert (done.ticket.kb_id, done.ticket.script_id) == ("KB-2B", "SCRIPT-7")

    async def test_an_article_may_be_called_by_words(self, services: Services) -> None:
        named = ArticleDraft(knowledge_id="gates,open", title="Gates", text="Press star.")
        await services.knowledge.put(TENANT, [named], "test")
        [ticket] = await opened(services)
        done = await approve(services, ticket, kb_id="gates,open")
        assert done.ticket.kb_id == "gates,open"

    async def test_a_reviewer_may_say_that_no_article_solved_it(self, services: Services) -> None:
        await services.knowledge.put(TENANT, ARTICLES, "test")
        [ticket] = await opened(services, kb_id="KB-1A", citations=["KB-1A"])
        done = await approve(services, ticket, kb_id="", category="Gates")
        assert (done.ticket.kb_id, done.ticket.reference_articles) == (None, [])
        assert done.knowledge.category == done.ticket.case.category == "Gates"
        hits = await services.chunks.search(TENANT, "tickets", "gate code")
        assert [hit.meta["kb_id"] for hit in hits] == [done.knowledge.knowledge_id]

    async def test_a_draft_becomes_an_entry_of_its_own(self, services: Services) -> None:
        [ticket] = await opened(services, draft_title="Keypads")
        done = await approve(services, ticket)
        assert (done.knowledge.knowledge_id, done.knowledge.title) == ("KB-NEW-0001", "Keypads")
        closed = await services.knowledge.get(TENANT, "KB-SYN-0001")
        assert (closed.status, closed.published_as) == ("retired", "KB-NEW-0001")
        assert done.ticket.generated_kb_id == "KB-SYN-0001"

    async def test_the_same_again_is_answered_from_the_record(self, services: Services) -> None:
        [ticket] = await opened(services)
        done = await approve(services, ticket, version=ticket.version)
        assert await approve(services, ticket, version=ticket.version) == done
        for other in (
            approve(services, ticket, reviewer=KEY),
            approve(services, ticket, edited_resolution="Something else."),
            services.reviewing.reject(TENANT, ticket.ticket_id, DANA, reason="No."),
        ):
            assert await outcome(other) == "ticket_decided"
        assert len(await services.knowledge.store.by_ids(TENANT, ["KB-NEW-0001"])) == 1

    async def test_a_number_an_import_has_brought_is_passed_by(self, services: Services) -> None:
        taken = ArticleDraft(knowledge_id="KB-NEW-0001", title="Old", text="From elsewhere.")
        await services.knowledge.put(TENANT, [taken], "test")
        [ticket] = await opened(services)
        assert (await approve(services, ticket)).knowledge.knowledge_id == "KB-NEW-0002"

    async def test_a_tier_decides_and_admins_always(self, services: Services) -> None:
        tickets = await opened(services, draft(1, tier=3), draft(2, tier=3))
        with pytest.raises(Forbidden) as error:
            await approve(services, tickets[0], reviewer=ELI)
        assert error.value.code == "ticket_tier"
        reject = services.reviewing.reject
        assert await outcome(reject(TENANT, tickets[0].ticket_id, ELI, reason="No.")) == (
            "ticket_tier"
        )
        await approve(services, tickets[0], reviewer=DANA)
        await approve(services, tickets[1], reviewer=KEY)
        assert [tier_number(name) for name in ("Tier3", "2", None, "")] == [3, 2, None, None]

    async def test_whoever_may_not_decide_a_ticket_neither_opens_nor_edits_it(
        self, services: Services
    ) -> None:
        [ticket] = await settled(services, draft(tier=3))
        review, ticket_id = services.reviewing, ticket.ticket_id
        for act in (
            review.set_status(TENANT, ticket_id, ELI, Status.IN_PROGRESS),
            review.edit(TENANT, ticket_id, ELI, "Text."),
        ):
            assert await outcome(act) == "ticket_tier"
        assert await services.tickets.get(TENANT, ticket_id) == ticket
        unfit = review.assign(TENANT, ticket_id, ELI, ELI)
        assert await outcome(unfit) == "ticket_assignee_unfit"
        given = await review.assign(TENANT, ticket_id, ELI, DANA)
        assert (given.assigned_to, given.status) == ("dana", Status.PENDING)
        assert await outcome(review.edit(TENANT, ticket_id, DANA, "Text.")) == "ok"


class TestPreview:
    async def test_it_shows_what_would_be_published_and_beside_what(
        self, services: Services
    ) -> None:
        text = "Press star.\nThen enter the code of the gate.\nWait for the green light."
        article = ArticleDraft(knowledge_id="KB-1A", title="Gates", text=text)
        await services.knowledge.put(TENANT, [article], "test")
        [ticket] = await settled(services, content=text.replace("green", "blue"), kb_id="KB-1A")
        preview = await services.reviewing.preview(TENANT, ticket.ticket_id, DANA)
        assert (preview.entry.title, preview.entry.reference_articles) == ("Gate code 1", ["KB-1A"])
        assert preview.similar_to
        assert preview.similar_to.knowledge_id == "KB-1A"
        assert preview.difference == [
            " Then enter the code of the gate.",
            "-Wait for the green light.",
            "+Wait for the blue light.",
        ]
        assert (await services.tickets.get(TENANT, ticket.ticket_id)) == ticket
        with pytest.raises(NotFound):
            await services.reviewing.preview("other", ticket.ticket_id, DANA)

    async def test_without_a_resolution_there_is_none(self, services: Services) -> None:
        [ticket_id] = await added(services)
        assert await outcome(services.reviewing.preview(TENANT, ticket_id, DANA)) == (
            "ticket_unresolved"
        )


class TestReject:
    async def test_the_reason_is_kept_and_the_draft_discarded(self, services: Services) -> None:
        [ticket] = await opened(services, draft(**PERSON), draft_title="Keypads")
        reject = services.reviewing.reject
        reason = "Skyler says it failed."
        done = await reject(TENANT, ticket.ticket_id, DANA, reason=reason)
        assert (done.status, done.reject_reason) == ("rejected", "[name] says it failed.")
        assert (done.resolved_at, done.decided_by) == (services.clock.now(), "user:dana")
        closed = await services.knowledge.get(TENANT, "KB-SYN-0001")
        assert (closed.status, closed.published_as) == ("retired", None)
        assert await reject(TENANT, ticket.ticket_id, DANA, reason=reason) == done
        for reviewer, why in ((DANA, "Another reason."), (KEY, reason)):
            again = reject(TENANT, ticket.ticket_id, reviewer, reason=why)
            assert await outcome(again) == "ticket_decided"
        assert sorted(await kinds(services, "events", "type")) == [
            "ticket.created",
            "ticket.rejected",
        ]

    async def test_a_reason_is_needed(self, services: Services) -> None:
        [ticket] = await opened(services)
        reject = services.reviewing.reject
        assert await outcome(reject(TENANT, ticket.ticket_id, DANA, reason=" ")) == (
            "ticket_text_empty"
        )
        assert await outcome(reject(TENANT, ticket.ticket_id, DANA, reason="x" * 2001)) == (
            "ticket_text_too_long"
        )


class TestAtOnce:
    async def test_of_an_edit_and_an_approval_one_wins(self, services: Services) -> None:
        for ticket in await opened(services, *(draft(n) for n in range(10))):
            codes = await asyncio.gather(
                outcome(approve(services, ticket)),
                outcome(services.reviewing.edit(TENANT, ticket.ticket_id, KEY, "Other words.")),
            )
            assert sorted(codes) in (["ok", "ticket_changed"], ["ok", "ticket_decided"])
            now = await services.tickets.get(TENANT, ticket.ticket_id)
            assert now.final_resolution == (
                ticket.resolution_content if codes[0] == "ok" else "Other words."
            )

    @pytest.mark.untraced
    async def test_fifty_tickets_get_fifty_consecutive_entries(
        self, services: Services, clock: ManualClock
    ) -> None:
        tickets = await opened(services, *(draft(n) for n in range(50)))
        second = build_services(services.settings, services.database, clock)
        done = await asyncio.gather(
            *(approve(services, ticket) for ticket in tickets[::2]),
            *(approve(second, ticket) for ticket in tickets[1::2]),
        )
        assert sorted(each.knowledge.knowledge_id for each in done) == [
            f"KB-NEW-{n:04}" for n in range(1, 51)
        ]

    async def test_one_ticket_gets_one_entry(self, services: Services) -> None:
        [ticket] = await opened(services)
        codes = await asyncio.gather(
            *(outcome(approve(services, ticket)) for _ in range(25)),
            *(outcome(approve(services, ticket, reviewer=KEY)) for _ in range(25)),
        )
        assert Counter(codes) == {"ok": 25, "ticket_decided": 25}
        rows = await services.repository.scoped("knowledge", TENANT).find({})
        assert [row["knowledge_id"] for row in rows] == ["KB-NEW-0001"]


class TestInBulk:
    async def test_what_scored_enough_is_opened_and_approved(self, services: Services) -> None:
        await settled(services, draft(1), **scoring(39))
        good = await settled(services, draft(2), draft(3), **scoring(40))
        [high] = await settled(services, draft(4, tier=3), **scoring(40))
        [others] = await opened(services, draft(5), **scoring(40))
        await added(services, draft(6))
        done = await services.reviewing.approve_above(TENANT, ELI, 40)
        assert {each.ticket.ticket_id for each in done} == {t.ticket_id for t in good}
        for each in done:
            steps = [step.status for step in each.ticket.steps]
            assert steps == ["pending", "in_progress", "approved"]
        done = await services.reviewing.approve_above(TENANT, DANA, 40)
        assert {e.ticket.ticket_id for e in done} == {high.ticket_id, others.ticket_id}
        assert await services.reviewing.approve_above(TENANT, DANA, 40) == []

    async def test_at_most_so_many(self, services: Services) -> None:
        await settled(services, *(draft(n) for n in range(3)))
        assert len(await services.reviewing.approve_above(TENANT, KEY, 0, limit=2)) == 2
        assert len(await services.reviewing.approve_above(TENANT, KEY, 0, limit=2)) == 1


async def test_scores_are_held_against_decisions(services: Services) -> None:
    low = await opened(services, draft(1), draft(2), **scoring(9))
    high = await opened(services, draft(3), draft(4), **scoring(40))
    for ticket in low:
        await services.reviewing.reject(TENANT, ticket.ticket_id, DANA, reason="No.")
    await approve(services, high[0])
    await approve(services, high[1], edited_resolution="Better.")
    bands = await services.tickets.calibration(TENANT)
    assert [(band.low, band.high) for band in (bands[0], bands[9], bands[10])] == [
        (0, 9),
        (90, 99),
        (100, 100),
    ]
    assert [band.low for band in bands if band.n] == [0, 40]
    assert (bands[0].rejected, bands[4].approved, bands[4].edited) == (2, 1, 1)
