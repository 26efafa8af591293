"""Which webhooks may be sent to; what is wrong is named before anything starts."""

import pytest
from pydantic import SecretStr, ValidationError

from pipeline.errors import ConfigError
from pipeline.notify.webhook_config import check_webhooks, is_private, webhooks_of
from schemas.routes import RoutesFile

SECRET = SecretStr("a secret, long enough")


def routing(url: str = "https://desk.example/hook", *, used: bool = True) -> RoutesFile:
    to = [{"channel": "webhook", "address": "desk"}]
    route = {"name": "all", "to": to if used else [{}]}
    hook = {"name": "desk", "url": url}
    return RoutesFile.model_validate({"routes": [route], "webhooks": [hook]})


def check(url: str, *, private: bool = False) -> None:
    check_webhooks(routing(url), {"desk": SECRET}, allow_private=private)


def test_a_webhook_has_its_secret() -> None:
    check_webhooks(routing(), {"desk": SECRET}, allow_private=False)
    (hook,) = webhooks_of(routing(), {"desk": SECRET, "other": SECRET}).values()
    assert (hook.name, hook.secret) == ("desk", SECRET.get_secret_value())
    assert (hook.host, hook.is_plain) == ("desk.example", False)


def test_one_in_use_without_a_secret_is_named_with_route_and_mend() -> None:
    with pytest.raises(ConfigError, match="route 'all' sends to the webhook 'desk'") as told:
        check_webhooks(routing(), {"dask": SECRET}, allow_private=False)
    assert "it has dask" in told.value.message
    assert 'MINERALWATCH_WEBHOOK_SECRETS: {"desk": "…"}' in told.value.mend
    assert "mineralwatch_webhooks" in told.value.mend


def test_one_that_no_route_uses_needs_no_secret() -> None:
    check_webhooks(routing(used=False), {}, allow_private=False)
    assert webhooks_of(routing(used=False), {}) == {}


@pytest.mark.parametrize("host", ["desk.example", "127.0.0.1", "10.0.0.7", "[::1]"])
def test_plain_http_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="begins with http://") as told:
        check(f"http://{host}/hook")
    assert "MINERALWATCH_ALLOW_PRIVATE_NETWORKS" in told.value.mend


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "10.0.0.7", "[::1]", "[fd00::1]", "desk.lan"])
def test_plain_http_within_a_network_of_ones_own_is_allowed_where_that_is_set(host: str) -> None:
    used = routing(url=f"http://{host}/hook")
    check_webhooks(used, {"desk": SECRET}, allow_private=True)
    assert webhooks_of(used, {"desk": SECRET})["desk"].is_plain


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1]", "[::ffff:8.8.8.8]"])
def test_plain_http_to_a_public_address_is_refused_even_then(host: str) -> None:
    with pytest.raises(ConfigError, match="begins with http://"):
        check(f"http://{host}/hook", private=True)


@pytest.mark.parametrize(
    "url",
    [
        "https:///hook",
        "https://desk.example:port/",
        "https://desk.example:70000/",
        "https://[::1/",
        "https://desk.example/a b",
        "https://бюро.example/",
        "https://me:password@desk.example/",
        "https://desk.example/#part",
    ],
)
def test_what_is_no_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigError, match="webhook 'desk'") as told:
        check(url)
    assert told.value.mend
    assert "password" not in str(told.value)


def test_private_is_of_this_machine_or_a_network_of_ones_own() -> None:
    assert all(is_private(host) for host in ("127.0.0.2", "192.168.1.1", "fe80::1%eth0", "fd00::1"))
    assert is_private("::ffff:10.0.0.1")
    assert not any(is_private(host) for host in ("1.1.1.1", "2606:4700::1", "::ffff:1.1.1.1"))


def test_operators_are_not_told_by_webhook() -> None:
    with pytest.raises(ValidationError, match="operators are people"):
        RoutesFile.model_validate(
            {"routes": [], "operators": [{"channel": "webhook", "address": "desk"}]}
        )
