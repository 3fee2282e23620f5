from pathlib import Path

import pytest
from pydantic import ValidationError

from agent.errors import Misconfigured
from agent.settings import NAMES, Settings


def test_an_empty_environment_is_enough() -> None:
    settings = Settings.from_env({})
    assert settings == Settings()
    assert (settings.policy, settings.mongodb_uri, settings.failpoint) == ("rules", None, None)
    assert settings.data_dir == Path(".latchkey")


def test_every_field_has_a_name_in_the_environment() -> None:
    assert NAMES.keys() == Settings.model_fields.keys()


def test_values_are_typed() -> None:
    settings = Settings.from_env(
        {
            "MONGODB_URI": "mongodb://user:hush@db.example/?replicaSet=rs",
            "LATCHKEY_DATABASE": "leasing_2",
            "LATCHKEY_DATA_DIR": "/var/lib/latchkey",
            "LATCHKEY_SEED": "7",
            "LATCHKEY_FAILPOINT": "after_delivery:3",
        }
    )
    assert settings.mongodb_uri is not None
    assert settings.mongodb_uri.get_secret_value().endswith("replicaSet=rs")
    assert (settings.database, settings.seed) == ("leasing_2", 7)
    assert settings.data_dir == Path("/var/lib/latchkey")
    assert settings.failpoint == "after_delivery:3"


def test_an_empty_value_is_no_value() -> None:
    settings = Settings.from_env({"MONGODB_URI": "", "LATCHKEY_POLICY": "", "LATCHKEY_SEED": ""})
    assert settings == Settings()


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hush\n")
    settings = Settings.from_env({"LATCHKEY_SECRET_KEY_FILE": str(file)})
    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == "hush"


def test_the_value_itself_wins_over_the_file(tmp_path: Path) -> None:
    environ = {"LATCHKEY_DATABASE": "mine", "LATCHKEY_DATABASE_FILE": str(tmp_path / "none")}
    assert Settings.from_env(environ).database == "mine"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LATCHKEY_POLICY", "oracle"),
        ("LATCHKEY_SEED", "many"),
        ("LATCHKEY_DATABASE", "a/b"),
        ("LATCHKEY_DATABASE", "a.b"),
        ("LATCHKEY_DATABASE", "x" * 64),
        ("LATCHKEY_FAILPOINT", "lease:now"),
        ("LATCHKEY_FAILPOINT", "lease:0"),
        ("LATCHKEY_FAILPOINT", ":2"),
    ],
)
def test_a_value_that_does_not_fit_is_named(name: str, value: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        Settings.from_env({name: value})
    assert refused.value.code == "settings_invalid"
    assert name in refused.value.message


def test_every_wrong_value_is_named_at_once_and_none_is_shown() -> None:
    with pytest.raises(Misconfigured) as refused:
        Settings.from_env({"LATCHKEY_POLICY": "hush-hush", "LATCHKEY_SEED": "also-hushed"})
    assert "LATCHKEY_POLICY" in refused.value.message
    assert "LATCHKEY_SEED" in refused.value.message
    assert "hush" not in refused.value.message


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured) as refused:
        Settings.from_env({"MONGODB_URI_FILE": str(file)})
    assert refused.value.code == "settings_file_unreadable"
    assert refused.value.message.startswith("MONGODB_URI_FILE")


def test_a_secret_is_not_printed() -> None:
    settings = Settings.from_env(
        {"LATCHKEY_SECRET_KEY": "hush", "MONGODB_URI": "mongodb://a:hush@b"}
    )
    assert "hush" not in f"{settings} {settings!r}"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().seed = 1  # type: ignore[misc]  # that it cannot is the point
