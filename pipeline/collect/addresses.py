"""Which addresses a feed may be fetched from: the guard against requests into private networks.

A feed's URL is a stranger's word, and so is what its name resolves to and where it redirects. The
guard is asked twice: by the resolver, so that a name with a private address is refused with a clear
reason, and by the socket factory, which sees the very address that is about to be connected to.
Nothing resolves in between, so a name that changes its answer (DNS rebinding) gains nothing.
Networks: IANA's registries of special-purpose IPv4 and IPv6 addresses.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

Network: TypeAlias = IPv4Network | IPv6Network
AddressInfo: TypeAlias = tuple[
    int | socket.AddressFamily,
    int | socket.SocketKind,
    int,
    str,
    tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
]

_REFUSED_V4 = {
    "0.0.0.0/8": "unspecified",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "private (carrier-grade NAT)",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "reserved (documentation)",
    "192.88.99.0/24": "reserved (6to4 relay)",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "reserved (benchmarking)",
    "198.51.100.0/24": "reserved (documentation)",
    "203.0.113.0/24": "reserved (documentation)",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_REFUSED_V6 = {
    "::/128": "unspecified",
    "::1/128": "loopback",
    "64:ff9b:1::/48": "private (local NAT64)",
    "2001::/23": "reserved (protocol assignments, Teredo)",
    "2001:db8::/32": "reserved (documentation)",
    "3fff::/20": "reserved (documentation)",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
_V4 = [(IPv4Network(net), word) for net, word in _REFUSED_V4.items()]
_V6 = [(IPv6Network(net), word) for net, word in _REFUSED_V6.items()]
_GLOBAL_V6 = IPv6Network("2000::/3")
# Networks whose addresses carry an IPv4 address, and by how many bits it stands from the right.
_EMBEDDING = (
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (IPv6Network("2002::/16"), 80),  # 6to4
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
_WEB_PORTS = frozenset({80, 443})
_FIRST_UNPRIVILEGED = 1024
# Where other services listen that a request would reach: the ports that browsers block
# (fetch.spec.whatwg.org, "port blocking"), then databases, queues and consoles.
_OTHER_SERVICES = frozenset({
    1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669,
    6679, 6697, 10080,
    1433, 1521, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 5984, 6379, 6443,
    7001, 8500, 9042, 9092, 9200, 9300, 10250, 11211, 15672, 27017, 28017, 50070,
})  # fmt: skip


class ForbiddenAddressError(OSError):
    """An address that is not to be connected to; the text says which and why."""


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Says which addresses may be connected to; ``allowed`` networks are let through by name."""

    allow_private: bool = False
    allowed: tuple[Network, ...] = ()

    @classmethod
    def of(cls, *, allow_private: bool, allowed: Sequence[str] = ()) -> "AddressGuard":
        """Build a guard from networks in text, such as ``10.1.0.0/16``."""
        return cls(allow_private, tuple(ip_network(text) for text in allowed))

    def refusal(self, host: str) -> str | None:
        """Return why the numeric address ``host`` is refused, in words, or None where it is not."""
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return f"{host} is not a numeric address"
        if self.allow_private or any(address in net for net in self.allowed):
            return None
        word = _word(address)
        return None if word is None else f"{host} is a {word} address"

    def port_refusal(self, port: int) -> str | None:
        """Return why ``port`` is refused: below 1024 only 80 and 443 serve feeds.

        Above, all do but those where other services are known to listen.
        """
        high = port >= _FIRST_UNPRIVILEGED and port not in _OTHER_SERVICES
        if self.allow_private or port in _WEB_PORTS or high:
            return None
        return f"port {port} is not one that feeds are served from"

    def open_socket(self, info: AddressInfo) -> socket.socket:
        """Make the socket for a connection (aiohttp's socket factory).

        Raises:
            ForbiddenAddressError: the address is refused.
        """
        family, kind, protocol, _, address = info
        reason = self.refusal(str(address[0]))
        if reason:
            raise ForbiddenAddressError(reason)
        return socket.socket(family=family, type=kind, proto=protocol)


class GuardedResolver(AbstractResolver):
    """Looks names up in threads of its own, so that slow name servers hold up nobody else."""

    def __init__(self, guard: AddressGuard, *, threads: int = 16) -> None:
        self._guard = guard
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of ``host`` that the guard lets through.

        Raises:
            ForbiddenAddressError: it lets none through.
            OSError: the name does not resolve.
        """
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port, family)
        reasons = {result["host"]: self._guard.refusal(result["host"]) for result in found}
        good = [result for result in found if reasons[result["host"]] is None]
        if found and not good:
            raise ForbiddenAddressError("; ".join(sorted(r for r in reasons.values() if r)))
        return good

    async def close(self) -> None:
        """Let go of the threads; look-ups still running end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: int) -> list[ResolveResult]:
    found = socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [
        ResolveResult(
            hostname=host,
            host=str(address[0]),
            port=port,
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, address in found
    ]


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` is a numeric loopback address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _word(address: IPv4Address | IPv6Address) -> str | None:
    if isinstance(address, IPv4Address):
        return next((word for net, word in _V4 if address in net), None)
    word = next((word for net, word in _V6 if address in net), None)
    if word is not None:
        return word
    inner = _embedded(address)
    if inner is not None:
        return _word(inner)
    return None if address in _GLOBAL_V6 else "reserved"


def _embedded(address: IPv6Address) -> IPv4Address | None:
    number = int(address)
    for net, shift in _EMBEDDING:
        if address in net:
            return IPv4Address(number >> shift & 0xFFFFFFFF)
    if number >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(number & 0xFFFFFFFF)
    return None
