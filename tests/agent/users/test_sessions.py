import asyncio
from datetime import timedelta

import pytest

from agent.errors import Unauthenticated
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.users.models import Account, Grant
from agent.users.roles import Role
from agent.users.sessions import ACCESS, GRACE, IDLE, LONGEST

EMAIL, PASSWORD = "ann@acme.example", "a rather long one"


@pytest.fixture
async def ann(services: Services) -> Account:
    return await services.users.add(
        "acme", email=EMAIL, password=PASSWORD, role=Role.LEASING_AGENT, actor="test"
    )


@pytest.fixture
async def grant(services: Services, ann: Account) -> Grant:
    return await services.sessions.login(EMAIL, PASSWORD)


async def refused(services: Services, token: str) -> str:
    with pytest.raises(Unauthenticated) as refusal:
        await services.sessions.refresh(token)
    return refusal.value.code


async def ended(services: Services, grant: Grant) -> bool:
    try:
        await services.sessions.verify(grant.access_token)
    except Unauthenticated as refusal:
        return refusal.code == "session_ended"
    return False


class TestLogin:
    async def test_says_who_it_is(self, services: Services, ann: Account, grant: Grant) -> None:
        session = await services.sessions.verify(grant.access_token)
        assert (session.user_id, session.tenant_id) == (ann.user.user_id, "acme")
        assert session.role is Role.LEASING_AGENT

    async def test_takes_any_spelling_of_the_address(
        self, services: Services, ann: Account
    ) -> None:
        grant = await services.sessions.login(" Ann@ACME.example", PASSWORD)
        assert grant.session.user_id == ann.user.user_id

    async def test_tells_nobody_what_was_wrong(self, services: Services, ann: Account) -> None:
        told = set()
        for email, password in ((EMAIL, "another long one"), ("bob@acme.example", PASSWORD)):
            with pytest.raises(Unauthenticated) as refusal:
                await services.sessions.login(email, password)
            told.add((refusal.value.code, refusal.value.message))
        await services.users.change("acme", ann.user.user_id, disabled=True, actor="test")
        with pytest.raises(Unauthenticated) as refusal:
            await services.sessions.login(EMAIL, PASSWORD)
        assert told == {(refusal.value.code, refusal.value.message)}

    async def test_compares_a_hash_for_unknown_people_too(
        self, services: Services, ann: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compared = 0
        passwords = services.users.passwords
        hasher = passwords._hasher
        compare = hasher.verify_and_update

        def counted(given: bytes, known: str) -> tuple[bool, str | None]:
            nonlocal compared
            compared += 1
            return compare(given, known)

        monkeypatch.setattr(hasher, "verify_and_update", counted)
        for email in (EMAIL, "bob@acme.example"):
            with pytest.raises(Unauthenticated):
                await services.sessions.login(email, "another long one")
        assert compared == 2

    async def test_the_empty_password_is_nobodys(self, services: Services) -> None:
        with pytest.raises(Unauthenticated):
            await services.sessions.login("bob@acme.example", "")

    async def test_keeps_no_secret_as_it_is(
        self, services: Services, ann: Account, grant: Grant
    ) -> None:
        rows = [
            row
            for name in ("users", "sessions", "vault", "audit")
            for row in await services.repository.scoped(name, "acme").find({})
        ]
        stored = repr(rows)
        for secret in (EMAIL, PASSWORD, grant.refresh_token, grant.access_token, "'ann'"):
            assert secret not in stored
        assert "$argon2id$" in stored


class TestRefresh:
    async def test_gives_another_pair(self, services: Services, grant: Grant) -> None:
        following = await services.sessions.refresh(grant.refresh_token)
        assert following.refresh_token != grant.refresh_token
        assert following.access_token != grant.access_token
        for each in (grant, following):
            assert not await ended(services, each)

    async def test_twice_at_once_is_answered_alike(self, services: Services, grant: Grant) -> None:
        first, *others = await asyncio.gather(
            *(services.sessions.refresh(grant.refresh_token) for _ in range(8))
        )
        assert all(other == first for other in others)
        assert first.session.generation == 2

    async def test_twice_within_the_grace(
        self, services: Services, grant: Grant, clock: ManualClock
    ) -> None:
        first = await services.sessions.refresh(grant.refresh_token)
        clock.advance(GRACE)
        assert await services.sessions.refresh(grant.refresh_token) == first
        await services.sessions.refresh(first.refresh_token)

    async def test_a_token_of_before_ends_the_session(
        self, services: Services, grant: Grant, clock: ManualClock
    ) -> None:
        following = await services.sessions.refresh(grant.refresh_token)
        clock.advance(GRACE + timedelta(seconds=1))
        assert await refused(services, grant.refresh_token) == "refresh_reused"
        assert await refused(services, following.refresh_token) == "refresh_invalid"
        assert await ended(services, following)
        records = await services.audit.store.about("acme", grant.session.session_id)
        assert [record.kind for record in records].count("session.reused") == 1

    async def test_a_token_of_long_before_ends_it_at_once(
        self, services: Services, grant: Grant
    ) -> None:
        second = await services.sessions.refresh(grant.refresh_token)
        third = await services.sessions.refresh(second.refresh_token)
        assert await refused(services, grant.refresh_token) == "refresh_reused"
        assert await refused(services, third.refresh_token) == "refresh_invalid"

    async def test_other_sessions_live_on(self, services: Services, grant: Grant) -> None:
        other = await services.sessions.login(EMAIL, PASSWORD)
        for token in (grant.refresh_token, grant.refresh_token):
            await services.sessions.refresh(token)
        await services.sessions.end("acme", grant.session.session_id)
        assert await ended(services, grant)
        assert not await ended(services, other)

    async def test_ends_when_it_rests_or_grows_old(
        self, services: Services, grant: Grant, clock: ManualClock
    ) -> None:
        token = grant.refresh_token
        for _ in range(LONGEST // (IDLE - timedelta(days=1))):
            clock.advance(IDLE - timedelta(days=1))
            token = (await services.sessions.refresh(token)).refresh_token
        clock.advance(IDLE - timedelta(days=1))
        assert await refused(services, token) == "refresh_invalid"

    async def test_of_a_new_session_expires(
        self, services: Services, grant: Grant, clock: ManualClock
    ) -> None:
        clock.advance(IDLE)
        assert await refused(services, grant.refresh_token) == "refresh_invalid"


class TestEnd:
    async def test_an_access_token_lives_for_half_an_hour(
        self, services: Services, grant: Grant, clock: ManualClock
    ) -> None:
        clock.advance(ACCESS)
        await services.sessions.verify(grant.access_token)
        clock.advance(timedelta(seconds=30))
        with pytest.raises(Unauthenticated) as refusal:
            await services.sessions.verify(grant.access_token)
        assert refusal.value.code == "token_expired"

    @pytest.mark.parametrize(
        "change", [{"disabled": True}, {"role": Role.ADMIN}, {"password": "yet another one"}]
    )
    async def test_by_a_change_of_the_account(
        self, services: Services, ann: Account, grant: Grant, change: dict[str, object]
    ) -> None:
        await services.users.change("acme", ann.user.user_id, **change, actor="test")  # type: ignore[arg-type]
        assert await ended(services, grant)
        assert await refused(services, grant.refresh_token) == "refresh_invalid"

    async def test_not_by_a_change_that_concerns_it_not(
        self, services: Services, ann: Account, grant: Grant
    ) -> None:
        await services.users.change("acme", ann.user.user_id, disabled=False, actor="test")
        assert not await ended(services, grant)

    async def test_a_login_that_a_change_overtakes_begins_nothing(
        self, services: Services, ann: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        verify = services.users.passwords.verify

        async def overtaken(password: str, known: str | None) -> tuple[bool, str | None]:
            verified = await verify(password, known)
            await services.users.change("acme", ann.user.user_id, disabled=True, actor="test")
            return verified

        monkeypatch.setattr(services.users.passwords, "verify", overtaken)
        with pytest.raises(Unauthenticated):
            await services.sessions.login(EMAIL, PASSWORD)
        assert await services.repository.scoped("sessions", "acme").count({}) == 0
