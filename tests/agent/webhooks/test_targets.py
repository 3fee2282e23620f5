"""Where a webhook must never go: by its looks, by its address, by a name that changes its mind."""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from agent.errors import InvalidInput
from agent.kit.clock import ManualClock
from agent.webhooks.sender import Away, Sender
from agent.webhooks.targets import Blocked, Targets

BAD_URLS = [
    # schemes
    "http://hooks.example.com/a", "ftp://hooks.example.com/a", "file:///etc/passwd",
    "gopher://hooks.example.com/", "javascript:alert(1)", "//hooks.example.com/a",
    "hooks.example.com",
    "https:///a", "https:hooks.example.com", "https://", "", " https://hooks.example.com/",
    # loopback, private, link-local, shared, unspecified
    "https://127.0.0.1/", "https://127.0.0.1:8443/", "https://127.1.2.3/", "https://localhost/",
    "https://LOCALHOST/", "https://localhost./", "https://a.localhost/", "https://10.0.0.1/",
    "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/", "https://169.254.169.254/",
    "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://100.127.255.254/",
    "https://0.0.0.0/", "https://0.1.2.3/", "https://255.255.255.255/", "https://224.0.0.1/",
    "https://240.0.0.1/", "https://192.0.0.1/", "https://192.0.2.1/", "https://198.18.0.1/",
    "https://198.51.100.1/", "https://203.0.113.1/", "https://192.88.99.1/",
    # IPv6
    "https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/", "https://[fd12:3456::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/", "https://[2001:0:1::1]/", "https://[ff02::1]/", "https://[fec0::1]/",
    "https://[2001:db8::1]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::1",
    # addresses in disguise
    "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/",
    "https://017700000001/", "https://127.1/", "https://127.0.1/", "https://127.0.0.1./",
    "https://0/", "https://10.1/", "https://08.08.08.08/", "https://0x7f.1/", "https://1e3/",
    "https://127。0。0。1/", "https://①②⑦.0.0.1/", "https://127.0.0.1%00.example.com/",
    "https://%31%32%37.0.0.1/", "https://127.0.0.1%2f@example.com/",
    # names inside a house
    "https://intranet/", "https://metadata/", "https://db.internal/", "https://metadata.google.internal/",
    "https://printer.local/", "https://nas.lan/", "https://router.home.arpa/", "https://a.corp/",
    # credentials, ports, tricks of parsers
    "https://user:pass@hooks.example.com/", "https://hooks.example.com@127.0.0.1/",
    "https://127.0.0.1@hooks.example.com/", "https://hooks.example.com:22/",
    "https://hooks.example.com:80/", "https://hooks.example.com:6379/", "https://hooks.example.com:0/",
    "https://hooks.example.com:65536/", "https://hooks.example.com:-1/", "https://hooks.example.com:/",
    "https://hooks.example.com:4433443/", "https://hooks.example.com#@127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/", "https:\\\\127.0.0.1/",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\r\nHost: 127.0.0.1", "https://hooks.example.com/\t",
    "https://hooks.example.com/\x00", "https://-bad.example.com/", "https://bad-.example.com/",
    "https://a..example.com/", "https://.example.com/", "https://exam_ple.com/", "https://пример.рф/",
    "https://hooks.example.com/" + "a" * 2000, "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 130 + "com/",
]  # fmt: skip
GOOD_URLS = [
    "https://hooks.example.com/a?b=c", "https://hooks.example.com:443/a",
    "https://hooks.example.com:8443/", "https://HOOKS.example.com/", "https://8.8.8.8/a",
    "https://[2606:4700:4700::1111]/", "https://xn--e1afmkfd.xn--p1ai/",
    "https://hooks.zapier.com/hooks/standard/1/abc/",
]  # fmt: skip
HIDDEN = [
    "127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.0.5", "169.254.169.254", "100.100.100.200",
    "0.0.0.0", "::1", "::", "fe80::1", "fe80::1%1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1",
    "2002:a00:1::", "224.0.0.251", "198.18.0.1", "not an address", "",
]  # fmt: skip
CLOCK = ManualClock(datetime(2026, 3, 2, 18, 0, tzinfo=UTC))
PUBLIC = "93.184.216.34"


@pytest.fixture
def connects(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where sockets went; none of them gets there."""
    tried: list[str] = []

    def connect(self: socket.socket, address: Sequence[object]) -> None:
        tried.append(str(address[0]))
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


async def send(targets: Targets, url: str) -> None:
    sender = Sender(targets, CLOCK, seconds=2)
    try:
        await sender.post(url, {}, b"{}")
    finally:
        await sender.close()


def test_there_are_enough() -> None:
    assert len(set(BAD_URLS)) > 100


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_bad_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Targets().check(url)
    assert refusal.value.code == "target_url_invalid"


@pytest.mark.parametrize("url", GOOD_URLS)
def test_a_public_one_is_not(url: str) -> None:
    assert Targets().check(url) == url


def test_loopback_is_for_those_who_ask() -> None:
    targets = Targets(loopback=True)
    for url in ("http://127.0.0.1:9/a", "http://localhost:1234/", "https://[::1]:9/"):
        assert targets.check(url) == url
    for url in ("http://10.0.0.1/", "http://127.0.0.2/", "http://example.com/", "http://0/"):
        with pytest.raises(InvalidInput):
            targets.check(url)


async def test_nothing_connects_to_what_was_refused(connects: list[str]) -> None:
    """Even past the check at subscribing: the connection itself is guarded."""

    async def system(host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)
        return [str(sockaddr[0]) for *_, sockaddr in found]

    sender = Sender(Targets(resolve=system), CLOCK, seconds=2)
    for url in BAD_URLS:
        with contextlib.suppress(Exception):
            await sender.post(url, {}, b"{}")
    await sender.close()
    assert connects == []


@pytest.mark.parametrize("address", HIDDEN)
async def test_a_name_that_means_an_address_inside(connects: list[str], address: str) -> None:
    for found in ([address], [PUBLIC, address], [address, PUBLIC]):

        async def resolve(host: str, port: int, found: list[str] = found) -> list[str]:
            return found

        with pytest.raises(Blocked):
            await send(Targets(resolve=resolve), "https://hooks.example.com/")
    assert connects == []


async def test_a_name_that_changes_its_mind(connects: list[str]) -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) % 2 else ["127.0.0.1"]

    sender = Sender(Targets(resolve=rebinding), CLOCK, seconds=2)
    for _ in range(10):
        with pytest.raises((Blocked, Away)):
            await sender.post("https://hooks.example.com/", {}, b"{}")
    await sender.close()
    assert len(asked) == 10
    assert set(connects) == {PUBLIC}


async def test_a_name_without_an_address(connects: list[str]) -> None:
    async def nothing(host: str, port: int) -> list[str]:
        return []

    with pytest.raises(Away):
        await send(Targets(resolve=nothing), "https://hooks.example.com/")
    assert connects == []
