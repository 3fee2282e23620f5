"""One server process: its start, its end."""

import asyncio
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from server.draining import STOP_SECONDS
from server.state import State


async def serve(
    app: FastAPI, state: State, listener: socket.socket, ready: Callable[[], None]
) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those that run, in 20 s at most."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_level="warning",
        log_config=None,
        proxy_headers=bool(state.services.settings.trusted_proxies),
        forwarded_allow_ips=state.services.settings.trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=int(STOP_SECONDS),
    )
    server = _Server(config, ready)
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
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()
