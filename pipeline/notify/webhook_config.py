"""The webhooks of routes.yaml with their secrets, checked before anything starts. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from pydantic import SecretStr

from pipeline.errors import ConfigError
from schemas.alert import Channel
from schemas.routes import RoutesFile, WebhookConfig


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a webhook is and by which secret what it is sent is signed."""

    name: str
    url: str
    secret: str = field(repr=False)

    @property
    def host(self) -> str:
        """For people: the path of a webhook's address is often a secret."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_plain(self) -> bool:
        """Whether what is sent can be read on the way."""
        return urlsplit(self.url).scheme == "http"


def webhooks_of(routing: RoutesFile, secrets: Mapping[str, SecretStr]) -> dict[str, Webhook]:
    """Return the webhooks that have a secret, by name."""
    return {
        hook.name: Webhook(hook.name, hook.url, secrets[hook.name].get_secret_value())
        for hook in routing.webhooks
        if hook.name in secrets
    }


def check_webhooks(
    routing: RoutesFile, secrets: Mapping[str, SecretStr], *, allow_private: bool
) -> None:
    """Raise where an event could not be sent.

    Args:
        routing: routes.yaml; that the webhooks of its routes are there is checked with the file.
        secrets: by name.
        allow_private: http:// is allowed, to loopback and private addresses.

    Raises:
        ConfigError: an address cannot be used, or a webhook that a route sends to has no secret.
    """
    for hook in routing.webhooks:
        _check_url(hook, allow_private=allow_private)
    for route in routing.routes:
        for to in route.to:
            if to.channel is Channel.WEBHOOK and to.address not in secrets:
                raise _no_secret(to.address, route.name, secrets)


def is_private(host: str) -> bool:
    """Tell whether the numeric address ``host`` is of this machine or a network of one's own."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_private or address.is_loopback or address.is_link_local


def _check_url(hook: WebhookConfig, *, allow_private: bool) -> None:
    where = f"routes.yaml: webhook {hook.name!r}"
    try:
        parts = urlsplit(hook.url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or not re.fullmatch(r"[!-~]+", hook.url):
        raise ConfigError(
            f"{where}: its url is not a web address", mend="write it as https://host/path"
        )
    if "@" in parts.netloc or parts.fragment:
        raise ConfigError(
            f"{where}: its url has a login or a fragment in it",
            mend="take it out: a receiver knows us by the signature (docs/webhooks.md)",
        )
    if parts.scheme == "http" and not (allow_private and _may_be_private(host)):
        raise ConfigError(
            f"{where}: its url begins with http://, and what is sent could be read on the way",
            mend="write https://; http:// is for loopback and private addresses, with "
            "MINERALWATCH_ALLOW_PRIVATE_NETWORKS=1",
        )


def _may_be_private(host: str) -> bool:
    """Of a name that is known only when the connection is made; then it is looked at again."""
    try:
        return is_private(host)
    except ValueError:
        return True


def _no_secret(name: str, route: str, secrets: Mapping[str, SecretStr]) -> ConfigError:
    known = f"; it has {', '.join(sorted(secrets))}" if secrets else ""
    return ConfigError(
        f"route {route!r} sends to the webhook {name!r}, which has no secret{known}",
        mend=f'add it to MINERALWATCH_WEBHOOK_SECRETS: {{"{name}": "…"}}, or to Airflow\'s '
        "connection mineralwatch_webhooks",
    )
