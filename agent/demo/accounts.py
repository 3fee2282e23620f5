"""One account of each role to try the demo with."""

import secrets
from dataclasses import dataclass

from agent.errors import Conflict
from agent.tenants.models import DEFAULT_TENANT
from agent.users.roles import Role
from agent.users.service import UserService

_WHO = (
    ("admin@latchkey.example", "Ada Admin", Role.ADMIN, None, None),
    ("leasing@latchkey.example", "Lee Leasing", Role.LEASING_AGENT, None, None),
    ("support@latchkey.example", "Sol Support", Role.SUPPORT_AGENT, "Agent1", "Tier2"),
    ("user@latchkey.example", "Uma User", Role.REALPAGE_USER, None, None),
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    email: str
    password: str
    role: Role


async def load_accounts(users: UserService) -> list[DemoAccount]:
    """Make them at the first start, with passwords that are told this once; none ever after."""
    made = []
    for email, username, role, agent_id, tier in _WHO:
        account = DemoAccount(email, secrets.token_urlsafe(12), role)
        try:
            await users.add(
                DEFAULT_TENANT,
                email=email,
                password=account.password,
                username=username,
                role=role,
                agent_id=agent_id,
                tier=tier,
                actor="demo",
            )
        except Conflict:
            continue
        made.append(account)
    return made
