"""A conversation in the terminal, from the lead's side, over a runtime in this process."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from threading import Thread
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.approvals.models import Approval, Decision
from agent.errors import InvalidInput, LatchkeyError, NotFound
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from agent.threads.models import Message, Role
from graphs.runtime import Runtime
from server.output import Output
from server.state import open_state

ACTOR = "chat"
POLL_SECONDS = 0.05
SETTLE_POLLS = 200
HELP = """/state            stage, profile and what waits
/listings         the homes offered last
/approvals        actions that wait for a person
/approve [id]     approve one; default: the oldest
/reject [id] [why]
/help  /quit"""


def run(settings: Settings, output: Output, *, community: str | None) -> None:
    asyncio.run(_run(settings, output, community))


async def _run(settings: Settings, output: Output, community: str | None) -> None:
    shown = Console(stderr=output.as_json, highlight=False, markup=False)
    async with open_state(settings) as state:
        started = await state.runtime.start(DEFAULT_TENANT, community_id=community, source="chat")
        chat = Chat(state.runtime, started.thread_id, shown)
        await chat.catch_up()
        if sys.stdin.isatty():
            shown.print("Type a message, or /help.", style="dim")
        async for line in _lines():
            if not sys.stdin.isatty():
                shown.print(f"you> {line}", style="dim")
            if not await chat.take(line):
                break
        if output.as_json:
            output.result(await chat.record(), lambda console: None)


@dataclass
class Chat:
    runtime: Runtime
    thread_id: str
    console: Console
    seen: int = -1
    """turn_index of the newest message that was shown."""

    async def take(self, line: str) -> bool:
        """Answer one typed line; False when it ends the chat."""
        word, _, rest = line.partition(" ")
        if word in ("/quit", "/exit"):
            return False
        try:
            if word.startswith("/"):
                await self._command(word, rest.strip())
            else:
                await self.runtime.reply(DEFAULT_TENANT, self.thread_id, line)
            await self.catch_up()
        except LatchkeyError as error:
            self.console.print(f"{error.code}: {error.message}", style="red")
        return True

    async def catch_up(self) -> None:
        """Show what the agent has said since."""
        for message in await self._messages(after=self.seen):
            self.seen = message.turn_index
            if message.role in (Role.AGENT, Role.STAFF):
                self._show(message)

    async def record(self) -> dict[str, Any]:
        view = await self.runtime.view(DEFAULT_TENANT, self.thread_id)
        messages = await self._messages(after=-1)
        fields = {"turn_index", "role", "text", "stage"}
        return {
            **view.model_dump(mode="json"),
            "messages": [message.model_dump(mode="json", include=fields) for message in messages],
        }

    async def _command(self, word: str, rest: str) -> None:
        commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "/state": self._state,
            "/listings": self._listings,
            "/approvals": self._approvals,
            "/approve": self._approve,
            "/reject": self._reject,
            "/help": self._help,
        }
        if word not in commands:
            raise InvalidInput("command_unknown", f"There is no {word[:40]}; try /help.")
        await commands[word](rest)

    async def _help(self, rest: str) -> None:
        self.console.print(HELP)

    async def _state(self, rest: str) -> None:
        view = await self.runtime.view(DEFAULT_TENANT, self.thread_id)
        self.console.print(f"stage: {view.stage}   status: {view.status}")
        for name, value in view.profile.model_dump(exclude_defaults=True).items():
            self.console.print(f"{name}: {value}")
        await self._approvals(rest)

    async def _listings(self, rest: str) -> None:
        view = await self.runtime.view(DEFAULT_TENANT, self.thread_id)
        self._table([home.model_dump() for home in view.shortlist])

    async def _approvals(self, rest: str) -> None:
        waiting = await self._waiting()
        for row in waiting:
            self.console.print(f"{row.action_id}  {row.description}")
        if not waiting:
            self.console.print("Nothing waits for a person.")

    async def _approve(self, rest: str) -> None:
        await self._decide(rest or await self._oldest(), Decision(decision="approve"))

    async def _reject(self, rest: str) -> None:
        first, _, why = rest.partition(" ")
        if not first.startswith("act_"):
            first, why = await self._oldest(), rest
        await self._decide(first, Decision(decision="reject", message=why or None))

    async def _decide(self, action_id: str, decision: Decision) -> None:
        approval = await self.runtime.decide(DEFAULT_TENANT, action_id, decision, actor=ACTOR)
        self.console.print(f"{approval.action_id} is {approval.status}.", style="green")
        await self._settled()

    async def _settled(self) -> None:
        """Wait until the agent has told the outcome, for a while."""
        threads = self.runtime.services.threads
        for _ in range(SETTLE_POLLS):
            if not (await threads.get(DEFAULT_TENANT, self.thread_id)).unanswered:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _oldest(self) -> str:
        waiting = await self._waiting()
        if not waiting:
            raise NotFound("approval_not_found", "Nothing waits for a person.")
        return waiting[0].action_id

    async def _waiting(self) -> list[Approval]:
        store = self.runtime.services.approvals.store
        return await store.pending(DEFAULT_TENANT, self.thread_id)

    async def _messages(self, *, after: int) -> list[Message]:
        store = self.runtime.services.threads.store
        return await store.messages(DEFAULT_TENANT, self.thread_id, after=after)

    def _show(self, message: Message) -> None:
        self.console.print(Panel(Text(message.text), border_style="cyan", expand=False))

    def _table(self, homes: list[dict[str, Any]]) -> None:
        if not homes:
            return
        table = Table("", "home", "rent", "beds", "baths", "where", "why", box=None)
        for number, home in enumerate(homes, 1):
            table.add_row(
                str(number),
                home["name"],
                f"${home['rent']:,}",
                str(home["bedrooms"]),
                f"{home['bathrooms']:g}",
                home["area"] or home["address"],
                home["reason"],
            )
        self.console.print(table)


async def _lines() -> AsyncIterator[str]:
    """What is typed, or what a script pipes in; blank lines are left out."""
    prompt = "you> " if sys.stdin.isatty() else ""
    loop = asyncio.get_running_loop()
    while True:
        typed: asyncio.Future[str | None] = loop.create_future()
        # a thread of the loop's own pool would keep Ctrl-C waiting for the next line
        Thread(target=_read, args=(prompt, loop, typed), daemon=True).start()
        line = await typed
        if line is None:
            return
        if line.strip():
            yield line.strip()


def _read(
    prompt: str, loop: asyncio.AbstractEventLoop, typed: "asyncio.Future[str | None]"
) -> None:
    try:
        line = input(prompt)
    except EOFError:
        line = None
    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(_give, typed, line)


def _give(typed: "asyncio.Future[str | None]", line: str | None) -> None:
    if not typed.done():
        typed.set_result(line)
