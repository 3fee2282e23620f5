"""One server process: its start, its end."""

import asyncio
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from server.state import State

LAST_SECONDS = 2.0
"""Of the time to stop: kept for what comes after the last answer."""
_LOOK_SECONDS = 0.05


async def serve(
    app: FastAPI, state: State, listener: socket.socket, ready: Callable[[], None]
) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those that run, in 20 s at most.

    While turns run out it listens on, to say that it stops and to refuse new ones.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_level="warning",
        log_config=None,
        proxy_headers=bool(state.services.settings.trusted_proxies),
        forwarded_allow_ips=state.services.settings.trusted_proxies,
        server_header=False,
    )
    server = _Server(config, state, ready)
    loop = asyncio.get_running_loop()
    # uvicorn handles these too, and raises them again once it has stopped: ours let it end there
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, state.draining.set)
    try:
        await server.serve(sockets=[listener])
    finally:
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(sign)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, state: State, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._state = state
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        draining = self._state.draining
        draining.set()
        while not self.force_exit and draining.left > LAST_SECONDS:
            if await self._state.turns.over(_LOOK_SECONDS):
                break
        self._state.turns.cut_off()
        self.config.timeout_graceful_shutdown = max(1, int(draining.left - LAST_SECONDS))
        await super().shutdown(sockets)
