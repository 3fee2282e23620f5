from pathlib import Path

from agent.settings import Settings
from evals.bench.tokens import run, said, with_all
from evals.openai_stub.tokens import prompt_tokens


def test_a_lead_says_the_same_for_a_seed() -> None:
    assert said(3, 50) == said(3, 50)
    assert said(3, 50) != said(4, 50)
    assert len(said(0, 50)) == 50


def test_the_full_history_stands_where_the_window_stood() -> None:
    def message(role: str, content: str) -> dict[str, str]:
        return {"role": role, "content": content}

    rules = [message("system", part) for part in ("rules", "facts", "stage")]
    window = [message("system", "story"), message("user", "b"), message("assistant", "c")]
    newest = [message("user", "d"), message("assistant", "call"), message("tool", "answer")]
    everything = [message("user", "a"), *window[1:]]
    body = with_all({"model": "m", "messages": [*rules, *window, *newest]}, everything)
    assert body["messages"] == [*rules, *everything, *newest]
    assert len(prompt_tokens(body)) > 0


async def test_a_short_replay_is_counted(mongod_uri: str, tmp_path: Path) -> None:
    settings = Settings.model_validate({"mongodb_uri": mongod_uri, "data_dir": tmp_path})
    seen: list[int] = []
    report = await run(settings, threads=1, turns=14, progress=lambda done, _: seen.append(done))
    assert report["turns"] == 14
    assert report["calls"] > 5
    assert report["of_full_history"] < 1
    assert report["of_full_history_with_tools"] < report["of_full_history"]
    assert 0 < report["cached_share"] < 1
    assert seen[-1] == 1
