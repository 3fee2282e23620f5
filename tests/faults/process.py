"""One step of a conversation in a process of its own, which a failpoint may end."""

import asyncio
import json
import random
import sys
from datetime import datetime
from pathlib import Path

from agent.approvals.models import Decision
from agent.bootstrap import build_services
from agent.kit.clock import ManualClock
from agent.mongo.client import Database
from agent.outbox.dispatcher import Dispatcher
from agent.settings import Settings
from agent.tickets.reviewers import Reviewer
from graphs.runtime import open_runtime
from graphs.tickets.runtime import open_desk
from tools.connectors.record import RecordConnector


async def main(job: dict[str, str]) -> None:
    database = Database(job["uri"], job["database"])
    settings = Settings(data_dir=Path(job["data_dir"]), failpoint=job["failpoint"])
    services = build_services(settings, database, ManualClock(datetime.fromisoformat(job["now"])))
    async with open_runtime(services) as runtime:
        if job["step"] == "reply":
            await runtime.reply("default", job["thread_id"], job["text"], message_id="m-crash")
        elif job["step"] == "decide":
            decision = Decision(decision="approve")
            await runtime.decide("default", job["action_id"], decision, actor="office")
            await runtime.caught_up("default", job["thread_id"])
        elif job["step"] == "resolve":
            async with open_desk(services) as desk:
                await desk.resolve("default", [job["ticket_id"]])
        elif job["step"] == "desk_approve":
            async with open_desk(services) as desk:
                reviewer = Reviewer("user:dana", admin=True)
                await desk.approve("default", job["ticket_id"], reviewer)
        elif job["step"] == "approve":
            reviewer = Reviewer("user:dana", admin=True)
            await services.reviewing.approve("default", job["ticket_id"], reviewer)
        else:
            dispatcher = Dispatcher(
                services.repository,
                services.outbox.store,
                services.audit,
                services.clock,
                services.failpoints,
                {"record": RecordConnector(services.repository, services.clock)},
                random.Random(0),
            )
            while await dispatcher.run_once():
                pass
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
