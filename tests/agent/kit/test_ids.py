import re

from agent.kit.ids import new_id, stable_id


def test_a_new_id_has_its_prefix_and_nothing_ambiguous() -> None:
    assert re.fullmatch(r"thr_[0-9a-hjkmnp-tv-z]{20}", new_id("thr"))


def test_new_ids_differ() -> None:
    assert len({new_id("thr") for _ in range(1000)}) == 1000


def test_a_stable_id_depends_on_nothing_but_its_parts() -> None:
    expected = "slot_2316b064879782939421"
    assert stable_id("slot", "home", 3) == stable_id("slot", "home", "3") == expected


def test_parts_are_kept_apart() -> None:
    ids = {
        stable_id("slot", "ab", "c"),
        stable_id("slot", "a", "bc"),
        stable_id("slot", "abc"),
        stable_id("slot", "abc", ""),
        stable_id("tour", "abc"),
        stable_id("slot"),
    }
    assert len(ids) == 6
