"""The port a server listens on."""

import errno
import socket

from agent.errors import Misconfigured


def bind(host: str, port: int) -> socket.socket:
    """Take the port, before anything else is started; 0 is any free one.

    Raises Misconfigured `port_taken` or `host_unusable`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # only with the protocol named does asyncio send answers at once (TCP_NODELAY)
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
