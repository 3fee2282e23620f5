import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent.errors import Misconfigured
from agent.kit.crypto import KEY_BYTES, derive, key_from, keyed_hash, new_key, seal, unseal

KEY = b"k" * KEY_BYTES


class TestSeal:
    def test_opens_again(self) -> None:
        assert unseal(KEY, seal(KEY, b"plain", bound_to="a/b"), bound_to="a/b") == b"plain"

    def test_never_looks_the_same_twice(self) -> None:
        assert seal(KEY, b"plain", bound_to="a") != seal(KEY, b"plain", bound_to="a")

    @pytest.mark.parametrize("position", [0, 12, -1])
    def test_does_not_open_when_a_bit_has_changed(self, position: int) -> None:
        sealed = bytearray(seal(KEY, b"plain", bound_to="a"))
        sealed[position] ^= 1
        with pytest.raises(Misconfigured):
            unseal(KEY, bytes(sealed), bound_to="a")

    @pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 12])
    def test_does_not_open_when_it_is_cut(self, sealed: bytes) -> None:
        with pytest.raises(Misconfigured) as refused:
            unseal(KEY, sealed, bound_to="a")
        assert refused.value.code == "vault_key_wrong"

    def test_opens_only_with_its_key_and_its_place(self) -> None:
        sealed = seal(KEY, b"plain", bound_to="a")
        with pytest.raises(Misconfigured):
            unseal(new_key(), sealed, bound_to="a")
        with pytest.raises(Misconfigured):
            unseal(KEY, sealed, bound_to="b")


class TestDerive:
    def test_gives_every_purpose_a_key(self) -> None:
        one, two = derive(KEY, "wrap"), derive(KEY, "hash")
        assert one != two
        assert len(one) == KEY_BYTES
        assert derive(KEY, "wrap") == one
        assert derive(new_key(), "wrap") != one


class TestKeyedHash:
    def test_depends_on_key_and_value(self) -> None:
        assert keyed_hash(KEY, "a") == keyed_hash(KEY, "a")
        assert len({keyed_hash(KEY, "a"), keyed_hash(KEY, "b"), keyed_hash(new_key(), "a")}) == 3

    def test_names_its_scheme(self) -> None:
        assert keyed_hash(KEY, "a").startswith("h1:")


class TestKeyFrom:
    def test_takes_the_value_and_makes_no_file(self, tmp_path: Path) -> None:
        value = base64.b64encode(KEY).decode() + "\n"
        assert key_from(value, tmp_path / "key", name="LATCHKEY_VAULT_KEY") == KEY
        assert not (tmp_path / "key").exists()

    def test_makes_a_file_once_that_only_its_owner_reads(self, tmp_path: Path) -> None:
        path = tmp_path / "data" / "key"
        first = key_from(None, path, name="LATCHKEY_VAULT_KEY")
        assert key_from(None, path, name="LATCHKEY_VAULT_KEY") == first
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert os.listdir(path.parent) == ["key"]

    def test_gives_two_who_come_at_once_the_same_key(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = [
                pool.submit(key_from, None, tmp_path / "data" / "key", name="KEY")
                for _ in range(32)
            ]
        assert len({one.result() for one in made}) == 1

    @pytest.mark.parametrize("value", ["hush", "", "aGVsbG8=", "ü" * 40, "hush " * 20])
    def test_refuses_what_is_no_key_without_showing_it(self, tmp_path: Path, value: str) -> None:
        with pytest.raises(Misconfigured) as refused:
            key_from(value, tmp_path / "key", name="LATCHKEY_VAULT_KEY")
        assert refused.value.code == "secret_too_short"
        assert "LATCHKEY_VAULT_KEY" in refused.value.message
        assert "hush" not in refused.value.message

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"hush"])
    def test_refuses_a_damaged_file_by_its_name(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "vault.key"
        path.write_bytes(content)
        with pytest.raises(Misconfigured) as refused:
            key_from(None, path, name="LATCHKEY_VAULT_KEY")
        assert "vault.key" in refused.value.message
        assert path.read_bytes() == content

    def test_says_which_directory_cannot_be_used(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(Misconfigured) as refused:
            key_from(None, tmp_path / "file" / "key", name="LATCHKEY_VAULT_KEY")
        assert refused.value.code == "data_dir_unwritable"
