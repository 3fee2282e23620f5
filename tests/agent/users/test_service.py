import asyncio
from datetime import timedelta

import pytest

from agent.errors import Conflict, InvalidInput, LatchkeyError, NotFound
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.users.models import Account, User
from agent.users.roles import Role

PASSWORD = "a rather long one"


async def add(services: Services, email: str = "ann@acme.example", **more: object) -> Account:
    fields = {"tenant_id": "acme", "password": PASSWORD, "role": Role.ADMIN, "actor": "test"}
    return await services.users.add(email=email, **(fields | more))  # type: ignore[arg-type]


async def code(attempt: object) -> str:
    with pytest.raises(LatchkeyError) as refused:
        await attempt  # type: ignore[misc]
    return refused.value.code


async def test_of_many_at_once_with_one_address_one_is_added(services: Services) -> None:
    done = await asyncio.gather(*(add(services) for _ in range(6)), return_exceptions=True)
    added = [each for each in done if isinstance(each, Account)]
    refused = [each.code for each in done if isinstance(each, Conflict)]
    assert (len(added), refused) == (1, ["email_taken"] * 5)
    assert await services.repository.scoped("vault", "acme").count({}) == 1


async def test_an_address_has_one_account_in_all_tenants(services: Services) -> None:
    await add(services)
    assert await code(add(services, " ANN@acme.example ", tenant_id="other")) == "email_taken"


async def test_an_agent_id_belongs_to_one_of_a_tenant(services: Services) -> None:
    agent: dict[str, object] = {"role": Role.SUPPORT_AGENT, "agent_id": "Agent3"}
    await add(services, "a@acme.example", **agent)
    assert await code(add(services, "b@acme.example", **agent)) == "agent_id_taken"
    await add(services, "c@acme.example", **agent, tenant_id="other")
    plain = await add(services, "d@acme.example", role=Role.SUPPORT_AGENT)
    change = services.users.change("acme", plain.user.user_id, agent_id="Agent3", actor="test")
    assert await code(change) == "agent_id_taken"


async def test_another_tenant_finds_nobody(services: Services) -> None:
    ann = await add(services)
    users = services.users
    assert await code(users.get("other", ann.user.user_id)) == "user_not_found"
    assert await code(users.named("other", ann.email)) == "user_not_found"
    change = users.change("other", ann.user.user_id, disabled=True, actor="test")
    assert await code(change) == "user_not_found"
    assert (await users.page("other", limit=10)).items == []
    with pytest.raises(NotFound):
        await services.users.get("acme", "usr_nobody")


async def test_of_two_changes_to_one_version_one_is_made(services: Services) -> None:
    ann = await add(services)
    changes = [
        services.users.change("acme", ann.user.user_id, disabled=each, version=1, actor="test")
        for each in (True, False)
    ]
    done = await asyncio.gather(*changes, return_exceptions=True)
    assert [type(each) for each in done].count(Account) == 1


async def test_a_change_of_one_thing_does_not_undo_another(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role that is taken away between reading and writing stays away."""
    ann = await add(services, role=Role.ADMIN)
    user_id, read = ann.user.user_id, services.users.store.get

    async def read_before_the_other(tenant_id: str, of: str) -> User | None:
        user = await read(tenant_id, of)
        monkeypatch.setattr(services.users.store, "get", read)
        await services.users.change("acme", of, role=Role.REALPAGE_USER, actor="test")
        return user

    monkeypatch.setattr(services.users.store, "get", read_before_the_other)
    late = services.users.change("acme", user_id, disabled=False, actor="test")
    assert await code(late) == "user_version_stale"
    assert (await services.users.get("acme", user_id)).user.role is Role.REALPAGE_USER


async def test_who_registered_becomes_no_more_by_a_word(services: Services) -> None:
    ann = await add(services, role=Role.REALPAGE_USER, self_registered=True)
    user_id = ann.user.user_id
    change = services.users.change("acme", user_id, role=Role.ADMIN, actor="test")
    assert await code(change) == "user_password_needed"
    await services.users.change("acme", user_id, password="chosen by another", actor="test")
    changed = await services.users.change("acme", user_id, role=Role.ADMIN, actor="test")
    assert changed.user.role is Role.ADMIN


async def test_a_change_is_audited_without_what_is_personal(
    services: Services, clock: ManualClock
) -> None:
    ann = await add(services)
    clock.advance(timedelta(seconds=1))
    await services.users.change(
        "acme", ann.user.user_id, password="another long one", actor="user:usr_admin"
    )
    records = await services.audit.store.about("acme", ann.user.user_id)
    assert [record.kind for record in records] == ["user.added", "user.changed"]
    assert records[1].actor == "user:usr_admin"
    for secret in ("ann", "acme.example", "another long one", "argon2"):
        assert secret not in repr(records)


@pytest.mark.parametrize(
    "email",
    ["", "x", "@", "a@b", "a b@c.example", "a@b@c.example", "a\x00@b.example",
     "a" * 65 + "@b.example", "a@" + "b" * 250 + ".example"],
)  # fmt: skip
async def test_an_address_must_be_one(services: Services, email: str) -> None:
    with pytest.raises(InvalidInput):
        await add(services, email)
