"""Dataclasses to JSON-safe mappings and back, checked by pydantic."""

from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

Shape = TypeVar("Shape")


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(shape: type[Any]) -> TypeAdapter[Any]:
    """Building an adapter costs milliseconds, so each is built once."""
    if shape not in _adapters:
        _adapters[shape] = TypeAdapter(shape)
    return _adapters[shape]


def to_json(value: object) -> dict[str, Any]:
    """A dataclass as a JSON-safe mapping."""
    return cast("dict[str, Any]", _adapter(type(value)).dump_python(value, mode="json"))


def from_json(shape: type[Shape], data: object) -> Shape:
    """The mapping as ``shape``.

    Raises:
        pydantic.ValidationError: the mapping does not have that shape.
    """
    return cast("Shape", _adapter(shape).validate_python(data))
