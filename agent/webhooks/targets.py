"""Where a webhook may go: which URLs, which addresses; nothing inside the house."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from agent.errors import InvalidInput

LONGEST = 2000
PORTS = frozenset({443, 8443})
RESOLVE_SECONDS = 5.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_TOP = re.compile(r"[a-z][a-z0-9-]*[a-z]")
_INSIDE = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "test", "onion")
_TRANSLATED = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::/96",  # v4-compatible
        "::ffff:0:0/96",  # v4-mapped
        "::ffff:0:0:0/96",  # v4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # local NAT64
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local
    )
)
_RESERVED = tuple(
    ipaddress.IPv4Network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15")
)


class Blocked(Exception):
    """The name leads to an address where no webhook may go."""


class Targets:
    """The rule of one process; `loopback` allows 127.0.0.1 and ::1 too, for development."""

    def __init__(self, *, loopback: bool = False, resolve: Resolve | None = None) -> None:
        self._loopback = loopback
        self._resolve = resolve or _resolved

    def check(self, url: str) -> str:
        """`url`, if a webhook may go there by its looks; raises InvalidInput `target_url_invalid`.

        Its name is resolved when something is sent, not here.
        """
        if len(url) > LONGEST or not _PRINTABLE.fullmatch(url) or "\\" in url:
            raise _invalid("it is not a plain ASCII URL")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise _invalid("it is not a URL") from None
        if "@" in parts.netloc or parts.fragment or not host:
            raise _invalid("it must have a host, no credentials and no fragment")
        local = self._loopback and _is_loopback(host)
        if parts.scheme != "https" and not (local and parts.scheme == "http"):
            raise _invalid("it must begin with https://")
        if port is None and parts.netloc.endswith(":"):
            raise _invalid("its port is missing")
        if port is not None and port not in PORTS and not local:
            raise _invalid("its port must be 443 or 8443")
        if not local:
            _check_host(host)
        return url

    async def addresses(self, host: str, port: int) -> list[str]:
        """Where to connect for `host`: every address it has, each of them allowed.

        Raises Blocked when one is not; OSError when there is none.
        """
        literal = _literal(host)
        if literal is not None:
            found = [str(literal)]
        else:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = list(await self._resolve(host, port))
        if not found:
            raise OSError("the name has no address")
        for address in found:
            if not self.allows(address):
                raise Blocked("the target's address is not public")
        return found

    def allows(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return _public(parsed) or (self._loopback and _plain_loopback(parsed))


def _check_host(host: str) -> None:
    literal = _literal(host)
    if literal is not None:
        if not _public(literal):
            raise _invalid("its address is not public")
        return
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise _invalid("its host is not a public name")
    # what ends in a number is an address in disguise: 127.1, 0x7f.1, 2130706433
    if not _TOP.fullmatch(labels[-1]) or labels[-1] in _INSIDE or host.endswith(".home.arpa"):
        raise _invalid("its host is not a public name")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _public(address: Address) -> bool:
    if (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_link_local
    ):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address.scope_id is None and not any(address in net for net in _TRANSLATED)
    return not any(address in net for net in _RESERVED)


def _plain_loopback(address: Address) -> bool:
    return str(address) in ("127.0.0.1", "::1")


def _is_loopback(host: str) -> bool:
    return host in ("127.0.0.1", "::1", "localhost")


async def _resolved(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "target_url_invalid", f"target_url cannot be used: {reason}. Send a public https:// URL."
    )
