from agent.demo.accounts import load_accounts
from agent.services import Services
from agent.users.roles import Role


async def test_each_role_has_an_account_whose_password_is_told_once(services: Services) -> None:
    made = await load_accounts(services.users)
    assert {account.role for account in made} == set(Role)
    for account in made:
        grant = await services.sessions.login(account.email, account.password)
        assert grant.session.role is account.role
    assert await load_accounts(services.users) == []
