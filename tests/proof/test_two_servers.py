"""Two servers on one database: whichever one is asked, a thread is the same and told in order."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.proof.served import served
from tests.server.parties import Visitor

pytestmark = pytest.mark.proof

THREADS = 4
MESSAGES = 12
TEXTS = (
    "two bedrooms in Denver under 2300",
    "show me other options",
    "what are the fees?",
    "actually one bedroom in Portland",
)


class Listener:
    """What one listener hears of a thread, across connections."""

    def __init__(self, url: str, visitor: Visitor) -> None:
        self.url = url
        self.visitor = visitor
        self.seqs: list[int] = []
        self.said: list[str] = []

    async def listen(self, http: httpx.AsyncClient, until: int | None = None) -> None:
        """Go on from what was heard last; up to the event `until`, or for ever."""
        after = {"Last-Event-ID": str(self.seqs[-1])} if self.seqs else {}
        async with http.stream(
            "GET", f"{self.url}/api/agent/events", headers=self.visitor.headers | after
        ) as stream:
            fields: dict[str, str] = {}
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if line and name:
                    fields[name] = value
                elif "id" in fields:
                    self.seqs.append(int(fields["id"]))
                    if fields["event"] == "message":
                        self.said.append(json.loads(fields["data"])["message"]["message_id"])
                    fields = {}
                if until is not None and self.seqs and self.seqs[-1] >= until:
                    return


async def talk(http: httpx.AsyncClient, urls: list[str], visitor: Visitor) -> list[dict[str, Any]]:
    """Say everything, by turns to both servers, two at a time."""

    async def say(number: int) -> dict[str, Any]:
        answer = await http.post(
            f"{urls[number % 2]}/api/agent/reply",
            json={
                "thread_id": visitor.thread_id,
                "message": TEXTS[number % len(TEXTS)],
                "message_id": f"m-{number}",
            },
            headers=visitor.headers,
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    said: list[dict[str, Any]] = []
    for number in range(0, MESSAGES, 2):
        said += await asyncio.gather(say(number), say(number + 1))
    return said


async def test_stream_the_same_threads(mongod_uri: str, own_database: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(served(mongod_uri, own_database, tmp_path))
            for _ in range(2)
        ]
        urls = [server.url for server in servers]
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=60))
        arriving = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=60))
            for url in urls
        ]
        visitors = [await Visitor.arrive(arriving[n % 2]) for n in range(THREADS)]
        steady = [Listener(url, visitor) for visitor in visitors for url in urls]
        listening = [asyncio.create_task(each.listen(http)) for each in steady]
        leaving = [Listener(urls[n % 2], visitor) for n, visitor in enumerate(visitors)]
        returning = [asyncio.create_task(each.listen(http, until=4)) for each in leaving]
        answers = await asyncio.gather(*(talk(http, urls, visitor) for visitor in visitors))
        await asyncio.gather(*returning)
        async with asyncio.timeout(10):
            while len({(each.visitor.thread_id, len(each.seqs)) for each in steady}) > THREADS:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            await asyncio.sleep(1)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        for n, each in enumerate(leaving):
            each.url = urls[(n + 1) % 2]  # the other server goes on
            await asyncio.wait_for(each.listen(http, until=steady[2 * n].seqs[-1]), 10)

        for n, visitor in enumerate(visitors):
            told = (
                await http.get(f"{urls[n % 2]}/api/agent/thread", headers=visitor.headers)
            ).json()
            lines = told["messages"]
            assert [line["turn_index"] for line in lines] == list(range(len(lines)))
            ids = [line["message_id"] for line in lines]
            asked = [each for each in ids if each.startswith("m-")]
            assert sorted(asked) == sorted(f"m-{number}" for number in range(MESSAGES))
            replies = [line["message_id"] for line in lines if line["role"] == "agent"][1:]
            assert {answer["turn_index"] for answer in answers[n]} <= {
                line["turn_index"] for line in lines if line["role"] == "agent"
            }
            for each in (*steady[2 * n : 2 * n + 2], leaving[n]):
                assert each.seqs == list(range(len(each.seqs)))
                assert each.said == replies
