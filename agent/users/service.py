"""Who may log in: adding people, changing what they are; passwords in, never out."""

import re
from collections.abc import Mapping
from typing import Any

from agent.audit.service import AuditService
from agent.errors import Conflict, Duplicate, InvalidInput, NotFound, Unauthenticated
from agent.kit.clock import Clock
from agent.kit.crypto import keyed_hash
from agent.kit.ids import new_id
from agent.kit.text import clean
from agent.mongo.paging import Page
from agent.mongo.repository import Repository
from agent.privacy.models import Contact
from agent.privacy.vault import Vault
from agent.users.models import Account, User
from agent.users.passwords import Passwords
from agent.users.roles import Role
from agent.users.store import UserStore

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")
_EMAIL_LENGTH = 254
_NAME_LENGTH = 100
_AGENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,50}")
_TIER = re.compile(r"(?:tier ?)?([123])", re.IGNORECASE)


class UserService:
    def __init__(
        self,
        repository: Repository,
        store: UserStore,
        vault: Vault,
        audit: AuditService,
        passwords: Passwords,
        clock: Clock,
        *,
        email_key: bytes,
    ) -> None:
        self.store = store
        self.passwords = passwords
        self._repository = repository
        self._vault = vault
        self._audit = audit
        self._clock = clock
        self._email_key = email_key

    async def add(
        self,
        tenant_id: str,
        *,
        email: str,
        password: str,
        role: Role,
        username: str | None = None,
        agent_id: str | None = None,
        tier: str | None = None,
        self_registered: bool = False,
        actor: str,
    ) -> Account:
        """Raises Conflict `email_taken` (in whatever tenant) or `agent_id_taken`, InvalidInput."""
        email = _email(email)
        agent_id, tier = _placed(role, agent_id, tier)
        user = User(
            tenant_id=tenant_id,
            user_id=new_id("usr"),
            role=role,
            contact_ref=new_id("con"),
            agent_id=agent_id,
            tier=tier,
            self_registered=self_registered,
            created_at=self._clock.now(),
        )
        account = Account(user=user, username=_username(username, email), email=email)
        email_hash = self.email_hash(email)
        if await self.store.by_email(email_hash):
            raise _taken()
        password_hash = await self.passwords.hash(password)

        async def write() -> None:
            await self.store.insert(user, email_hash, password_hash)
            contact = Contact(name=account.username, email=account.email)
            await self._vault.put(tenant_id, contact, ref=user.contact_ref)
            told = {"role": role, "self_registered": self_registered}
            await self._audit.record(tenant_id, "user.added", user.user_id, told, actor=actor)

        try:
            await self._repository.transact(write)
        except Duplicate as error:
            raise _taken("agent_id" if "agent_id" in str(error.details) else "email") from None
        return account

    async def get(self, tenant_id: str, user_id: str) -> Account:
        """Raises NotFound `user_not_found`."""
        (account,) = await self._accounts(tenant_id, [await self._user(tenant_id, user_id)])
        return account

    async def page(self, tenant_id: str, *, limit: int, cursor: str | None = None) -> Page[Account]:
        users = await self.store.page(tenant_id, limit=limit, cursor=cursor)
        accounts = await self._accounts(tenant_id, users.items)
        return Page(items=accounts, next_cursor=users.next_cursor)

    async def named(self, tenant_id: str, email: str) -> User:
        """Whose e-mail it is. Raises NotFound `user_not_found`."""
        found = await self.store.by_email(self.email_hash(_email(email)))
        if found is None or found[0].tenant_id != tenant_id:
            raise NotFound("user_not_found", "Nobody of this tenant has that e-mail.")
        return found[0]

    async def change(
        self,
        tenant_id: str,
        user_id: str,
        *,
        role: Role | None = None,
        agent_id: str | None = None,
        tier: str | None = None,
        disabled: bool | None = None,
        password: str | None = None,
        version: int | None = None,
        actor: str,
    ) -> Account:
        """Change what is given; another role, password or an end of the account ends its sessions.

        Raises NotFound, Conflict `user_version_stale` or `agent_id_taken`, InvalidInput.
        """
        user = await self._user(tenant_id, user_id)
        if role not in (None, user.role) and user.self_registered and password is None:
            raise InvalidInput(
                "user_password_needed",
                "They registered themselves with an e-mail that nobody has checked; give a new "
                "password with the new role, and tell it to them.",
            )
        changes = self._changes(user, role, agent_id, tier, disabled)
        if password is not None:
            changes["password_hash"] = await self.passwords.hash(password)
            changes["self_registered"] = False

        async def write() -> None:
            # what is not given is written as it was read, so it must stand so still
            changed = await self.store.set(
                tenant_id, user_id, changes, version=user.version if version is None else version
            )
            if changed is None:
                raise Conflict("user_version_stale", "The user has changed; read them again.")
            if password is not None or changed.disabled_at or changed.role != user.role:
                await self.store.end_all(tenant_id, user_id, self._clock.now())
            told = {"role": changed.role, "disabled": changed.disabled_at is not None}
            fields = told | {"changed": sorted(changes)}
            await self._audit.record(tenant_id, "user.changed", user_id, fields, actor=actor)

        try:
            await self._repository.transact(write)
        except Duplicate:
            raise _taken("agent_id") from None
        return await self.get(tenant_id, user_id)

    async def change_password(
        self, tenant_id: str, user_id: str, *, current: str, password: str, actor: str
    ) -> None:
        """By the user; ends all their sessions. Raises Unauthenticated `password_wrong`."""
        known = await self.store.password_hash(tenant_id, user_id)
        right, _ = await self.passwords.verify(current, known)
        if not right:
            raise Unauthenticated("password_wrong", "The current password is another.")
        await self.change(tenant_id, user_id, password=password, actor=actor)

    def email_hash(self, email: str) -> str:
        """The same for two spellings of an address; of all tenants."""
        return keyed_hash(self._email_key, clean(email).casefold())

    def _changes(
        self,
        user: User,
        role: Role | None,
        agent_id: str | None,
        tier: str | None,
        disabled: bool | None,
    ) -> dict[str, Any]:
        becomes = role or user.role
        if becomes is Role.SUPPORT_AGENT:
            agent_id, tier = agent_id or user.agent_id, tier or user.tier
        agent_id, tier = _placed(becomes, agent_id, tier)
        changes: dict[str, Any] = {"role": becomes, "agent_id": agent_id, "tier": tier}
        if disabled is not None:
            since = user.disabled_at or self._clock.now()
            changes["disabled_at"] = since if disabled else None
        return changes

    async def _user(self, tenant_id: str, user_id: str) -> User:
        user = await self.store.get(tenant_id, user_id)
        if user is None:
            raise NotFound("user_not_found", f"There is no user {user_id[:80]!r}.")
        return user

    async def _accounts(self, tenant_id: str, users: list[User]) -> list[Account]:
        contacts = await self._vault.get_many(tenant_id, [user.contact_ref for user in users])
        return [_account(user, contacts) for user in users]


def _account(user: User, contacts: Mapping[str, Contact]) -> Account:
    contact = contacts.get(user.contact_ref, Contact())
    return Account(user=user, username=contact.name or "", email=contact.email or "")


def _email(email: str) -> str:
    address = clean(email).lower()
    written = email.strip()
    if len(address) > _EMAIL_LENGTH or not (
        _EMAIL.fullmatch(address) and _EMAIL.fullmatch(written)
    ):
        raise InvalidInput("email_invalid", "Write the e-mail address as name@example.com.")
    return address


def _username(username: str | None, email: str) -> str:
    name = " ".join(clean(username if username is not None else email.partition("@")[0]).split())
    if not 0 < len(name) <= _NAME_LENGTH:
        raise InvalidInput("username_invalid", f"Choose a name of 1 to {_NAME_LENGTH} characters.")
    return name


def _placed(role: Role, agent_id: str | None, tier: str | None) -> tuple[str | None, str | None]:
    """What only support agents have."""
    if role is not Role.SUPPORT_AGENT and (agent_id or tier):
        raise InvalidInput("user_tier_unfit", "Only a support_agent has an agent id and a tier.")
    if agent_id is not None and not _AGENT_ID.fullmatch(agent_id):
        raise InvalidInput("agent_id_invalid", "An agent id has up to 50 letters and digits.")
    found = _TIER.fullmatch(tier.strip()) if tier is not None else None
    if tier is not None and found is None:
        raise InvalidInput("tier_invalid", "The tier is Tier1, Tier2 or Tier3.")
    return agent_id, f"Tier{found[1]}" if found else None


def _taken(field: str = "email") -> Conflict:
    if field == "agent_id":
        return Conflict("agent_id_taken", "Another support agent has this agent id.")
    return Conflict("email_taken", "This e-mail has an account; log in, or use another.")
