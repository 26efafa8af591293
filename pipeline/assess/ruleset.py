"""The id of the rules in force. Apart from the assessor, so that asking for it loads no spaCy."""

import hashlib

from schemas.rules import Rules

RULE_VERSION = 1
"""Raised where the code reads the same rules differently: articles are then assessed anew."""


def ruleset_id(rules: Rules) -> str:
    """Short and stable: equal rules read by equal code have equal ids."""
    digest = hashlib.sha256(rules.model_dump_json().encode()).hexdigest()
    return f"r{RULE_VERSION}-{digest[:12]}"
