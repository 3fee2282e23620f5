import asyncio
import contextlib
import gc
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from uvicorn.loops.auto import auto_loop_factory

from agent.demo.accounts import DemoAccount, load_accounts
from agent.demo.knowledge import load_knowledge
from agent.demo.load import load_demo
from agent.demo.support import load_support
from agent.errors import LatchkeyError
from agent.services import Services
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from server import logs
from server.app import create_app
from server.commands import key
from server.output import Output
from server.ports import base_url
from server.serving import serve
from server.state import State, open_state

SWITCH_SECONDS = 0.0005
GARBAGE = (10_000, 20, 20)
"""How seldom dead cycles are looked for; a turn leaves few."""


def run(
    settings: Settings, output: Output, listener: socket.socket, *, demo: bool, jobs: int
) -> None:
    logs.configure()
    # a job that computes in a thread hands the interpreter back to the requests ten times sooner
    sys.setswitchinterval(SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_serve(settings, output, listener, demo=demo, jobs=jobs))


async def _serve(
    settings: Settings, output: Output, listener: socket.socket, *, demo: bool, jobs: int
) -> None:
    app = create_app(lambda: open_state(settings, jobs=jobs))
    async with app.router.lifespan_context(app):
        state: State = app.state.serving
        services = state.services
        accounts = []
        if demo:
            await load_demo(services.tenants, services.listings, services.clock)
            await load_knowledge(services.knowledge)
            await load_support(services.knowledge)
            accounts = await load_accounts(services.users)
        admin_key = await key.first(services, DEFAULT_TENANT)
        url = base_url(listener)

        def ready() -> None:
            output.result(
                {
                    "base_url": url,
                    "admin_key": admin_key,
                    "accounts": [asdict(account) for account in accounts],
                },
                lambda console: _welcome(console, url, admin_key, accounts),
            )

        # what is loaded by now stays; a look through it in the middle of a turn takes 50 ms
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        warming = asyncio.create_task(_warm(services))
        await serve(app, state, listener, ready)
        await warming


async def _warm(services: Services) -> None:
    """Load what a first question needs before somebody asks it."""
    for corpus in ("knowledge", "conversations"):
        with contextlib.suppress(LatchkeyError):
            await services.chunks.search(DEFAULT_TENANT, corpus, "Is parking included?", k=1)


def _welcome(
    console: Console, url: str, admin_key: str | None, accounts: Sequence[DemoAccount]
) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("Chat as a lead", Text(f"{url}/", style=f"bold link {url}/"))
    table.add_row("The API", f"{url}/docs")
    if admin_key:
        table.add_row("Admin key", Text(admin_key, style="bold"))
        table.add_row("", "Keep it; it is not shown again.")
    else:
        table.add_row("Admin key", "Shown at the first start; `latchkey key add` makes another.")
    for account in accounts:
        table.add_row(account.role, f"{account.email}  {account.password}")
    table.add_row("What waits", f"curl -H 'Authorization: Bearer KEY' {url}/api/approvals")
    table.add_row("Stop", "Ctrl-C")
    console.print(Panel(table, title="Latchkey is ready", border_style="green", expand=False))
