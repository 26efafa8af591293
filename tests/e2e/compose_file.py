"""docker-compose.yml and the Dockerfile read as Docker reads them, as far as the rehearsal needs.

Variables are put in from a .env file: ``${X}``, ``${X:-default}``, ``${X:?message}``, and ``$$``
for a dollar. What a service gets from its image is the ``ENV`` of the Dockerfile's last stage.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<word>[^}]*))?\}|(?P<bare>\w+))"
)


class MissingError(Exception):
    """A variable that has to be set is not; the text is compose's."""


@dataclass(frozen=True, slots=True)
class Health:
    """``command`` as arguments; at most ``timeout_s`` a try, ``interval_s`` apart."""

    command: tuple[str, ...]
    timeout_s: float
    interval_s: float


@dataclass(frozen=True, slots=True)
class Service:
    """A service as compose would start it, variables put in."""

    name: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """The image's, and over it the service's."""
    health: Health | None
    after: Mapping[str, str]
    """Services that have to be ``service_healthy`` or ``service_completed_successfully``."""
    profiles: frozenset[str]
    scale: int
    restart: str


def put_in(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables put in; one that is empty counts as not set, as after ``:``.

    Raises:
        MissingError: a ``${X:?message}`` has no value.
    """

    def one(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        name = found["name"] or found["bare"]
        value = values.get(name, "")
        if value or not found["kind"]:
            return value
        if found["kind"] == "?":
            raise MissingError(f"required variable {name} is missing a value: {found['word']}")
        return found["word"]

    return _VARIABLE.sub(one, text)


def read_services(root: Path, env_file: Path, profiles: frozenset[str]) -> dict[str, Service]:
    """Those services of the checkout at ``root`` that run with these profiles on, by name.

    Raises:
        MissingError: a variable that has to be set is not.
    """
    given = {name: value or "" for name, value in dotenv_values(env_file).items()}
    text = (root / "docker-compose.yml").read_text(encoding="utf-8")
    # First YAML, then variables, as compose does: a value cannot change the file's structure.
    services = _filled(yaml.safe_load(text)["services"], given, profiles)
    image = dict(image_environment((root / "Dockerfile").read_text(encoding="utf-8")))
    read = {name: _service(name, told, image) for name, told in services.items()}
    for service in read.values():
        unknown = {name for name in service.after if name not in read}
        assert not unknown, f"{service.name} waits for {unknown}"
    return read


def _filled(
    services: Mapping[str, Any], given: Mapping[str, str], profiles: frozenset[str]
) -> dict[str, Any]:
    on = {}
    for name, told in services.items():
        own = set(told.get("profiles", ()))
        if not own or own & profiles:
            on[name] = _walk(told, given)
    for told in on.values():
        waits = told.get("depends_on") or {}
        told["depends_on"] = {
            other: how["condition"]
            for other, how in waits.items()
            if other in on or how.get("required", True)
        }
    return on


def _walk(value: Any, given: Mapping[str, str]) -> Any:
    match value:
        case str():
            return put_in(value, given)
        case dict():
            return {name: _walk(one, given) for name, one in value.items()}
        case list():
            return [_walk(one, given) for one in value]
    return value


def _service(name: str, told: Mapping[str, Any], image: Mapping[str, str]) -> Service:
    built = image if "build" in told else {}
    return Service(
        name=name,
        image=told["image"],
        command=tuple(told.get("command", ())),
        environment={**built, **told.get("environment", {})},
        health=_health(told.get("healthcheck")),
        after=told["depends_on"],
        profiles=frozenset(told.get("profiles", ())),
        scale=int(told.get("scale", 1)),
        restart=told.get("restart", "no"),
    )


def _health(told: Mapping[str, Any] | None) -> Health | None:
    if told is None:
        return None
    kind, *command = told["test"]
    if kind == "CMD-SHELL":
        command = ["/bin/sh", "-c", *command]
    else:
        assert kind == "CMD", kind
    return Health(tuple(command), _seconds(told["timeout"]), _seconds(told["interval"]))


def _seconds(text: str) -> float:
    assert text.endswith("s"), text
    return float(text.removesuffix("s"))


def image_environment(dockerfile: str) -> Iterator[tuple[str, str]]:
    """The ``ENV`` pairs of the last stage; ``$PATH`` and the like are left as they are."""
    last = re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)[-1]
    for line in re.findall(r"^ENV (.+)$", last.replace("\\\n", " "), re.MULTILINE):
        for word in shlex.split(line):
            name, _, value = word.partition("=")
            yield name, value
