"""JSON Schemas of the YAML files, made from the pydantic shapes (kept in schemas/json)."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from schemas.config import AgreementsFile, DigestConfig, FeedsFile
from schemas.routes import RoutesFile
from schemas.rules import (
    BodiesFile,
    MineralsFile,
    MoneyFile,
    PartiesFile,
    RelevanceFile,
    SignificanceFile,
    StagesFile,
    StatesFile,
    ThemeConfig,
    WordsFile,
)

YAML_SHAPES: Mapping[str, type[BaseModel]] = {
    "feeds": FeedsFile,
    "agreements": AgreementsFile,
    "routes": RoutesFile,
    "digest": DigestConfig,
    "theme": ThemeConfig,
    "states": StatesFile,
    "minerals": MineralsFile,
    "bodies": BodiesFile,
    "words": WordsFile,
    "money": MoneyFile,
    "relevance": RelevanceFile,
    "stages": StagesFile,
    "parties": PartiesFile,
    "significance": SignificanceFile,
}
"""Name of the YAML file (or kind of file) → its shape."""


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the file called ``name``.

    Raises:
        KeyError: there is no such file.
    """
    schema = YAML_SHAPES[name].model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
