"""`latchkey tenant`, `user`, `key` and `community identity-secret`."""

import asyncio
from pathlib import Path

import pytest

from agent.bootstrap import open_services
from agent.errors import Unauthenticated
from agent.settings import Settings
from server.scopes import Scope
from tests.server.commands import Latchkey, printed, refused

PASSWORD = "a rather long one"


async def log_in(settings: Settings, password: str) -> None:
    async with open_services(settings) as services:
        await services.sessions.login("alex@homes.example", password)


class TestTenant:
    def test_comes_with_an_admin_key(self, latchkey: Latchkey) -> None:
        made = printed(latchkey("tenant", "add", "acme", "--name", "Acme Homes", "--json"))
        listed = printed(latchkey("tenant", "list", "--json"))["items"]
        assert {"acme", "default"} == {item["tenant_id"] for item in listed}
        (key,) = printed(latchkey("key", "list", "--tenant", "acme", "--json"))["items"]
        assert (key["key_id"], set(key["scopes"])) == ("admin", set(Scope))
        assert made["admin_key"] not in repr(key)

    @pytest.mark.parametrize("tenant_id", ["Acme", "a b", "", "../x", "x" * 64, "-a"])
    def test_has_a_plain_id(self, latchkey: Latchkey, tenant_id: str) -> None:
        assert refused(latchkey("tenant", "add", "--", tenant_id)) == "tenant_id_invalid"

    def test_is_changed_by_path_and_value(self, latchkey: Latchkey) -> None:
        latchkey("tenant", "add", "acme")
        assert refused(latchkey("tenant", "add", "acme")) == "tenant_id_taken"
        changed = printed(
            latchkey(
                "tenant", "set", "acme", "undo_seconds=60", "registration=closed",
                "limits.account_logins_per_minute=5", "connectors.send_message=zapier", "--json",
            )
        )  # fmt: skip
        assert (changed["undo_seconds"], changed["registration"]) == (60, "closed")
        assert changed["limits"]["account_logins_per_minute"] == 5
        assert changed["connectors"] == {"send_message": "zapier"}
        back = printed(latchkey("tenant", "set", "acme", "connectors.send_message=null", "--json"))
        assert back["connectors"] == {}

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ("undo_seconds", "tenant_setting_unknown"),
            ("nothing=1", "tenant_setting_unknown"),
            ("tenant_id=other", "tenant_setting_unknown"),
            ("undo_seconds.x=1", "tenant_setting_unknown"),
            ("undo_seconds=-1", "tenant_setting_invalid"),
            ("limits.nothing=1", "tenant_setting_invalid"),
            ("connectors.send_message=pigeon", "tenant_setting_invalid"),
            ("default_community=nowhere", "community_not_found"),
        ],
    )
    def test_refuses_a_poor_change(self, latchkey: Latchkey, change: str, code: str) -> None:
        assert refused(latchkey("tenant", "set", "default", change)) == code

    def test_that_is_unknown_is_not_changed(self, latchkey: Latchkey) -> None:
        assert refused(latchkey("tenant", "set", "nobody", "name=X")) == "tenant_not_found"


class TestUser:
    def test_is_added_changed_and_disabled(self, latchkey: Latchkey, settings: Settings) -> None:
        args = ("user", "add", "alex@homes.example", "--role", "support_agent", "--name", "Alex")
        made = printed(latchkey(*args, "--agent-id", "Agent3", "--tier", "3", "--json"))
        assert (made["username"], made["agent_id"], made["tier"]) == ("Alex", "Agent3", "Tier3")
        assert len(made["password"]) >= 16
        assert refused(latchkey(*args)) == "email_taken"
        (listed,) = printed(latchkey("user", "list", "--json"))["items"]
        assert (listed["user_id"], listed["disabled"]) == (made["user_id"], False)
        asyncio.run(log_in(settings, made["password"]))
        change = ("user", "set", "alex@homes.example", "--json")
        printed(latchkey(*change, "--password-stdin", stdin=f"{PASSWORD}\n"))
        asyncio.run(log_in(settings, PASSWORD))
        assert printed(latchkey(*change, "--role", "leasing_agent"))["tier"] is None
        assert printed(latchkey(*change, "--disable"))["disabled"] is True
        with pytest.raises(Unauthenticated):
            asyncio.run(log_in(settings, PASSWORD))
        assert printed(latchkey(*change, "--enable"))["disabled"] is False

    def test_needs_what_makes_sense(self, latchkey: Latchkey) -> None:
        add = ("user", "add", "pat@homes.example", "--role")
        assert latchkey(*add, "landlord").exit_code == 2
        assert refused(latchkey(*add, "admin", "--tier", "Tier2")) == "user_tier_unfit"
        assert refused(latchkey(*add, "admin", "--password-stdin", stdin="")) == "password_missing"
        short = latchkey(*add, "admin", "--password-stdin", stdin="short\n")
        assert refused(short) == "password_length"
        assert refused(latchkey(*add, "admin", "--tenant", "nobody")) == "tenant_not_found"
        assert refused(latchkey("user", "set", "nobody@homes.example")) == "user_not_found"
        assert refused(latchkey("user", "add", "no address", "--role", "admin")) == "email_invalid"


class TestKey:
    def test_is_made_listed_and_revoked(self, latchkey: Latchkey) -> None:
        made = printed(latchkey("key", "add", "zapier", "--scope", "leads:write", "--json"))
        revoke = ("key", "revoke", made["key_id"], "--json")
        assert printed(latchkey(*revoke))["revoked"] is True
        assert refused(latchkey(*revoke)) == "key_not_found"
        (listed,) = printed(latchkey("key", "list", "--json"))["items"]
        assert listed["revoked_at"]
        assert made["key"] not in repr(listed)


class TestIdentitySecret:
    def test_is_shown_once(self, latchkey: Latchkey, tmp_path: Path) -> None:
        made = printed(latchkey("community", "identity-secret", "default", "--json"))
        again = printed(latchkey("community", "identity-secret", "default", "--alone", "--json"))
        assert made["secret"].startswith("lis_")
        assert again["secret"] != made["secret"]

    def test_needs_a_community(self, latchkey: Latchkey) -> None:
        assert refused(latchkey("community", "identity-secret", "nowhere")) == "community_not_found"
