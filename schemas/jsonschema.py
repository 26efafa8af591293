"""JSON Schemas of the YAML files and of what webhooks are sent, made from the pydantic shapes.

They are kept in schemas/json.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from schemas.config import AgreementsFile, DigestConfig, FeedsFile
from schemas.ledger_config import LedgerFile, RatesFile
from schemas.retention import RetentionFile
from schemas.routes import RoutesFile
from schemas.rules import (
    BodiesFile,
    MineralsFile,
    MoneyFile,
    PartiesFile,
    PolarityFile,
    RelevanceFile,
    SignificanceFile,
    StagesFile,
    StatesFile,
    ThemeConfig,
    WordsFile,
)
from schemas.webhook import AlertEvent, TestEvent

YAML_SHAPES: Mapping[str, type[BaseModel]] = {
    "feeds": FeedsFile,
    "agreements": AgreementsFile,
    "ledger": LedgerFile,
    "rates": RatesFile,
    "routes": RoutesFile,
    "digest": DigestConfig,
    "retention": RetentionFile,
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
    "polarity": PolarityFile,
}
"""Name of the YAML file (or kind of file) → its shape."""


MESSAGE_SHAPES: Mapping[str, type[BaseModel]] = {
    "alert_event": AlertEvent,
    "test_event": TestEvent,
}
"""Name of what we send → its shape."""
SHAPES: Mapping[str, type[BaseModel]] = {**YAML_SHAPES, **MESSAGE_SHAPES}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the file or message called ``name``.

    Of a file it says what may be written, of a message what is always there.

    Raises:
        KeyError: there is no such shape.
    """
    mode: JsonSchemaMode = "serialization" if name in MESSAGE_SHAPES else "validation"
    schema = SHAPES[name].model_json_schema(mode=mode)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
