"""Every route by every kind of caller: a route lets in whom its row names, and nobody else."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route

from agent.jobs.models import Job
from agent.jobs.step import Step
from agent.kit.ids import new_id
from agent.services import Services
from agent.tenants.models import Tenant
from agent.users.roles import Role
from server.jobs import KINDS, Kind
from server.scopes import SCOPES_OF, Scope
from tests.server.ids import IDS, PASSWORD, World
from tests.server.matrix import OPEN, OWN, ROWS, SIGNED, USER, VISITOR, Gate, Row
from tests.server.parties import Visitor

pytestmark = pytest.mark.untraced

Json = dict[str, Any]
_ID = re.compile(r"\{(\w+)\}")


async def _nothing(services: Services, job: Job, step: Step) -> Json:
    return {}


@pytest.fixture
def world(web: httpx.AsyncClient, demo: Services, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setitem(KINDS, "nothing", Kind(_nothing, startable=True))
    return World(web, demo)


async def a_key(services: Services, *scopes: Scope, tenant: str = "default") -> str:
    _, secret = await services.keys.issue(tenant, "test", scopes)
    return secret


async def a_person(services: Services, role: Role, tenant: str = "default") -> str:
    """The access token of somebody new."""
    email = f"{new_id('p')}@homes.example"
    await services.users.add(tenant, email=email, password=PASSWORD, role=role, actor="test")
    return (await services.sessions.login(email, PASSWORD)).access_token


async def ask(
    world: World, row: Row, credential: str | None, ids: Json | None = None
) -> httpx.Response:
    """Call the route of a row, about `ids` or else about what its ids stand for."""
    if ids is None:
        ids = await ids_of(world, row)
    method, path = _filled(row.route, ids).split(" ", 1)
    request = world.web.build_request(
        method,
        path,
        json=None if row.body is None else _filled(dict(row.body), ids),
        params=None if row.params is None else _filled(dict(row.params), ids),
        files=row.files,
        data=row.form,
        headers={"Authorization": f"Bearer {credential}"} if credential else {},
    )
    if row.streams:
        return await _begin(world.web, request)
    answer = await world.web.send(request)
    if answer.is_success and row.uses_up:
        world.forget()
    return answer


async def ids_of(world: World, row: Row) -> Json:
    named = set(_ID.findall(" ".join((row.route, str(row.body), str(row.params)))))
    return {
        name: await row.ids[name](world) if name in row.ids else await world.id(name)
        for name in sorted(named)
    }


def _filled(value: Any, ids: Json) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, ids) for item in value]
    if isinstance(value, str):
        return _ID.sub(lambda found: str(ids[found[1]]), value)
    return value


async def _begin(web: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """The answer as far as its first piece; then the caller hangs up."""
    app: Any = web._transport.app  # type: ignore[attr-defined]
    begun = asyncio.Event()
    start: Json = {}
    body = b""

    async def receive() -> Json:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal body
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body += message.get("body", b"")
        if body or start["status"] == 200:
            begun.set()

    headers = [(name.lower(), value) for name, value in request.headers.raw]
    scope = {
        "type": "http", "http_version": "1.1", "method": request.method, "scheme": "http",
        "path": request.url.path, "raw_path": request.url.raw_path, "root_path": "",
        "query_string": request.url.query, "headers": headers,
        "server": ("latchkey.test", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    asking = asyncio.create_task(app(scope, receive, send))
    await asyncio.wait_for(begun.wait(), 5)
    asking.cancel()
    await asyncio.wait([asking])
    return httpx.Response(start["status"], content=body)


def said(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code."""
    if answer.is_success:
        return answer.status_code, ""
    return answer.status_code, str(answer.json()["error"]["code"])


def behind(*gates: Gate) -> Iterator[Row]:
    return (row for row in ROWS if row.who in gates)


def scoped() -> Iterator[tuple[Row, Scope]]:
    return ((row, row.who) for row in ROWS if isinstance(row.who, Scope))


def routes(router: Any) -> Iterator[Route | APIRoute]:
    """Every route, those that the OpenAPI document hides too."""
    for route in router.routes:
        if isinstance(route, Route | APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes(route.original_router)
        else:
            assert route.path == "/pages", "a mount that no row speaks for"


def test_every_route_has_a_row(app: FastAPI) -> None:
    """A new route must say in matrix.py who may use it."""
    found = {
        f"{method} {route.path}"
        for route in routes(app)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert found == {row.route for row in ROWS}
    assert len(ROWS) == len({row.route for row in ROWS})
    listed = {f"{m.upper()} {path}" for path, item in app.openapi()["paths"].items() for m in item}
    assert found - listed == {"GET /", "GET /docs", "GET /openapi.json"}, "hidden from integrators"


def test_every_id_has_a_maker() -> None:
    for row in ROWS:
        named = set(_ID.findall(" ".join((row.route, str(row.body), str(row.params)))))
        assert named <= IDS.keys() | row.ids.keys(), row.route


async def test_without_a_credential(world: World) -> None:
    for row in ROWS:
        answer = await ask(world, row, None)
        if row.who is OPEN:
            assert answer.is_success, (row.route, answer.text)
        elif row.who is SIGNED:
            assert said(answer) == (401, "signature_invalid"), row.route
        else:
            assert said(answer) == (401, "credential_missing"), row.route
            if not row.streams:
                assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_the_visitor_of_the_thread(world: World) -> None:
    for row in ROWS:
        token = (await world.visitor()).token
        answer = await ask(world, row, token)
        if row.who in (OPEN, VISITOR) or row.visitor:
            assert answer.is_success, (row.route, answer.text)
        elif row.who is SIGNED:
            assert said(answer) == (401, "signature_invalid"), row.route
        elif row.who is USER:
            assert said(answer) == (403, "user_only"), (row.route, answer.text)
        else:
            assert said(answer) == (403, "scope_missing"), (row.route, answer.text)


async def test_the_visitor_of_another_thread(world: World) -> None:
    stranger = await Visitor.arrive(world.web)
    for row, _ in scoped():
        ids = await ids_of(world, row)
        answer = await ask(world, row, stranger.token, ids)
        if row.visitor and not row.names_ids:
            assert answer.is_success, (row.route, answer.text)
        elif row.visitor:
            assert answer.status_code == 404, (row.route, answer.text)
            assert _told(answer, ids) == await _unknown(world, row, stranger.token, ids), row.route
        else:
            assert said(answer) == (403, "scope_missing"), row.route


async def test_a_key_without_the_scope(world: World) -> None:
    for row, scope in scoped():
        others = await a_key(world.services, *(set(Scope) - {scope}))
        answer = await ask(world, row, others)
        assert said(answer) == (403, "scope_missing"), row.route
        assert scope in answer.text
    every = await a_key(world.services, *Scope)
    for row in behind(VISITOR):
        assert said(await ask(world, row, every)) == (403, "visitor_only"), row.route
    for row in behind(USER):
        assert said(await ask(world, row, every)) == (403, "user_only"), row.route


async def test_a_key_with_just_the_scope(world: World) -> None:
    for row, scope in scoped():
        answer = await ask(world, row, await a_key(world.services, scope))
        if row.others:
            assert answer.status_code == 404, (row.route, answer.text)
            answer = await ask(world, row, await a_key(world.services, scope, row.others))
        assert answer.is_success, (row.route, answer.text)


def the_roles(*roles: Role) -> list[Any]:
    """These, and all others among the slow proofs."""
    others = [role for role in Role if role not in roles]
    return [*roles, *(pytest.param(role, marks=pytest.mark.proof) for role in others)]


@pytest.mark.parametrize("role", the_roles(Role.REALPAGE_USER, Role.LEASING_AGENT))
async def test_a_person(world: World, role: Role) -> None:
    person = await a_person(world.services, role)
    for row in ROWS:
        answer = await ask(world, row, person)
        if row.who is USER:
            # these end sessions
            person = await a_person(world.services, role)
        if row.who is VISITOR:
            assert said(answer) == (403, "visitor_only"), row.route
        elif row.who is SIGNED:
            assert said(answer) == (401, "signature_invalid"), row.route
        elif row.who is OWN and row.names_ids:
            # made by somebody else
            others = Scope.TRAINING_READ in SCOPES_OF[role]
            assert answer.status_code == (200 if others else 404), row.route
        elif isinstance(needed := row.known or row.who, Scope) and needed not in SCOPES_OF[role]:
            assert said(answer) == (403, "scope_missing"), (row.route, answer.text)
        elif row.others and row.others not in SCOPES_OF[role]:
            assert answer.status_code == 404, (row.route, answer.text)
        else:
            assert answer.is_success, (row.route, answer.text)


@pytest.fixture
async def other(world: World) -> str:
    await world.services.tenants.put(Tenant(tenant_id="other", name="Other"))
    return "other"


@pytest.mark.parametrize("role", the_roles(Role.LEASING_AGENT))
async def test_a_person_of_another_tenant(world: World, other: str, role: Role) -> None:
    foreign = await a_person(world.services, role, other)
    for row in _foreign_rows():
        if row.who is OWN or row.who in SCOPES_OF[role]:
            await _learns_nothing(world, row, foreign)
        else:
            assert said(await ask(world, row, foreign)) == (403, "scope_missing"), row.route


async def test_a_key_of_another_tenant(world: World, other: str) -> None:
    foreign = await a_key(world.services, *Scope, tenant=other)
    for row in _foreign_rows():
        await _learns_nothing(world, row, foreign)


def _foreign_rows() -> list[Row]:
    """What the other tenant makes itself it may see, so that comes last."""
    rows = [row for row in ROWS if row.who not in (OPEN, VISITOR, USER, SIGNED)]
    return sorted(rows, key=lambda row: row.foreign_ok)


async def _learns_nothing(world: World, row: Row, credential: str) -> None:
    ids = await ids_of(world, row)
    answer = await ask(world, row, credential, ids)
    if row.foreign_ok:
        assert answer.is_success, (row.route, answer.text)
        made = [value for name, value in world.made.items() if name != "event"]
        told = [value for value in made if "_" in value and value in answer.text]
        assert not row.route.startswith("GET") or not told, (row.route, told)
    elif row.names_ids:
        assert answer.status_code == 404, (row.route, answer.text)
        assert _told(answer, ids) == await _unknown(world, row, credential, ids), row.route
    else:
        assert answer.json() in ([], {"items": [], "next_cursor": None}), row.route


async def _unknown(world: World, row: Row, credential: str, ids: Json) -> Json:
    """What is told about ids that stand for nothing."""
    nothing = {name: f"{value.partition('_')[0]}_nothing" for name, value in ids.items()}
    answer = await ask(world, row, credential, nothing)
    return _told(answer, nothing)


def _told(answer: httpx.Response, ids: Json) -> Json:
    """An answer without what differs by nature: the trace and the ids that were asked for."""
    error = answer.json()["error"]
    text = str({key: error[key] for key in ("code", "message", "details")})
    for name, value in ids.items():
        text = text.replace(str(value), name)
    return {"status": answer.status_code, "error": text}
