"""The id of the rules in force. Apart from the assessor, so that asking for it loads no spaCy."""

import hashlib
from pathlib import Path

from pipeline.assess.model_files import PACKAGE_MODEL, model_hash
from schemas.rules import Rules

RULE_VERSION = 2
"""Raised where the code reads the same rules differently: articles are then assessed anew."""


def ruleset_id(rules: Rules, model_folder: Path | None = PACKAGE_MODEL) -> str:
    """Short and stable: equal rules and weights read by equal code have equal ids."""
    digest = hashlib.sha256(rules.model_dump_json().encode())
    if model_folder is not None:
        digest.update(model_hash(model_folder).encode())
    return f"r{RULE_VERSION}-{digest.hexdigest()[:12]}"
