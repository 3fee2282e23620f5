import re
from dataclasses import replace

import httpx
from fastapi import FastAPI

from agent.mongo.client import Database
from server.routes.pages import PAGES
from server.state import State


class TestHealth:
    async def test_says_what_it_runs_on(self, web: httpx.AsyncClient) -> None:
        health = (await web.get("/api/healthz")).json()
        assert health["status"] == "ok"
        assert health["policy"] == "rules"
        assert health["vector_search"] == "exact"
        assert re.fullmatch(r"\d+\.\d+\.\d+", health["version"])

    async def test_is_ready_until_it_drains(self, web: httpx.AsyncClient, state: State) -> None:
        assert (await web.get("/api/readyz")).json() == {"status": "ready"}
        state.draining.set()
        answer = await web.get("/api/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "draining"})

    async def test_a_lost_database_is_told(self, web: httpx.AsyncClient, app: FastAPI) -> None:
        away = Database("mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=50", "test")
        state: State = app.state.serving
        services = replace(state.services, database=away)
        app.state.serving = replace(state, services=services)
        health = await web.get("/api/healthz")
        ready = await web.get("/api/readyz")
        await away.close()
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert health.json()["database"] == "unavailable"
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")


class TestStages:
    async def test_all_eight_in_order(self, web: httpx.AsyncClient) -> None:
        stages = (await web.get("/api/leads/stages")).json()["items"]
        assert [stage["name"] for stage in stages] == [
            "qualifying", "sending_list", "selecting_favorites", "touring", "applying",
            "approval", "post_close", "renewal",
        ]  # fmt: skip
        people = [stage["name"] for stage in stages if stage["set_by"] == "person"]
        assert people == ["approval", "post_close", "renewal"]
        assert all(stage["title"] and stage["description"] for stage in stages)


class TestHeaders:
    async def test_of_json(self, web: httpx.AsyncClient) -> None:
        headers = (await web.get("/api/healthz")).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Trace-Id"].startswith("trc_")

    async def test_every_request_has_its_own_trace(self, web: httpx.AsyncClient) -> None:
        traces = {(await web.get("/api/healthz")).headers["X-Trace-Id"] for _ in range(5)}
        assert len(traces) == 5


class TestPages:
    async def test_run_their_own_scripts_only(self, web: httpx.AsyncClient) -> None:
        for path in ("/", "/docs"):
            page = await web.get(path)
            assert page.status_code == 200
            policy = page.headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
            assert sources
            assert all(source.startswith("/") for source in sources)
            assert "<style" not in page.text
            assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=", page.text)

    async def test_every_file_they_name_is_there(self, web: httpx.AsyncClient) -> None:
        for page in PAGES.rglob("index.html"):
            for source in re.findall(r'(?:src|href)="(/pages/[^"]+)"', page.read_text()):
                file = await web.get(source)
                assert file.status_code == 200, source
                assert file.headers["Cache-Control"] == "no-cache"

    async def test_modules_import_what_exists(self) -> None:
        for module in PAGES.rglob("*.js"):
            for name in re.findall(r'from "(\./[^"]+)"', module.read_text()):
                assert (module.parent / name).is_file(), (module, name)

    async def test_no_script_writes_markup(self) -> None:
        for module in PAGES.rglob("*.js"):
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", module.read_text()
            )
