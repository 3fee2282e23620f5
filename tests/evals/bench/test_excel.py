from evals.bench.excel import COLUMNS, run


async def test_every_reader_takes_its_turn() -> None:
    seen: list[tuple[int, int]] = []
    report = await run(rows=300, rounds=1, progress=lambda done, total: seen.append((done, total)))
    assert (report["rows"], report["columns"]) == (300, len(COLUMNS)) == (300, 13)
    assert set(report["measured"]) == {
        "start_ms", "sandbox", "sandbox_started", "cpu", "tickets", "calamine_bare",
        "openpyxl_read_only",
    }  # fmt: skip
    assert report["rows_per_second"] == report["measured"]["sandbox"] > 0
    assert seen[-1] == (1, 1)
