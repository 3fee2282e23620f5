"""Accounts over HTTP: who gets in, who does not, and what nobody learns by trying."""

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest

from agent.kit.clock import ManualClock
from agent.kit.crypto import derive
from agent.services import Services
from agent.tenants.models import RateLimits, Tenant
from agent.users.roles import Role
from server.scopes import SCOPES_OF, Scope
from server.state import State
from tests.server.parties import Json, Staff

EMAIL, PASSWORD = "sam@lee.example", "three quiet otters"
NEW = {"username": "Sam Lee", "email": EMAIL, "password": PASSWORD}


@pytest.fixture(autouse=True)
async def unlimited(demo: Services) -> None:
    """How often somebody may try is tested with the limits."""
    tenant = await demo.tenants.tenant("default")
    limits = RateLimits(address_logins_per_minute=0, account_logins_per_minute=0)
    await demo.tenants.put(tenant.model_copy(update={"limits": limits}))


async def post(web: httpx.AsyncClient, path: str, body: Json) -> httpx.Response:
    return await web.post(f"/api/auth/{path}", json=body)


async def logged_in(web: httpx.AsyncClient, **more: str) -> Json:
    answer = await post(web, "login", {"email": EMAIL, "password": PASSWORD} | more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


class TestRegister:
    async def test_makes_a_user_who_can_log_in(self, web: httpx.AsyncClient) -> None:
        answer = await post(web, "register", NEW)
        assert answer.status_code == 201
        user = answer.json()
        assert (user["role"], user["tenant_id"]) == ("realpage_user", "default")
        assert (user["username"], user["email"]) == ("Sam Lee", EMAIL)
        assert not {"password", "password_hash", "email_hash"} & user.keys()
        tokens = await logged_in(web)
        assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 1800)
        assert tokens["user"]["id"] == tokens["user"]["user_id"] == user["user_id"]
        me = await Staff(web, tokens["access_token"]).read("/api/auth/me")
        assert me == tokens["user"]
        assert set(me["scopes"]) == SCOPES_OF[Role.REALPAGE_USER]

    async def test_belongs_to_the_tenant_of_the_site(
        self, web: httpx.AsyncClient, demo: Services
    ) -> None:
        await demo.tenants.put(Tenant(tenant_id="other", name="Other"))
        community = (await demo.tenants.community("other")).model_copy(
            update={"community_id": "hill", "origins": ["https://hill.example"]}
        )
        await demo.tenants.put_community("other", community)
        answer = await post(web, "register", NEW | {"community": "hill"})
        assert answer.json()["tenant_id"] == "other"
        elsewhere = await web.post(
            "/api/auth/register",
            json=NEW | {"community": "hill"},
            headers={"Origin": "https://elsewhere.example"},
        )
        assert refusal(elsewhere) == (403, "origin_not_allowed")

    async def test_a_taken_address(self, web: httpx.AsyncClient) -> None:
        await post(web, "register", NEW)
        answer = await post(web, "register", NEW | {"email": " SAM@lee.example"})
        assert refusal(answer) == (409, "email_taken")

    async def test_where_a_tenant_has_closed_it(
        self, web: httpx.AsyncClient, demo: Services
    ) -> None:
        tenant = await demo.tenants.tenant("default")
        await demo.tenants.put(tenant.model_copy(update={"registration": "closed"}))
        assert refusal(await post(web, "register", NEW)) == (403, "registration_closed")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"password": "short"}, "password_length"),
            ({"password": "x" * 129}, "password_length"),
            ({"email": "sam"}, "email_invalid"),
            ({"email": "sam lee@lee.example"}, "email_invalid"),
            ({"email": "a@b.example, c@d.example"}, "email_invalid"),
            ({"email": "x" * 300 + "@lee.example"}, "email_invalid"),
            ({"username": "  "}, "username_invalid"),
            ({"username": "x" * 101}, "username_invalid"),
            ({"role": "admin"}, "request_invalid"),
            ({"email": {"$gt": ""}}, "request_invalid"),
            ({"password": 1234567890}, "request_invalid"),
            ({"password": "x" * 2000}, "request_invalid"),
            ({"community": None, "tenant_id": "other"}, "request_invalid"),
        ],
    )
    async def test_refuses(self, web: httpx.AsyncClient, change: Json, code: str) -> None:
        answer = await post(web, "register", NEW | change)
        assert refusal(answer) == (422, code)
        assert "xxx" not in answer.text

    @pytest.mark.parametrize("password", ["x" * 128, "пароль-пароль", "😀" * 10, " spaced  out "])
    async def test_takes_any_characters_in_a_password(
        self, web: httpx.AsyncClient, password: str
    ) -> None:
        assert (await post(web, "register", NEW | {"password": password})).status_code == 201
        await logged_in(web, password=password)


class TestLogin:
    async def test_tells_nobody_who_has_an_account(self, web: httpx.AsyncClient) -> None:
        await post(web, "register", NEW)
        bodies = []
        for body in (
            {"email": EMAIL, "password": "three quiet badgers"},
            {"email": "nobody@lee.example", "password": PASSWORD},
            {"email": "not an address", "password": PASSWORD},
        ):
            answer = await post(web, "login", body)
            assert answer.status_code == 401
            bodies.append(answer.json()["error"] | {"trace_id": ""})
        assert bodies[0] == bodies[1] == bodies[2]
        assert bodies[0]["code"] == "login_failed"

    async def test_is_limited_for_an_account_that_is_none_as_for_one_that_is(
        self, web: httpx.AsyncClient, demo: Services
    ) -> None:
        await post(web, "register", NEW)
        tenant = await demo.tenants.tenant("default")
        limits = RateLimits(address_logins_per_minute=0, account_logins_per_minute=3)
        await demo.tenants.put(tenant.model_copy(update={"limits": limits}))
        for email in (EMAIL, "nobody@lee.example"):
            body = {"email": email, "password": "three quiet badgers"}
            statuses = [(await post(web, "login", body)).status_code for _ in range(4)]
            assert statuses == [401, 401, 401, 429]


class TestStaying:
    async def test_refresh_gives_the_next_pair(
        self, web: httpx.AsyncClient, clock: ManualClock
    ) -> None:
        await post(web, "register", NEW)
        tokens = await logged_in(web)
        clock.advance(timedelta(minutes=29))
        body = {"refresh_token": tokens["refresh_token"]}
        following = (await post(web, "refresh", body)).json()
        assert following["expires_in"] == 1800
        assert following["user"] == tokens["user"]
        assert (await post(web, "refresh", body)).json() == following
        clock.advance(timedelta(seconds=11))
        assert refusal(await post(web, "refresh", body)) == (401, "refresh_reused")
        answer = await Staff(web, following["access_token"]).get("/api/auth/me")
        assert refusal(answer) == (401, "session_ended")

    async def test_logout_ends_the_session(self, web: httpx.AsyncClient) -> None:
        await post(web, "register", NEW)
        tokens, other = await logged_in(web), await logged_in(web)
        person = Staff(web, tokens["access_token"])
        assert (await person.post("/api/auth/logout", {})).json() == {"ended": True}
        assert refusal(await person.get("/api/auth/me")) == (401, "session_ended")
        answer = await post(web, "refresh", {"refresh_token": tokens["refresh_token"]})
        assert refusal(answer) == (401, "refresh_invalid")
        assert (await Staff(web, other["access_token"]).get("/api/auth/me")).status_code == 200

    async def test_a_new_password_ends_the_others(self, web: httpx.AsyncClient) -> None:
        await post(web, "register", NEW)
        tokens, other = await logged_in(web), await logged_in(web)
        person = Staff(web, tokens["access_token"])
        wrong = {"current_password": "three quiet badgers", "password": "a new long one"}
        answer = await person.post("/api/auth/password", wrong)
        assert refusal(answer) == (401, "password_wrong")
        answer = await person.post("/api/auth/password", wrong | {"current_password": PASSWORD})
        assert answer.status_code == 200
        for old in (tokens, other):
            me = await Staff(web, old["access_token"]).get("/api/auth/me")
            assert refusal(me) == (401, "session_ended")
        me = await Staff(web, answer.json()["access_token"]).get("/api/auth/me")
        assert me.status_code == 200
        await logged_in(web, password="a new long one")


class TestUsers:
    async def test_an_admin_keeps_them(self, web: httpx.AsyncClient, staff: Staff) -> None:
        body = {
            "email": "alex@homes.example",
            "username": "Alex",
            "password": PASSWORD,
            "role": "support_agent",
            "agent_id": "Agent3",
            "tier": "3",
        }
        made = (await staff.post("/api/users", body)).json()
        assert (made["role"], made["agent_id"], made["tier"]) == (
            "support_agent",
            "Agent3",
            "Tier3",
        )
        tokens = await logged_in(web, email="alex@homes.example")
        taken = await staff.post("/api/users", body | {"email": "b@homes.example"})
        assert refusal(taken) == (409, "agent_id_taken")
        [listed] = (await staff.read("/api/users"))["items"]
        assert listed["user_id"] == made["user_id"]
        path = f"/api/users/{made['user_id']}"
        stale = await web.patch(path, json={"disabled": True, "version": 9}, headers=staff.headers)
        assert refusal(stale) == (409, "user_version_stale")
        changed = await web.patch(
            path, json={"disabled": True, "version": 1}, headers=staff.headers
        )
        assert changed.json()["disabled"] is True
        me = await Staff(web, tokens["access_token"]).get("/api/auth/me")
        assert refusal(me) == (401, "session_ended")

    async def test_nobody_gives_what_they_have_not(
        self, web: httpx.AsyncClient, staff: Staff, demo: Services
    ) -> None:
        _, secret = await demo.keys.issue("default", "test", {Scope.USERS_WRITE})
        poor = Staff(web, secret)
        body = {"email": EMAIL, "username": "Sam", "password": PASSWORD, "role": "admin"}
        assert refusal(await poor.post("/api/users", body)) == (403, "role_beyond_own")
        admin = (await staff.post("/api/users", body)).json()
        for change in ({"password": "another long one"}, {"disabled": True}, {"role": "admin"}):
            answer = await web.patch(
                f"/api/users/{admin['user_id']}", json=change, headers=poor.headers
            )
            assert refusal(answer) == (403, "role_beyond_own")

    async def test_who_registered_needs_a_new_password_to_become_more(
        self, web: httpx.AsyncClient, staff: Staff
    ) -> None:
        """Nobody has checked that the address is theirs."""
        user = (await post(web, "register", NEW)).json()
        path = f"/api/users/{user['user_id']}"
        answer = await web.patch(path, json={"role": "admin"}, headers=staff.headers)
        assert refusal(answer) == (422, "user_password_needed")
        body = {"role": "admin", "password": "chosen by the admin"}
        answer = await web.patch(path, json=body, headers=staff.headers)
        assert answer.json()["role"] == "admin"
        answer = await post(web, "login", {"email": EMAIL, "password": PASSWORD})
        assert refusal(answer) == (401, "login_failed")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"role": "landlord"}, "request_invalid"),
            ({"role": "leasing_agent", "tier": "Tier2"}, "user_tier_unfit"),
            ({"role": "support_agent", "tier": "Tier9"}, "tier_invalid"),
            ({"role": "support_agent", "agent_id": "Agent 3\n"}, "agent_id_invalid"),
        ],
    )
    async def test_refuses(self, staff: Staff, change: Json, code: str) -> None:
        answer = await staff.post("/api/users", NEW | change)
        assert refusal(answer) == (422, code)


def _parts(token: str) -> tuple[Json, Json]:
    header, claims, _ = token.split(".")
    return _decoded(header), _decoded(claims)


def _decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TestHostileTokens:
    """Tokens of a stranger who knows everything but the keys, and some of one who knows those."""

    async def test_none_is_accepted(
        self, web: httpx.AsyncClient, state: State, demo: Services
    ) -> None:
        await post(web, "register", NEW)
        tokens = await logged_in(web)
        access = tokens["access_token"]
        assert (await Staff(web, access).get("/api/auth/me")).status_code == 200
        hostile = _hostile(access, demo, state)
        well_forged = hostile.pop("well forged")
        assert (await Staff(web, well_forged).get("/api/auth/me")).status_code == 200
        assert len(hostile) >= 40
        for name, token in hostile.items():
            for path in ("/api/auth/me", "/api/agent/thread"):
                headers = [(b"Authorization", f"Bearer {token}".encode())]
                answer = await web.get(path, headers=headers)
                assert answer.status_code == 401, (name, path, answer.text)

    async def test_no_refresh_token_either(self, web: httpx.AsyncClient) -> None:
        await post(web, "register", NEW)
        tokens = await logged_in(web)
        token = tokens["refresh_token"]
        session, generation, mac = token.split(".")
        hostile = [
            "", " ", "x", "lr_", token[:-1], token + "x", token + "\n", " " + token, token.upper(),
            token + "\x00", f"{session}.2.{mac}", f"{session}.0.{mac}", f"{session}.01.{mac}",
            f"{session}.-1.{mac}", f"{session}.1e0.{mac}", f"{session}.９.{mac}",
            f"{session}.{'9' * 100}.{mac}", f"{session}.{generation}.{'A' * 43}",
            f"{session}.{generation}.{mac}.{mac}", f"{session}.{generation}.", f"{session}.",
            f"lr_ses_{'0' * 20}.1.{mac}", f"lk_{token[3:]}", tokens["access_token"],
            "x" * 1000, "lr_" + "../" * 20, "lr_$where", "ﬀ" * 40,
        ]  # fmt: skip
        for forged in hostile:
            answer = await post(web, "refresh", {"refresh_token": forged})
            assert answer.status_code in (401, 422), (forged, answer.text)
        for odd in (None, 7, [token], {"$ne": ""}, True):
            answer = await post(web, "refresh", {"refresh_token": odd})
            assert refusal(answer) == (422, "request_invalid")
        # none of them has ended the session
        assert (await post(web, "refresh", {"refresh_token": token})).status_code == 200


def _hostile(access: str, services: Services, state: State) -> dict[str, str]:
    header, claims = _parts(access)
    signature = access.rpartition(".")[2]
    key = derive(services.secret_key, "access-token")
    now = int(services.clock.now().timestamp())

    def signed(
        key: bytes = key, algorithm: str = "HS256", head: Json | None = None, **changes: Any
    ) -> str:
        said = {name: v for name, v in (claims | changes).items() if v is not ...}
        return jwt.encode(said, key, algorithm, headers=header | (head or {}))

    def raw(head: Json, body: Any = claims, sign: str = signature) -> str:
        return f"{_b64(json.dumps(head).encode())}.{_b64(json.dumps(body).encode())}.{sign}"

    visitor = state.visitors.issue("default", "thr_nothing", None).token
    other = b"z" * 32
    return {
        "well forged": signed(),
        "nothing signed": raw(header | {"alg": "none"}, sign=""),
        "none with a signature": raw(header | {"alg": "none"}),
        "None": raw(header | {"alg": "None"}, sign=""),
        "nOnE": raw(header | {"alg": "nOnE"}, sign=""),
        "no algorithm": raw({k: v for k, v in header.items() if k != "alg"}),
        "RS256": raw(header | {"alg": "RS256"}),
        "ES256": raw(header | {"alg": "ES256"}),
        "HS512": signed(key * 2, "HS512"),
        "HS384": signed(key * 2, "HS384"),
        "algorithm as a list": raw(header | {"alg": ["HS256"]}),
        "another key": signed(other),
        "the empty key": raw(header, sign=_b64(b"")),
        "the raw secret": signed(services.secret_key),
        "the key of visitors": signed(derive(services.secret_key, "visitor-token")),
        "kid of visitors": signed(head={"kid": state.visitors.kid}),
        "kid of visitors, key of visitors": signed(
            derive(services.secret_key, "visitor-token"), head={"kid": state.visitors.kid}
        ),
        "kid as a path": signed(other, head={"kid": "../../../dev/null"}),
        "kid as SQL": signed(other, head={"kid": "x' UNION SELECT 'z"}),
        "kid as an operator": raw(header | {"kid": {"$ne": ""}}),
        "kid left out": raw({k: v for k, v in header.items() if k != "kid"}),
        "jku": signed(head={"jku": "https://elsewhere.example/jwks.json"}),
        "x5u": signed(head={"x5u": "https://elsewhere.example/x.pem"}),
        "a key of its own": signed(other, head={"jwk": {"kty": "oct", "k": _b64(other)}}),
        "crit": raw(header | {"crit": ["exp"], "exp": 1}),
        "zip": raw(header | {"zip": "DEF"}),
        "typ JWE": raw(header | {"typ": "JWE"}),
        "another subject, old signature": raw(header, claims | {"sub": "usr_other"}),
        "another subject": signed(sub="usr_other"),
        "another tenant": signed(tenant="other"),
        "another session": signed(sid="ses_" + "0" * 20),
        "no session": signed(sid=...),
        "session as an operator": signed(sid={"$ne": ""}),
        "no exp": signed(exp=...),
        "no iat": signed(iat=...),
        "no sub": signed(sub=...),
        "no aud": signed(aud=...),
        "no iss": signed(iss=...),
        "no jti": signed(jti=...),
        "no tenant": signed(tenant=...),
        "tenant as an operator": signed(tenant={"$gt": ""}),
        "expired": signed(exp=now - 31),
        "exp as text": signed(exp="9999999999"),
        "exp as a float": signed(exp=now + 9.5),
        "exp beyond all time": signed(exp=2**63),
        "negative exp": signed(exp=-1),
        "from the future": signed(iat=now + 31),
        "audience of visitors": signed(aud="visitor"),
        "a list of audiences": signed(aud=["user", "visitor"]),
        "another issuer": signed(iss="elsewhere"),
        "a visitor's claims under our key": raw(header, _parts(visitor)[1]),
        "over 4 kB": signed(padding="x" * 5000),
        "cut": access[:-1],
        "lengthened": access + "A",
        "two of them": f"{access}.{access}",
        "no payload": f"{access.partition('.')[0]}..{signature}",
        "only dots": "..",
        "payload of a list": raw(header, [claims]),
        "payload of a number": raw(header, 7),
        "deep payload": f"{_b64(json.dumps(header).encode())}.{_b64(b'[' * 2000)}.{signature}",
        "not base64": "!!!.???.***",
        "not ASCII": "é.é.é",
    }
