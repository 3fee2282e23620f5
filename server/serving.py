"""One server process: its port, its start, its end."""

import asyncio
import errno
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from agent.errors import Misconfigured
from server.state import STOP_SECONDS, State


def bind(host: str, port: int) -> socket.socket:
    """Take the port, before anything else is started. Raises Misconfigured `port_taken`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Misconfigured(
                "port_taken", f"Port {port} is in use; choose another with --port, or --port 0."
            ) from None
        raise Misconfigured(
            "host_unusable", f"Cannot listen on {host!r} port {port}: {error.strerror}."
        ) from None
    return listener


def base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


async def serve(
    app: FastAPI, state: State, listener: socket.socket, ready: Callable[[], None]
) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those that run, in 20 s at most."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_level="warning",
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
