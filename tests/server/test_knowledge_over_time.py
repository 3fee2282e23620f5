"""Knowledge over HTTP as it grows: from files, back to what it was, two as one, what is stale."""

import io
import json

from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]

from agent.services import Services
from agent.tenants.models import DEFAULT_TENANT
from agent.tickets.models import Grounds, Resolution, Score
from tests.server.parties import Json, Staff
from tests.server.support import agent, case, code, demo, finished, made, patch, send_file, user

__all__ = ["agent", "demo", "user"]

POINTS = Score(relevancy_points=9, accuracy_points=9, completeness_points=9, reasoning="Little.")
IMPORT = "/api/knowledge/import"


async def imported(agent: Staff, data: bytes, name: str, query: str = "") -> Json:
    answer = await send_file(agent, data, name, IMPORT + query)
    assert answer.status_code == 202, answer.text
    return await finished(agent, answer.json()["job_id"])


async def drafted(demo: Services) -> str:
    """The id of a ticket's draft article."""
    (ticket_id,) = await made(demo, case(1), score=None)
    found = Resolution(content="My kayak is gone.", draft_title="Kayaks", score=POINTS, by="rules")
    ticket = await demo.tickets.settle(DEFAULT_TENANT, ticket_id, found, Grounds())
    assert ticket.generated_kb_id
    return ticket.generated_kb_id


def sheet() -> bytes:
    book = Workbook()
    book.active.append(["Help articles of the desk"])
    book.active.append([])
    book.active.append(["KB ID", "Headline", "Body", "Topic", "Mood"])
    book.active.append(["KB-9", "Kayaks", "Kayaks are kept in the boat house.", "Boats", "calm"])
    book.active.append(["KB-10", "Canoes", None, "Boats", "calm"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def test_a_workbook_of_articles_can_be_searched(agent: Staff) -> None:
    job = await imported(agent, sheet(), "articles.xlsx")
    assert (job["kind"], job["status"]) == ("ingest_knowledge", "done"), job
    report = job["report"]
    assert (report["read"], report["added"], report["ignored_columns"]) == (2, 1, ["Mood"])
    (refused,) = report["rejected"]
    assert (refused["row"], refused["code"]) == (5, "text_missing")
    found = (await agent.read("/api/knowledge/search", q="kayaks"))["items"][0]
    assert (found["knowledge_id"], found["category"]) == ("KB-9", "Boats")
    again = await imported(agent, sheet(), "articles.xlsx")
    assert (again["report"]["unchanged"], again["report"]["added"]) == (1, 0)


async def test_csv_and_json_lines(agent: Staff) -> None:
    csv = b"title,answer\nKayaks,They are in the boat house.\n"
    assert (await imported(agent, csv, "a.csv"))["report"]["added"] == 1
    line = json.dumps({"title": "Reset a kayak", "text": "RESET KAYAK <ID>;"}).encode()
    assert (await imported(agent, line, "a.jsonl", "?kind=script"))["report"]["added"] == 1
    scripts = (await agent.read("/api/knowledge", kind="script"))["items"]
    assert "Reset a kayak" in [item["title"] for item in scripts]


async def test_a_file_that_cannot_be_read_fails_its_job(agent: Staff) -> None:
    for data, name, expected in (
        (b"x,y\n1,2\n", "a.csv", "knowledge_columns_unknown"),
        (b"hello", "a.xlsx", "workbook_not_xlsx"),
    ):
        job = await imported(agent, data, name)
        assert (job["status"], job["error"]["code"]) == ("failed", expected)


async def test_files_that_are_refused(agent: Staff, user: Staff) -> None:
    assert code(await send_file(agent, b"x", "a.pdf", IMPORT)) == (422, "table_format_unknown")
    assert code(await send_file(agent, b"", "a.csv", IMPORT)) == (422, "upload_empty")
    assert code(await send_file(user, b"x", "a.csv", IMPORT)) == (403, "scope_missing")


async def test_what_an_export_wrote_comes_back_and_changes_nothing(
    agent: Staff, demo: Services
) -> None:
    await drafted(demo)
    script = {"title": "Fix", "resolution": "-- run it once\nUPDATE kayaks;", "kind": "script"}
    for body in (script, {"title": "Kept", "resolution": "Among staff.", "kind": "resolution"}):
        assert (await agent.post("/api/knowledge", body)).status_code == 201
    before = (await agent.read("/api/knowledge", limit="200"))["items"]
    exported = await agent.get("/api/knowledge/export.xlsx")
    job = await imported(agent, exported.content, "knowledge.xlsx")
    assert job["status"] == "done", job
    report = job["report"]
    assert [each["code"] for each in report["rejected"]] == ["not_active"]
    assert (report["added"], report["updated"]) == (0, 0)
    assert (await agent.read("/api/knowledge", limit="200"))["items"] == before


async def test_no_import_puts_words_into_the_draft_of_a_ticket(
    agent: Staff, demo: Services
) -> None:
    knowledge_id = await drafted(demo)
    rows = f"id,title,text\n{knowledge_id},Kayaks,Sink them.\nKB-9,Canoes,Float them.\n"
    report = (await imported(agent, rows.encode(), "a.csv"))["report"]
    (refused,) = report["rejected"]
    assert (refused["row"], refused["code"], report["added"]) == (2, "knowledge_draft", 1)
    standing = await agent.read(f"/api/knowledge/{knowledge_id}")
    assert (standing["status"], standing["resolution"]) == ("draft", "My kayak is gone.")
    answer = await agent.web.delete(f"/api/knowledge/{knowledge_id}", headers=agent.headers)
    assert code(answer) == (409, "knowledge_draft")


async def test_history_and_the_way_back(agent: Staff) -> None:
    path, new = "/api/knowledge", {"knowledge_id": "KB-9", "title": "Kayaks"}
    for text in ("In the boat house.", "In the shed.", "In the attic."):
        await agent.post(path, {**new, "resolution": text})
    history = (await agent.read(f"{path}/KB-9/history"))["items"]
    assert [(item["version"], item["resolution"]) for item in history] == [
        (3, "In the attic."),
        (2, "In the shed."),
        (1, "In the boat house."),
    ]
    back = (await agent.post(f"{path}/KB-9/rollback", {"version": 1})).json()
    assert (back["version"], back["resolution"]) == (4, "In the boat house.")
    assert (await agent.read(f"{path}/search", q="boat house"))["items"][0]["version"] == 4
    answer = await agent.post(f"{path}/KB-9/rollback", {"version": 9})
    assert code(answer) == (404, "knowledge_version_not_found")
    assert code(await agent.get(f"{path}/KB-99/history")) == (404, "knowledge_not_found")


async def test_an_entry_that_says_the_same_proposes_a_merge(agent: Staff, demo: Services) -> None:
    entries = []
    for ticket_id in await made(demo, case(1), case(2)):
        ticket = f"/api/tickets/{ticket_id}"
        await patch(agent, f"{ticket}/status", {"status": "in_progress"})
        body = {"edited_resolution": "Open the bank screen and choose the statement of the month."}
        entries.append((await agent.post(f"{ticket}/approve", body)).json()["knowledge"])
    first, second = entries
    assert first["similar_to"] is None
    assert second["similar_to"]["knowledge_id"] == first["knowledge_id"] == "KB-NEW-0001"
    body = {"into": "KB-NEW-0001"}
    kept = (await agent.post("/api/knowledge/KB-NEW-0002/merge", body)).json()
    assert second["ticket_id"] in kept["reference_articles"]
    gone = await agent.read("/api/knowledge/KB-NEW-0002")
    assert (gone["status"], gone["merged_into"]) == ("retired", "KB-NEW-0001")
    refused = await agent.post("/api/knowledge/KB-NEW-0001/merge", body)
    assert code(refused) == (422, "knowledge_merge_invalid")


async def test_what_is_stale(agent: Staff, demo: Services) -> None:
    assert (await agent.read("/api/knowledge/stale"))["items"] == []
    (ticket_id,) = await made(demo, case(3))
    await patch(agent, f"/api/tickets/{ticket_id}/status", {"status": "in_progress"})
    await agent.post(f"/api/tickets/{ticket_id}/reject", {"reason": "It does not help."})
    (item,) = (await agent.read("/api/knowledge/stale"))["items"]
    assert (item["knowledge_id"], item["reason"]) == ("KB-DEMO-0004", "disputed")


async def test_who_only_reads_sees_no_draft_of_a_ticket_of_others(
    agent: Staff, user: Staff, demo: Services
) -> None:
    knowledge_id = await drafted(demo)
    path = f"/api/knowledge/{knowledge_id}"
    await agent.read(path)
    await agent.read(f"{path}/history")
    for hidden in (path, f"{path}/history"):
        answer = await user.web.get(hidden, headers=user.headers)
        assert code(answer) == (404, "knowledge_not_found")
    for who, expected in ((agent, {knowledge_id}), (user, set())):
        listed = (await who.read("/api/knowledge", limit="200"))["items"]
        wanted = (await who.read("/api/knowledge", status="draft"))["items"]
        for ids in (
            {item["knowledge_id"] for item in listed},
            {item["knowledge_id"] for item in wanted},
        ):
            assert ids & {knowledge_id} == expected
    answer = await user.web.get("/api/knowledge/export.xlsx", headers=user.headers)
    assert code(answer) == (403, "scope_missing")
    exported = await agent.get("/api/knowledge/export.xlsx")
    cells = load_workbook(io.BytesIO(exported.content)).active.iter_rows(values_only=True)
    assert knowledge_id in {row[0] for row in cells}
