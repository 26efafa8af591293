"""The guard: which addresses may be connected to."""

import socket

import pytest

from pipeline.collect.addresses import AddressGuard, ForbiddenAddressError, GuardedResolver


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "carrier-grade"),
        ("169.254.169.254", "link-local"),
        ("192.0.2.1", "documentation"),
        ("198.18.0.1", "benchmarking"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fc00::1", "private"),
        ("fd12:3456::1", "private"),
        ("fec0::1", "reserved"),
        ("ff02::1", "multicast"),
        ("2001:db8::1", "documentation"),
        ("2001:0:1::1", "Teredo"),
        ("4000::1", "reserved"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:0:10.0.0.1", "private"),
        ("::127.0.0.1", "reserved"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("64:ff9b:1::1", "private"),
        ("2002:7f00:1::", "loopback"),
        ("2002:c0a8:101::1", "private"),
        ("2a00::5efe:10.0.0.1", "private"),
    ],
)
def test_special_addresses_are_refused_by_name(address: str, word: str) -> None:
    reason = AddressGuard().refusal(address)
    assert reason is not None
    assert address in reason
    assert word in reason


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8",
     "64:ff9b::808:808", "2002:808:808::1"],
)  # fmt: skip
def test_public_addresses_pass(address: str) -> None:
    assert AddressGuard().refusal(address) is None


def test_what_is_no_address_is_refused() -> None:
    assert AddressGuard().refusal("example.com") == "example.com is not a numeric address"


def test_private_may_be_allowed_as_a_whole_or_by_network() -> None:
    assert AddressGuard(allow_private=True).refusal("127.0.0.1") is None
    guard = AddressGuard.of(allow_private=False, allowed=["10.1.0.0/16", "fd00::/8"])
    assert guard.refusal("10.1.2.3") is None
    assert guard.refusal("fd00::1") is None
    assert guard.refusal("10.2.0.1") is not None


@pytest.mark.parametrize(
    ("port", "refused"),
    [(80, 0), (443, 0), (8080, 0), (8443, 0), (25, 1), (22, 1), (6379, 1), (6000, 1), (0, 1)],
)
def test_ports(port: int, refused: int) -> None:
    assert bool(AddressGuard().port_refusal(port)) is bool(refused)
    assert AddressGuard(allow_private=True).port_refusal(port) is None


def test_socket_is_not_even_made_for_a_refused_address() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    with pytest.raises(ForbiddenAddressError, match=r"127\.0\.0\.1 is a loopback address"):
        AddressGuard().open_socket(info)
    AddressGuard(allow_private=True).open_socket(info).close()


async def test_resolver_refuses_a_name_whose_addresses_are_all_private() -> None:
    resolver = GuardedResolver(AddressGuard())
    try:
        with pytest.raises(ForbiddenAddressError, match="loopback"):
            await resolver.resolve("localhost", 80)
    finally:
        await resolver.close()


async def test_resolver_hands_on_the_addresses_that_pass() -> None:
    resolver = GuardedResolver(AddressGuard.of(allow_private=False, allowed=["127.0.0.0/8"]))
    try:
        found = await resolver.resolve("localhost", 80, socket.AF_INET)
    finally:
        await resolver.close()
    assert [result["host"] for result in found] == ["127.0.0.1"]
