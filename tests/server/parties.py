"""The two sides of a conversation, as clients of the API."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx

Json = dict[str, Any]


@dataclass
class Visitor:
    web: httpx.AsyncClient
    thread_id: str
    token: str
    started: Json

    @classmethod
    async def arrive(cls, web: httpx.AsyncClient, **body: Any) -> "Visitor":
        answer = await web.post("/api/agent/start", json=body)
        assert answer.status_code == 201, answer.text
        started = answer.json()
        return cls(web, started["thread_id"], started["visitor_token"], started)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def post(self, path: str, body: Json) -> httpx.Response:
        return await self.web.post(path, json=body, headers=self.headers)

    async def say(self, text: str, **more: Any) -> Json:
        body = {"thread_id": self.thread_id, "message": text, **more}
        answer = await self.post("/api/agent/reply", body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def act(self, action: str, args: Json) -> httpx.Response:
        body = {"thread_id": self.thread_id, "action": action, "args": args}
        return await self.post("/api/agent/action", body)

    async def thread(self) -> Json:
        answer = await self.web.get("/api/agent/thread", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ask_for_a_tour(self) -> Json:
        """Talk until a tour waits for approval; the pending action."""
        await self.say("Hi, I'm looking for a two bedroom in Portland under 3000")
        offer = await self.say("I'd like to tour the first one")
        await self.say(offer["slots"][0]["label"])
        await self.say("Sam Lee, sam@lee.example")
        answer = await self.say("yes please")
        (pending,) = answer["pending_actions"]
        return dict(pending)


@dataclass
class Staff:
    web: httpx.AsyncClient
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.web.get(path, params=params or None, headers=self.headers)

    async def read(self, path: str, **params: Any) -> Any:
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Json) -> httpx.Response:
        return await self.web.post(path, json=body, headers=self.headers)

    async def decide(self, action_id: str, decision: str, **more: Any) -> httpx.Response:
        path = f"/api/approvals/{action_id}/decision"
        return await self.post(path, {"decision": decision, **more})

    async def until_delivered(self, action_id: str) -> Json:
        for _ in range(1000):
            approval = await self.read(f"/api/approvals/{action_id}")
            if approval["deliveries"] and approval["deliveries"][0]["status"] == "done":
                return dict(approval)
            await asyncio.sleep(0.05)
        raise AssertionError("not delivered")
