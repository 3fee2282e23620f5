"""`latchkey` as it is, or its dispatcher alone, with leases short enough for a soak."""

import asyncio
import sys
from datetime import timedelta

from agent.outbox import dispatcher

dispatcher.LEASE = timedelta(seconds=4)
dispatcher.CALL_SECONDS = 3.0


async def dispatch() -> None:
    """Deliver until killed."""
    import os

    from agent.bootstrap import open_services
    from agent.settings import Settings
    from server.worker import repeat
    from tools.connectors.table import make_dispatcher, make_fan_out

    async with open_services(Settings.from_env(os.environ)) as services:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        never = asyncio.Event()
        await asyncio.gather(
            make_dispatcher(services).run(never, pause=0.1),
            repeat(make_fan_out(services).run_once, 0.1, never),
        )


if __name__ == "__main__":
    if sys.argv[1:] == ["dispatch"]:
        asyncio.run(dispatch())
    else:
        from server.cli import main

        main()
