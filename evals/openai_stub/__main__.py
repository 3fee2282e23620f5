"""Runs the stub until Ctrl-C: `python -m evals.openai_stub [--port N] [--brain module:name]`."""

import argparse
import asyncio
import importlib
import sys
from typing import cast

from .models import Brain
from .stub import openai_stub


async def run(port: int, brain: Brain | None) -> None:
    async with openai_stub(brain, port=port) as stub:
        sys.stdout.write(
            f"export OPENAI_BASE_URL={stub.base_url} OPENAI_API_KEY=stub LATCHKEY_POLICY=llm\n"
        )
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.openai_stub", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--brain", help="module:function that answers; default: an echo")
    args = parser.parse_args()
    brain = None
    if args.brain:
        module, _, name = args.brain.partition(":")
        brain = cast(Brain, getattr(importlib.import_module(module), name))
    try:
        asyncio.run(run(args.port, brain))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
