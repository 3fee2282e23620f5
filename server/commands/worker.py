import asyncio
import signal

from agent.bootstrap import open_services
from agent.jobs.broker import Broker
from agent.settings import Settings
from server import logs
from server.draining import Draining
from server.output import Output
from server.worker import job_loops, running


def run(settings: Settings, output: Output, *, jobs: int) -> None:
    """Do jobs until SIGTERM or SIGINT: those Celery brings, or else those of the database."""
    logs.configure()
    if settings.celery_broker_url is None:
        asyncio.run(_loops(settings, output, jobs))
    else:
        _celery(settings, output, settings.celery_broker_url.get_secret_value(), jobs)


async def _loops(settings: Settings, output: Output, jobs: int) -> None:
    stopping = Draining()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopping.set)
    async with (
        open_services(settings) as services,
        running(stopping, *job_loops(services, stopping, jobs)),
    ):
        _ready(output, "database", jobs)
        await stopping.wait()


def _celery(settings: Settings, output: Output, url: str, jobs: int) -> None:
    broker = Broker(url, settings.database)
    from server.celery_app import worker

    worker(settings, broker, jobs=jobs, ready=lambda: _ready(output, "celery", jobs)).start()


def _ready(output: Output, source: str, jobs: int) -> None:
    output.result(
        {"jobs_from": source, "at_once": jobs},
        lambda console: console.print(
            f"Doing jobs, {jobs} at a time, as the {source} brings them. Stop: Ctrl-C"
        ),
    )
