import asyncio
import secrets
import sys
from typing import Any

from rich.table import Table

from agent.bootstrap import open_services
from agent.errors import InvalidInput
from agent.settings import Settings
from agent.users.models import Account
from agent.users.roles import Role
from server.output import Output

_PAGE = 200


def add(
    settings: Settings,
    output: Output,
    tenant: str,
    *,
    email: str,
    username: str | None,
    role: Role,
    agent_id: str | None,
    tier: str | None,
    read_password: bool,
) -> None:
    made_up = None if read_password else secrets.token_urlsafe(12)
    fields = {
        "email": email,
        "username": username,
        "role": role,
        "agent_id": agent_id,
        "tier": tier,
        "password": made_up or _read_password(),
    }
    account = asyncio.run(_add(settings, tenant, fields))
    shown = f"Password: {made_up}\nIt is not shown again." if made_up else "They can log in."
    output.result(
        _told(account) | {"password": made_up},
        lambda console: console.print(f"{account.user.user_id} is a {role}. {shown}"),
    )


def show(settings: Settings, output: Output, tenant: str) -> None:
    accounts = asyncio.run(_all(settings, tenant))
    table = Table("User", "Name", "E-mail", "Role", "Agent", "Tier", "Disabled", box=None)
    for account in accounts:
        told = _told(account)
        row = (told[name] or "" for name in ("user_id", "username", "email", "role"))
        placed = (told["agent_id"] or "", told["tier"] or "", "yes" if told["disabled"] else "")
        table.add_row(*row, *placed)
    output.result(
        {"items": [_told(account) for account in accounts]}, lambda console: console.print(table)
    )


def change(
    settings: Settings,
    output: Output,
    tenant: str,
    *,
    email: str,
    role: Role | None,
    agent_id: str | None,
    tier: str | None,
    disabled: bool | None,
    read_password: bool,
) -> None:
    changes = {
        "role": role,
        "agent_id": agent_id,
        "tier": tier,
        "disabled": disabled,
        "password": _read_password() if read_password else None,
    }
    account = asyncio.run(_change(settings, tenant, email, changes))
    state = "cannot log in" if account.user.disabled_at else f"is a {account.user.role}"
    output.result(
        _told(account), lambda console: console.print(f"{account.user.user_id} {state} now.")
    )


async def _add(settings: Settings, tenant: str, fields: dict[str, Any]) -> Account:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        return await services.users.add(tenant, **fields, actor="cli")


async def _all(settings: Settings, tenant: str) -> list[Account]:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        page = await services.users.page(tenant, limit=_PAGE)
        accounts = page.items
        while page.next_cursor:
            page = await services.users.page(tenant, limit=_PAGE, cursor=page.next_cursor)
            accounts += page.items
        return accounts


async def _change(settings: Settings, tenant: str, email: str, changes: dict[str, Any]) -> Account:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        user = await services.users.named(tenant, email)
        return await services.users.change(tenant, user.user_id, **changes, actor="cli")


def _read_password() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise InvalidInput("password_missing", "Write the password to stdin, in one line.")
    return password


def _told(account: Account) -> dict[str, Any]:
    user = account.user
    return {
        "user_id": user.user_id,
        "tenant_id": user.tenant_id,
        "username": account.username,
        "email": account.email,
        "role": user.role,
        "agent_id": user.agent_id,
        "tier": user.tier,
        "disabled": user.disabled_at is not None,
    }
