import asyncio
import socket

import pytest

from agent.errors import Misconfigured
from server.ports import base_url, bind


def test_any_free_port_is_taken_and_named() -> None:
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert base_url(listener) == f"http://127.0.0.1:{port}"
        with pytest.raises(Misconfigured) as refused:
            bind("127.0.0.1", port)
    assert refused.value.code == "port_taken"
    with bind("127.0.0.1", port):
        pass


def test_ip_version_6_is_written_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with bind("::1", 0) as listener:
        assert base_url(listener).startswith("http://[::1]:")


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(Misconfigured) as refused:
        bind("192.0.2.1", 0)
    assert refused.value.code == "host_unusable"


async def test_answers_leave_at_once() -> None:
    """Without it every answer waits for the client's delayed acknowledgement, 40 ms."""
    accepted = asyncio.Future[int]()

    async def on_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        accepted.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    server = await asyncio.start_server(on_client, sock=bind("127.0.0.1", 0))
    async with server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await asyncio.wait_for(accepted, 60)
        writer.close()
        await writer.wait_closed()
