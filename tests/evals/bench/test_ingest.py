import csv
from pathlib import Path

from pydantic import SecretStr

from agent.settings import Settings
from evals.bench.export import write_export
from evals.bench.ingest import run


def test_an_export_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first, second, other = (tmp_path / f"{n}.csv" for n in range(3))
    write_export(first, 500)
    write_export(second, 500)
    write_export(other, 500, seed=1)
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()
    with first.open(newline="") as file:
        rows = [row for row in csv.reader(file) if any(row)]
    assert len(rows) == 501
    assert {row[0] for row in rows[1:]} == {"lead", "agent"}


async def test_every_part_is_measured(tmp_path: Path, mongod_uri: str) -> None:
    settings = Settings(mongodb_uri=SecretStr(mongod_uri), data_dir=tmp_path / "keys")
    report = await run(settings, rows=1_000, memory=True, progress=lambda done, total: None)
    for name in (
        "read_rows_per_second",
        "label_rows_per_second",
        "store_rows_per_second",
        "bare_rows_per_second",
        "ingest_rows_per_second",
    ):
        assert report[name] > 0
    assert 0 < report["store_ratio"] < 3
    assert report["sampled_rows"] == 1_000
    assert 10 < max(report["rss_mb_at_quarters"]) < 2_000
    assert isinstance(report["passed"], bool)
