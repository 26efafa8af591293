"""The JSON Schemas for editors say what the shapes say, and the packaged YAML obeys them."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from pipeline.cli import app
from schemas.jsonschema import SHAPES, YAML_SHAPES, json_schema

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas" / "json"
PACKAGED = sorted((ROOT / "pipeline" / "config").rglob("*.yaml"))

BY_HAND = {"slack-message.schema.json"}
"""Schemas of what is not YAML: written by hand from another's reference."""
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")


def schema_of(path: Path) -> Path:
    """The schema that the first line of a YAML file names for editors."""
    found = MODELINE.fullmatch(path.read_text(encoding="utf-8").splitlines()[0])
    assert found, f"{path}: the first line names no schema: # yaml-language-server: $schema=…"
    return (path.parent / found[1]).resolve()


def test_the_schemas_kept_are_those_that_the_command_writes(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["config", "schema", "--write", str(tmp_path)])
    assert result.exit_code == 0, result.output
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    kept = {
        path.name: path.read_text(encoding="utf-8")
        for path in SCHEMAS.iterdir()
        if path.name not in BY_HAND
    }
    assert kept == made, "run: mineralwatch config schema --write schemas/json"


@pytest.mark.parametrize("name", SHAPES)
def test_a_schema_is_sound(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(name))


@pytest.mark.parametrize("name", BY_HAND)
def test_a_schema_written_by_hand_is_sound(name: str) -> None:
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)


def test_every_shape_has_a_packaged_file() -> None:
    names = {schema_of(path).name.removesuffix(".schema.json") for path in PACKAGED}
    assert names == set(YAML_SHAPES)


@pytest.mark.parametrize("path", PACKAGED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_packaged_yaml_obeys_the_schema_that_it_names(path: Path) -> None:
    schema = schema_of(path)
    assert schema.parent == SCHEMAS
    expected = "theme" if path.parent.name == "themes" else path.stem
    assert schema.name == f"{expected}.schema.json"
    jsonschema.validate(
        yaml.safe_load(path.read_text(encoding="utf-8")),
        json.loads(schema.read_text(encoding="utf-8")),
        jsonschema.Draft202012Validator,
    )


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("routes", {"routes": [{"name": "x", "whem": {}}]}),
        ("routes", {"routes": [{"name": "x", "to": [{"channel": "pigeon"}]}]}),
        ("feeds", {"feeds": [{"name": "no address"}]}),
        ("digest", {"hour": 24}),
        ("theme", {"id": "Not a slug", "title": "t", "claim": "a claim long enough"}),
        ("alert_event", {"version": 1, "event": "story.new", "key": "k"}),
    ],
)
def test_a_schema_refuses_what_the_shape_refuses(name: str, document: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json_schema(name), jsonschema.Draft202012Validator)
