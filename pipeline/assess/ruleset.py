"""The id of the rules in force. Apart from the assessor, so that asking for it loads no spaCy."""

import hashlib
from pathlib import Path

from pipeline.assess.model_files import PACKAGE_MODEL, model_hash
from schemas.rules import Rules

RULE_VERSION = 3
"""Raised where the code reads the same rules differently: articles are then assessed anew."""

_NOT_READ_BY = {"stage", "stage_date", "source", "note", "instrument", "facts", "unverified"}
"""What is on record of an agreement changes no reading."""


def ruleset_id(rules: Rules, model_folder: Path | None = PACKAGE_MODEL) -> str:
    """Short and stable: equal rules and weights read by equal code have equal ids."""
    told = rules.model_dump_json(exclude={"agreements": {"__all__": _NOT_READ_BY}})
    digest = hashlib.sha256(told.encode())
    if model_folder is not None:
        digest.update(model_hash(model_folder).encode())
    return f"r{RULE_VERSION}-{digest.hexdigest()[:12]}"
