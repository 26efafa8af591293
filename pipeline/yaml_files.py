"""Reading a YAML file into a shape; errors name the file, the path within it and the mend."""

import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pipeline.errors import ConfigError

# libyaml reads the packaged files ten times as fast; a build without it still works.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read ``path`` as ``model``.

    Raises:
        ConfigError: the file cannot be read, is not YAML, or does not have the model's shape. The
            message has a line for each fault: ``file:line: path.within: what`` .
    """
    text = _text(path)
    data = _loaded(path, text)
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as error:
        node = yaml.compose(text, Loader=_Loader)
        faults = [_fault(path, node, model, fault) for fault in error.errors()]
        raise ConfigError(
            "\n".join(faults), mend="mend the lines named; nothing was started"
        ) from error


def list_entries(path: Path, key: str) -> list[tuple[int, Any]]:
    """Return the entries of the list under ``key``, each with its line, in no shape yet.

    Raises:
        ConfigError: the file cannot be read, is not YAML, or has no such list.
    """
    text = _text(path)
    data = _loaded(path, text)
    entries = data.get(key) if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise ConfigError(
            f"{path}: there is no list under {key!r}", mend=f"begin the file with `{key}:`"
        )
    node = yaml.compose(text, Loader=_Loader)
    return [(_line(node, (key, place)), entry) for place, entry in enumerate(entries)]


def _loaded(path: Path, text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        told = getattr(error, "problem", None) or str(error)
        raise ConfigError(
            f"{where}: not YAML: {told}",
            mend="check the indentation and the quotes at that line",
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file", mend="check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}", mend="save it as UTF-8") from error


def _fault(path: Path, node: Any, model: type[BaseModel], fault: Any) -> str:
    location: tuple[Any, ...] = fault["loc"]
    line = _line(node, location)
    inner = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    told = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        told = "no such key" + _meant(str(location[-1]), _keys(model, location[:-1]))
    elif fault["type"] == "missing":
        told = "this key is missing"
    elif "input" in fault and isinstance(fault["input"], str | int | float):
        told += f" (it is {fault['input']!r})"
    return f"{path}:{line}: {inner.lstrip('.') or 'file'}: {told}"


def _line(node: Any, location: tuple[Any, ...]) -> int:
    """The line of the deepest part of ``location`` that exists in the document."""
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, node = key.start_mark.line + 1, value
                    break
            else:
                return line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                return line
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _keys(model: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """The keys that the model takes at ``location``."""
    schema: dict[str, Any] = model.model_json_schema()
    definitions = schema.get("$defs", {})
    here = schema
    for part in location:
        here = (
            here.get("items", {})
            if isinstance(part, int)
            else here.get("properties", {}).get(part, {})
        )
        while "$ref" in here:
            here = definitions[here["$ref"].rsplit("/", 1)[-1]]
        if "anyOf" in here:
            here = next((o for o in here["anyOf"] if o.get("type") != "null"), {})
            while "$ref" in here:
                here = definitions[here["$ref"].rsplit("/", 1)[-1]]
    return list(here.get("properties", {}))


def _meant(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known here: {', '.join(known)}" if known else ""
