"""Files of tickets over HTTP: what is said at once, what the job makes of them, what comes out."""

import asyncio
import io
import json
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from openpyxl import Workbook, load_workbook  # type: ignore[import-untyped]

from agent.demo.support import COLUMNS
from agent.errors import Unavailable
from agent.services import Services
from agent.tickets.models import Status, TicketDraft
from agent.tickets.reviewers import Reviewer
from graphs.tickets.runtime import TicketDesk
from server import files
from tests.server.parties import Json, Staff
from tests.server.support import (
    CASES,
    agent,
    case,
    code,
    csv_of,
    demo,
    finished,
    made,
    send_file,
    user,
)

__all__ = ["agent", "demo", "user"]

UPLOAD = "/api/tickets/upload"
REAL = Path(__file__).parents[3] / "shared" / "data" / "tickets"


def workbook(cases: list[TicketDraft]) -> bytes:
    book = Workbook()
    book.active.append([*COLUMNS.values(), "Weather"])
    for each in cases:
        at = each.created_at.replace(tzinfo=None) if each.created_at else None
        row = [at if field == "created_at" else getattr(each, field) for field in COLUMNS]
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cells(answer: httpx.Response) -> list[dict[str, object]]:
    book = load_workbook(io.BytesIO(answer.content))
    header, *rows = book.active.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


async def test_a_workbook_becomes_tickets_with_resolutions(user: Staff, agent: Staff) -> None:
    book = workbook([*CASES[:6], CASES[0], CASES[1].model_copy(update={"transcript": " "})])
    answer = await send_file(user, book, "tickets.xlsx")
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["accepted"], told["duplicates"], told["rejected_count"]) == (6, 1, 2)
    assert [(row["row"], row["code"]) for row in told["rejected"]] == [
        (8, "duplicate_conversation_id"),
        (9, "missing_transcript"),
    ]
    assert all(row["message"] for row in told["rejected"])
    assert told["rejected"][0]["of_row"] == 2
    assert (told["header_row"], told["columns"]["Contact Phone"]) == (1, "contact_phone")
    assert told["ignored_columns"] == ["Weather"]
    job = await finished(user, told["job_id"])
    assert (job["kind"], job["status"]) == ("ingest_tickets", "done"), job
    assert job["progress"] == {"done": 6, "total": 6}
    assert job["report"] == {
        "accepted": 6,
        "duplicates": 1,
        "rejected": {"duplicate_conversation_id": 1, "missing_transcript": 1},
        "warnings": {},
        "resolved": 6,
    }
    items = (await agent.read("/api/tickets/pending"))["items"]
    assert len(items) == 6
    for item in items:
        assert item["resolution_content"]
        points = ("relevancy_points", "accuracy_points", "completeness_points")
        assert item["relevancy_score"] == sum(item[name] for name in points)
        assert item["reasoning"]
        assert item["kb_id"] or item["generated_kb_id"]
        assert item["job_id"] == told["job_id"]
    grounds = (await agent.read(f"/api/tickets/{items[0]['id']}"))["grounds"]
    assert {"id", "similarity_score", "distance", "score"} <= set(grounds["articles"][0])


async def test_the_same_file_again_is_all_duplicates(user: Staff, agent: Staff) -> None:
    data = csv_of(CASES[:3])
    first = (await send_file(user, data)).json()
    await finished(user, first["job_id"])
    second = (await send_file(user, data)).json()
    assert (second["accepted"], second["duplicates"]) == (0, 3)
    report = (await finished(user, second["job_id"]))["report"]
    assert (report["accepted"], report["duplicates"], report["resolved"]) == (0, 3, 0)
    assert len((await agent.read("/api/tickets"))["items"]) == 3


async def test_the_same_bytes_under_a_wrong_suffix_harm_no_file_that_waits(user: Staff) -> None:
    data = workbook(CASES[:2])
    first = await send_file(user, data, "tickets.xlsx")
    assert code(await send_file(user, data, "tickets.csv")) == (422, "table_binary")
    job = await finished(user, first.json()["job_id"])
    assert (job["status"], job["report"]["accepted"]) == ("done", 2), job


async def test_an_id_that_is_taken_gives_way_with_a_warning(user: Staff, demo: Services) -> None:
    await made(demo, case(1))
    ids = ("CS-00000001", "CS-00000002", "CS-00000002", "pending")
    cases = [
        case(4 + at).model_copy(update={"ticket_id": ticket_id}) for at, ticket_id in enumerate(ids)
    ]
    told = (await send_file(user, workbook(cases), "tickets.xlsx")).json()
    assert told["warnings"] == [
        {"row": 2, "field": "ticket_id", "code": "ticket_id_taken"},
        {"row": 4, "field": "ticket_id", "code": "ticket_id_taken"},
        {"row": 5, "field": "ticket_id", "code": "ticket_id_unusable"},
    ]
    report = (await finished(user, told["job_id"]))["report"]
    assert report["accepted"] == 4
    assert report["warnings"] == {"ticket_id_taken": 2, "ticket_id_unusable": 1}
    given = {item["ticket_id"] for item in (await user.read("/api/tickets"))["items"]}
    assert given & {*ids} == {"CS-00000002"}


async def test_a_key_for_the_request_makes_one_job_that_others_do_not_see(
    user: Staff, agent: Staff
) -> None:
    data, key = csv_of(CASES[:1]), {"Idempotency-Key": "an upload of my own"}
    first = await send_file(user, data, **key)
    again = await send_file(user, data, **key)
    assert again.json() == first.json()
    other = await send_file(user, csv_of(CASES[1:2]), **key)
    assert other.status_code == 422
    assert (await agent.get(f"/api/jobs/{first.json()['job_id']}")).status_code == 404


async def test_two_files_at_once_share_their_rows(user: Staff, agent: Staff) -> None:
    answers = await asyncio.gather(
        send_file(user, csv_of(CASES[:4])), send_file(agent, csv_of(CASES[2:6]))
    )
    jobs = [
        await finished(who, answer.json()["job_id"])
        for who, answer in zip((user, agent), answers, strict=True)
    ]
    assert sum(job["report"]["accepted"] for job in jobs) == 6
    assert len((await agent.read("/api/tickets"))["items"]) == 6


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 50_000_000)
    return out.getvalue()


def bad() -> dict[str, tuple[bytes, str, str]]:
    return {
        "empty": (b"", "a.xlsx", "upload_empty"),
        "text": (b"hello", "a.xlsx", "workbook_not_xlsx"),
        "old": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "workbook_"),
        "bomb": (bomb(), "a.xlsx", "workbook_"),
        "no header": (b"a,b\n1,2\n", "a.csv", "tickets_header_missing"),
        "binary": (b"\0\1\2" * 99, "a.csv", "table_"),
        "poem": (b"roses", "a.txt", "t"),
    }


async def test_bad_files_are_refused_at_once(user: Staff, demo: Services) -> None:
    for kind, (data, name, expected) in bad().items():
        started = time.monotonic()
        answer = await send_file(user, data, name)
        assert time.monotonic() - started < 2, kind
        status, said = code(answer)
        assert status in (413, 422), (kind, answer.text)
        assert said.startswith(expected), (kind, said)
    assert (await user.read("/api/jobs"))["items"] == []
    for collection in ("uploads", "upload_chunks"):
        assert await demo.repository.scoped(collection, "default").find({}) == []


async def test_an_address_in_a_files_name_is_hidden_and_its_suffix_stays(
    user: Staff, demo: Services
) -> None:
    answer = await send_file(user, csv_of(CASES[:1]), "../kim.lo@homes.example.csv")
    assert answer.status_code == 202, answer.text
    (job,) = await demo.repository.scoped("jobs", "default").find({})
    assert job["params"]["name"] == "[email].csv"


async def test_limits_by_the_kind_of_file(user: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.routes.ticket_files.WORKBOOK_LIMIT", 1_000)
    assert files.WORKBOOK_LIMIT == 20 * files.MB
    assert files.LIMITS[UPLOAD] == 50 * files.MB
    large = workbook(CASES[:3])
    assert code(await send_file(user, large, "a.xlsx")) == (413, "upload_too_large")
    assert code(await send_file(user, large, "a")) == (413, "upload_too_large")
    assert len(table := csv_of(CASES[:3])) > 1_000
    assert (await send_file(user, table, "a.csv")).status_code == 202


async def test_forms_that_are_none(user: Staff) -> None:
    assert code(await user.post(UPLOAD, {"file": "x"})) == (415, "content_type_unsupported")
    answer = await user.web.post(UPLOAD, files={"other": ("a.csv", b"x")}, headers=user.headers)
    assert code(answer) == (422, "upload_field_unknown")


async def test_a_killed_job_goes_on_where_it_was(
    user: Staff, demo: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies between two steps: no ticket twice, none left without a resolution."""
    died, real = False, TicketDesk.resolve

    async def dies(desk: TicketDesk, tenant_id: str, ids: list[str], *rest: object) -> None:
        nonlocal died
        if not died:
            died = True
            await real(desk, tenant_id, ids[:2])
            raise Unavailable("database_unavailable", "The database is away.")
        await real(desk, tenant_id, ids)

    monkeypatch.setattr(TicketDesk, "resolve", dies)
    monkeypatch.setattr("agent.jobs.runner.FIRST_PAUSE", timedelta())
    job_id = (await send_file(user, csv_of(CASES[:5]))).json()["job_id"]
    job = await finished(user, job_id)
    assert died
    assert (job["report"]["accepted"], job["report"]["resolved"]) == (5, 5)
    assert job["progress"] == {"done": 5, "total": 5}


async def test_a_ticket_that_is_opened_before_its_turn_gets_its_resolution_too(
    user: Staff, demo: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TicketDesk.resolve

    async def opens(desk: TicketDesk, tenant_id: str, ids: list[str], *rest: object) -> None:
        later = await demo.tickets.store.unresolved(tenant_id, 9, after=ids[-1])
        for ticket in [each for each in later if each.status is Status.PENDING]:
            await demo.reviewing.set_status(
                tenant_id, ticket.ticket_id, Reviewer(name="test", admin=True), Status.IN_PROGRESS
            )
        await real(desk, tenant_id, ids)

    monkeypatch.setattr(TicketDesk, "resolve", opens)
    monkeypatch.setattr("server.ticketing.AT_ONCE", 1)
    job_id = (await send_file(user, csv_of(CASES[:3]))).json()["job_id"]
    report = (await finished(user, job_id))["report"]
    assert (report["accepted"], report["resolved"]) == (3, 3)
    found = (await user.read("/api/tickets"))["items"]
    assert all(ticket["resolution_content"] for ticket in found)
    assert {ticket["status"] for ticket in found} == {"pending", "in_progress"}


async def test_what_goes_out_runs_no_formula(agent: Staff, demo: Services) -> None:
    await made(demo, case(1, subject="=HYPERLINK(1)", property_name="@SUM(A1)"), case(2))
    answer = await agent.get("/api/tickets/export.xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="tickets.xlsx"'
    rows = {str(row["ticket_id"]): row for row in cells(answer)}
    assert len(rows) == 2
    assert rows["CS-00000001"]["subject"] == "'=HYPERLINK(1)"
    assert rows["CS-00000001"]["property_name"] == "'@SUM(A1)"
    assert rows["CS-00000002"]["relevancy_score"] == 90
    assert "555" not in str(rows)
    assert cells(await agent.get("/api/tickets/export.xlsx?status=approved")) == []
    known = cells(await agent.get("/api/knowledge/export.xlsx"))
    assert {"KB-DEMO-0001", "SCRIPT-DEMO-0001"} <= {row["knowledge_id"] for row in known}


async def test_people_are_called_in_a_workbook_as_in_answers(agent: Staff, demo: Services) -> None:
    await demo.tickets.add("default", [(2, case(1))], created_by="user:usr_1")
    (item,) = (await agent.read("/api/tickets"))["items"]
    (row,) = cells(await agent.get("/api/tickets/export.xlsx"))
    assert row["created_by"] == item["created_by"] == "usr_1"


needs_data = pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not here")


@needs_data
@pytest.mark.proof
async def test_the_messy_workbook_has_exactly_the_expected_rows(user: Staff) -> None:
    expected: Json = json.loads((REAL / "tickets_messy.expected.json").read_text())
    data = (REAL / "tickets_messy.xlsx").read_bytes()
    told = (await send_file(user, data, "tickets_messy.xlsx")).json()
    assert told["accepted"] == expected["counts"]["accepted"]
    assert {row["row"] for row in told["rejected"]} == {row["row"] for row in expected["rejected"]}
    assert len(told["warnings"]) == len(expected["warnings"])
    assert (told["sheet"], told["header_row"]) == (expected["sheet"], expected["header_row"])
    report = (await finished(user, told["job_id"]))["report"]
    assert report["resolved"] == report["accepted"] == expected["counts"]["accepted"]
