import httpx
import pytest
from fastapi import FastAPI

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize("path", ["/api/healthz", "/api/nothing", "/api/audit", "/metrics"])
async def test_every_answer_has_them(web: httpx.AsyncClient, path: str) -> None:
    answer = await web.get(path)
    assert {name: answer.headers[name] for name in SAFE} == SAFE
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/docs"])
async def test_a_page_runs_its_own_scripts_only(web: httpx.AsyncClient, path: str) -> None:
    policy = (await web.get(path)).headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


async def test_https_is_asked_for_only_behind_https(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://a.test") as web:
        answer = await web.get("/api/healthz")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("host", "peer", "headers", "status"),
    [
        ("127.0.0.1", "127.0.0.1", {}, 200),
        ("localhost", "::1", {}, 200),
        ("homes.example", "127.0.0.1", {}, 401),
        ("127.0.0.1", "203.0.113.7", {}, 401),
        ("127.0.0.1", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 401),
        ("127.0.0.1", "127.0.0.1", {"Via": "1.1 proxy"}, 401),
    ],
)
async def test_meters_are_open_to_the_machine_itself(
    app: FastAPI, host: str, peer: str, headers: dict[str, str], status: int
) -> None:
    transport = httpx.ASGITransport(app, client=(peer, 40000))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as web:
        assert (await web.get("/metrics", headers=headers)).status_code == status


async def test_cors_never_admits_cookies(web: httpx.AsyncClient) -> None:
    for path in ("/api/agent/thread", "/info"):
        answer = await web.get(path, headers={"Origin": "https://elsewhere.example"})
        assert answer.headers.get("Access-Control-Allow-Origin") != "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
