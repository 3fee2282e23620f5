"""Runs the stub until Ctrl-C: `python -m evals.composio_stub [--port N]`."""

import argparse
import asyncio
import sys

from .stub import composio_stub


async def run(port: int) -> None:
    async with composio_stub(port=port) as stub:
        sys.stdout.write(f"export COMPOSIO_BASE_URL={stub.base_url} COMPOSIO_API_KEY=stub\n")
        sys.stdout.flush()
        shown = 0
        while True:
            await asyncio.sleep(0.2)
            for execution in stub.executions[shown:]:
                sys.stdout.write(f"{execution.tool} {sorted(execution.arguments)}\n")
                sys.stdout.flush()
            shown = len(stub.executions)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.composio_stub", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    try:
        asyncio.run(run(parser.parse_args().port))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
