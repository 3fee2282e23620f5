"""Whatever is changed behind the chain's back, the walk finds it."""

import copy
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.audit.chain import GENESIS, Chain, Walk
from agent.audit.models import Broken, Head

Row = dict[str, Any]
CHAIN = Chain(b"k" * 32)
START = datetime(2026, 3, 2, tzinfo=UTC)
LENGTH = 60


def written(n: int = LENGTH) -> tuple[list[Row], Head]:
    rows: list[Row] = []
    last = GENESIS
    for seq in range(1, n + 1):
        row: Row = {
            "tenant_id": "acme",
            "audit_id": f"aud_{seq:03}",
            "at": START + timedelta(seconds=seq),
            "kind": "approval.approved",
            "subject": f"act_{seq}",
            "thread_id": None,
            "actor": "key:crm",
            "data": {"n": seq, "share": seq / 3, "args": {"b": [1, None], "a": "x"}},
            "sealed": True,
        }
        row["mark"] = CHAIN.mark("acme", row)
        last = CHAIN.link("acme", last, seq, row)
        rows.append({**row, "seq": seq, "hash": last})
    return rows, CHAIN.head("acme", n, last)


def walked(rows: list[Row], head: Head | None, *anchors: Head) -> Broken | None:
    walk = Walk(CHAIN, "acme")
    walk.expect(anchors)
    for row in sorted(rows, key=lambda row: row["seq"]):
        if not walk.take(row):
            break
    return walk.end(head)


def edit(rows: list[Row], rng: random.Random) -> None:
    row = rng.choice(rows)
    field = rng.choice(["at", "kind", "subject", "thread_id", "actor", "data", "hash", "mark"])
    if field == "data":
        row["data"]["n"] += 1
    elif field == "at":
        row["at"] += timedelta(milliseconds=rng.randint(1, 10**6))
    else:
        row[field] = f"{row[field]}0"


def rewritten(rows: list[Row], rng: random.Random) -> None:
    """An edit by somebody with the code, but without the key."""
    other = Chain(b"o" * 32)
    row = rng.choice(rows)
    row["data"]["n"] = -1
    row["mark"] = other.mark("acme", row)
    last = rows[row["seq"] - 2]["hash"] if row["seq"] > 1 else GENESIS
    for later in rows[row["seq"] - 1 :]:
        last = later["hash"] = other.link("acme", last, later["seq"], later)


def delete(rows: list[Row], rng: random.Random) -> None:
    rows.remove(rng.choice(rows))


def delete_and_renumber(rows: list[Row], rng: random.Random) -> None:
    rows.remove(rng.choice(rows[:-1]))
    for seq, row in enumerate(rows, 1):
        row["seq"] = seq


def swap(rows: list[Row], rng: random.Random) -> None:
    one, other = rng.sample(rows, 2)
    one["seq"], other["seq"] = other["seq"], one["seq"]


def swap_contents(rows: list[Row], rng: random.Random) -> None:
    one, other = rng.sample(rows, 2)
    for field in ("audit_id", "at", "subject", "data", "mark"):
        one[field], other[field] = other[field], one[field]


def repeat(rows: list[Row], rng: random.Random) -> None:
    rows.append(copy.deepcopy(rng.choice(rows)))


def truncate(rows: list[Row], rng: random.Random) -> None:
    del rows[rng.randrange(len(rows)) :]


TAMPERINGS: list[Callable[[list[Row], random.Random], None]] = [
    edit,
    rewritten,
    delete,
    delete_and_renumber,
    swap,
    swap_contents,
    repeat,
    truncate,
]


def test_an_honest_chain_holds() -> None:
    rows, head = written()
    assert walked(rows, head, CHAIN.head("acme", 7, rows[6]["hash"]), head) is None
    assert walked([], None) is None


@pytest.mark.untraced
def test_a_thousand_random_tamperings_are_all_found() -> None:
    rng = random.Random(7)
    honest, head = written()
    found: Counter[str] = Counter()
    for n in range(1_000):
        tampering = TAMPERINGS[n % len(TAMPERINGS)]
        rows = copy.deepcopy(honest)
        tampering(rows, rng)
        broken = walked(rows, head)
        assert broken is not None, (n, tampering.__name__)
        found[broken.reason] += 1
    assert found.keys() >= {"edited", "missing", "reordered", "truncated"}


def test_the_first_broken_place_is_named() -> None:
    rows, head = written()
    rows[40]["actor"] = "key:else"
    rows[50]["actor"] = "key:else"
    assert walked(rows, head) == Broken(seq=41, reason="edited", audit_id="aud_041")
    del rows[40]
    assert walked(rows, head) == Broken(seq=41, reason="missing", audit_id="aud_042")


@pytest.mark.parametrize("cut", range(0, LENGTH, 7))
def test_an_old_head_does_not_hide_what_an_anchor_knows(cut: int) -> None:
    """Whoever kept an old head, signed as it was, puts it back and cuts the rest off."""
    rows, head = written()
    old = CHAIN.head("acme", cut, rows[cut - 1]["hash"] if cut else GENESIS)
    assert walked(rows[:cut], old) is None
    broken = walked(rows[:cut], old, head)
    assert broken is not None
    assert broken.reason == "truncated"


def test_everything_gone_is_found_by_an_anchor() -> None:
    assert walked([], None, written()[1]) == Broken(seq=1, reason="truncated")


def test_a_chain_rewritten_after_an_old_head_misses_the_anchor() -> None:
    rows, head = written()
    fork = [dict(row) for row in rows]
    last = rows[29]["hash"]
    for row in fork[30:]:
        row["actor"] = "key:else"
        row["mark"] = CHAIN.mark("acme", row)
        last = row["hash"] = CHAIN.link("acme", last, row["seq"], row)
    forked = CHAIN.head("acme", LENGTH, last)
    assert walked(fork, forked) is None
    assert walked(fork, forked, head) == Broken(seq=LENGTH, reason="truncated")


def test_a_head_without_the_key_is_worth_nothing() -> None:
    rows, _ = written()
    forged = Chain(b"o" * 32).head("acme", LENGTH, rows[-1]["hash"])
    assert walked(rows, forged) == Broken(seq=LENGTH + 1, reason="head_invalid")
    rows, head = written()
    assert walked(rows, head, forged) == Broken(seq=LENGTH, reason="anchor_invalid")


def test_a_record_made_without_the_key_is_found_although_it_was_sealed() -> None:
    """The sealer gives every record its place; the record's own mark tells who wrote it."""
    rows, _ = written()
    rows[-1]["mark"] = "0" * 64
    last = CHAIN.link("acme", rows[-2]["hash"], LENGTH, rows[-1])
    rows[-1]["hash"] = last
    broken = walked(rows, CHAIN.head("acme", LENGTH, last))
    assert broken == Broken(seq=LENGTH, reason="forged", audit_id=f"aud_{LENGTH:03}")


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"n": 1.0}},
        {"data": None},
        {"at": START.isoformat()},
        {"at": None},
        {"tenant": "x"},
        {"seq": 1.5},
    ],
)
def test_a_change_of_shape_is_an_edit(change: Row) -> None:
    rows, head = written(1)
    assert walked([{**rows[0], **change}], head) is not None


def test_a_chain_belongs_to_its_tenant() -> None:
    rows, head = written()
    walk = Walk(CHAIN, "rival")
    walk.take(rows[0])
    assert walk.broken is not None
    assert not CHAIN.signed("rival", head)
