from typing import Any

import pytest

from agent.errors import Misconfigured
from agent.kit.crypto import new_key
from agent.mongo.repository import Repository
from agent.privacy.models import Contact
from agent.privacy.vault import Vault

SAM = Contact(name="Sam Lee", email="sam@lee.example", phone="+15035550142")
ALEX = Contact(name="Alex Kim", email="alex@kim.example")


@pytest.fixture
def vault(repository: Repository) -> Vault:
    return Vault(repository, b"k" * 32)


async def row(repository: Repository, ref: str) -> dict[str, Any]:
    found = await repository.scoped("vault", "acme").find_one({"contact_ref": ref})
    assert found is not None
    return found


async def test_what_is_put_comes_back(vault: Vault) -> None:
    assert await vault.get("acme", await vault.put("acme", SAM)) == SAM


async def test_nothing_readable_is_stored(vault: Vault, repository: Repository) -> None:
    stored = await row(repository, await vault.put("acme", SAM))
    raw = b" ".join(value for value in stored.values() if isinstance(value, bytes))
    for secret in (b"Sam", b"lee.example", b"5550142"):
        assert secret not in raw


async def test_the_same_ref_is_overwritten_under_the_same_key(vault: Vault) -> None:
    ref = await vault.put("acme", SAM)
    assert await vault.put("acme", ALEX, ref=ref) == ref
    assert await vault.get("acme", ref) == ALEX


async def test_every_person_has_a_key(vault: Vault, repository: Repository) -> None:
    """With the key of one person the data of another does not open, whatever its name says."""
    sam, alex = await vault.put("acme", SAM), await vault.put("acme", ALEX)
    stranger = await row(repository, alex)
    await repository.scoped("vault", "acme").update(
        {"contact_ref": sam}, {"$set": {"sealed": stranger["sealed"]}}
    )
    with pytest.raises(Misconfigured, match="does not open"):
        await vault.get("acme", sam)


async def test_a_row_of_one_person_does_not_open_as_another(
    vault: Vault, repository: Repository
) -> None:
    sam, alex = await vault.put("acme", SAM), await vault.put("acme", ALEX)
    stranger = await row(repository, alex)
    await repository.scoped("vault", "acme").update(
        {"contact_ref": sam},
        {"$set": {"key": stranger["key"], "sealed": stranger["sealed"]}},
    )
    with pytest.raises(Misconfigured):
        await vault.get("acme", sam)


async def test_a_row_of_one_tenant_does_not_open_in_another(
    vault: Vault, repository: Repository
) -> None:
    ref = await vault.put("acme", SAM)
    copied = {name: value for name, value in (await row(repository, ref)).items()}
    await repository.scoped("vault", "rival").insert({**copied, "tenant_id": "rival"})
    with pytest.raises(Misconfigured):
        await vault.get("rival", ref)


async def test_another_master_key_opens_nothing(vault: Vault, repository: Repository) -> None:
    ref = await vault.put("acme", SAM)
    other = Vault(repository, new_key())
    with pytest.raises(Misconfigured) as refused:
        await other.get("acme", ref)
    assert refused.value.code == "vault_key_wrong"
    with pytest.raises(Misconfigured):
        await other.put("acme", ALEX, ref=ref)
    assert await vault.get("acme", ref) == SAM


async def test_a_damaged_row_says_so(vault: Vault, repository: Repository) -> None:
    ref = await vault.put("acme", SAM)
    await repository.scoped("vault", "acme").update(
        {"contact_ref": ref}, {"$set": {"sealed": b"short"}}
    )
    with pytest.raises(Misconfigured):
        await vault.get("acme", ref)


async def test_a_ref_belongs_to_one_tenant(vault: Vault) -> None:
    ref = await vault.put("acme", SAM)
    assert await vault.get("rival", ref) is None
    assert await vault.get("acme", ref) == SAM


async def test_an_unknown_ref_is_nothing(vault: Vault) -> None:
    assert await vault.get("acme", "con_nobody") is None


def test_spellings_of_one_value_have_one_hash(vault: Vault) -> None:
    one = Contact(name="Sam  Lee", email="Sam@Lee.Example", phone="(503) 555-0142")
    two = Contact(name="sam lee ", email="sam@lee.example", phone="+1 503 555 0142")
    assert vault.hashes("acme", one) == vault.hashes("acme", two)


def test_hashes_tell_values_fields_and_tenants_apart(vault: Vault) -> None:
    assert vault.hashes("acme", SAM) != vault.hashes("rival", SAM)
    assert vault.hashes("acme", SAM)["email"] != vault.hashes("acme", ALEX)["email"]
    assert set(vault.hashes("acme", ALEX)) == {"name", "email"}
    assert vault.hashes("acme", Contact()) == {}


def test_hashes_need_the_key_and_show_nothing(vault: Vault, repository: Repository) -> None:
    hashes = vault.hashes("acme", SAM)
    assert "5550142" not in str(hashes)
    assert Vault(repository, new_key()).hashes("acme", SAM) != hashes
