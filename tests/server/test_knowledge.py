from typing import Any

import httpx
import pytest

from agent.services import Services
from tests.server.parties import Staff

PARKING = {
    "title": "Parking",
    "resolution": "<p>Every space has a <b>permit</b>; mail sam@lee.example.</p>",
    "product": "Cars",
}


async def add(staff: Staff, **body: Any) -> httpx.Response:
    return await staff.post("/api/knowledge", {**PARKING, **body})


async def test_added_read_searched_and_retired(staff: Staff) -> None:
    answer = await add(staff)
    assert answer.status_code == 201
    item = answer.json()
    assert item["resolution"] == "Every space has a permit; mail [email]."
    assert (item["version"], item["source"], item["kind"]) == (1, "api", "article")
    assert await staff.read(f"/api/knowledge/{item['knowledge_id']}") == item
    found = await staff.read("/api/knowledge/search?q=permit&product=Cars")
    assert [each["knowledge_id"] for each in found["items"]] == [item["knowledge_id"]]
    assert found["items"][0]["score"] > 0
    gone = await staff.web.delete(f"/api/knowledge/{item['knowledge_id']}", headers=staff.headers)
    assert gone.json()["status"] == "retired"
    assert (await staff.read("/api/knowledge/search?q=permit"))["items"] == []
    assert (await staff.read("/api/knowledge?status=active"))["items"] == []
    assert len((await staff.read("/api/knowledge?status=retired"))["items"]) == 1


async def test_the_same_again_changes_nothing_and_another_text_replaces(staff: Staff) -> None:
    first = (await add(staff, knowledge_id="KB-1")).json()
    assert (await add(staff, knowledge_id="KB-1")).json() == first
    second = (await add(staff, knowledge_id="KB-1", resolution="No permit.")).json()
    assert (second["version"], second["resolution"]) == (2, "No permit.")


async def test_pages(staff: Staff) -> None:
    for number in range(3):
        await add(staff, title=f"Article {number}")
    first = await staff.read("/api/knowledge?limit=2")
    rest = await staff.read(f"/api/knowledge?limit=2&cursor={first['next_cursor']}")
    titles = [item["title"] for item in first["items"] + rest["items"]]
    assert sorted(titles) == ["Article 0", "Article 1", "Article 2"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""},
        {"resolution": "<script>alert(1)</script>"},
        {"kind": "poem"},
        {"knowledge_id": "a b"},
        {"knowledge_id": "../x"},
        {"unknown": 1},
    ],
)
async def test_bad_articles(staff: Staff, changes: dict[str, Any]) -> None:
    assert (await add(staff, **changes)).status_code == 422
    assert (await staff.read("/api/knowledge"))["items"] == []


@pytest.mark.parametrize("query", ["", "q=", "q=%20", "q=" + "x" * 501, "q=a&k=0", "q=a&kind=b"])
async def test_bad_searches(staff: Staff, query: str) -> None:
    answer = await staff.web.get(f"/api/knowledge/search?{query}", headers=staff.headers)
    assert answer.status_code in (400, 422)


async def test_unknown(staff: Staff) -> None:
    answer = await staff.web.get("/api/knowledge/KB-9", headers=staff.headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "knowledge_not_found")


async def test_the_chat_answers_from_it_at_once(staff: Staff, demo: Services) -> None:
    await add(staff, title="Kayaks", resolution="Kayaks are kept in the boat house.")
    started = (await staff.post("/api/agent/start", {"message": "Where are kayaks kept?"})).json()
    assert 'From our guide "Kayaks"' in str(started["reply"])
