import pytest

from agent.errors import Misconfigured
from agent.kit.crypto import new_key
from agent.mongo.repository import Repository
from agent.privacy.models import Contact
from agent.privacy.vault import Vault

PEOPLE = {f"con_{n}": Contact(email=f"p{n}@lee.example") for n in range(50)}


@pytest.fixture
def vault(repository: Repository) -> Vault:
    return Vault(repository, new_key())


async def test_many_at_once_are_as_one_by_one(vault: Vault) -> None:
    await vault.put_many("acme", PEOPLE)
    assert await vault.get_many("acme", [*PEOPLE, "con_nobody"]) == PEOPLE
    assert await vault.get("acme", "con_7") == PEOPLE["con_7"]
    assert await vault.get_many("rival", [*PEOPLE]) == {}


async def test_a_standing_person_keeps_the_key(vault: Vault, repository: Repository) -> None:
    """What was sealed before opens with the key of the row as it is now."""
    await vault.put_many("acme", {"con_1": Contact(name="Sam")})
    rows = repository.scoped("vault", "acme")
    before = await rows.find_one({"contact_ref": "con_1"})
    await vault.put_many("acme", {"con_1": Contact(name="Alex"), "con_2": Contact(name="Kim")})
    assert before is not None
    await rows.update({"contact_ref": "con_1"}, {"$set": {"sealed": before["sealed"]}})
    assert await vault.get("acme", "con_1") == Contact(name="Sam")


async def test_another_master_key_writes_over_nobody(vault: Vault, repository: Repository) -> None:
    await vault.put_many("acme", {"con_1": Contact(name="Sam")})
    with pytest.raises(Misconfigured):
        await Vault(repository, new_key()).put_many("acme", PEOPLE)
    assert await vault.get_many("acme", [*PEOPLE]) == {"con_1": Contact(name="Sam")}


async def test_nobody_is_no_round_trip(vault: Vault) -> None:
    await vault.put_many("acme", {})
    assert await vault.get_many("acme", []) == {}
