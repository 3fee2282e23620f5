import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

import openai

ROOT = Path(__file__).parents[3]


async def test_it_runs_until_interrupted_and_says_where() -> None:
    command = [sys.executable, "-m", "evals.openai_stub", "--brain", "evals.openai_stub.brain:echo"]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # a run in the background ignores Ctrl-C, and so would its children
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout
    words = (await process.stdout.readline()).decode().split()
    told = dict(word.split("=", 1) for word in words[1:])
    async with openai.AsyncOpenAI(
        base_url=told["OPENAI_BASE_URL"], api_key=told["OPENAI_API_KEY"]
    ) as client:
        answer = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hello"}]
        )
    assert answer.choices[0].message.content == "Hello"
    process.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, errors) == (0, b"")
