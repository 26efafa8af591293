"""Where the learned weights are, and which they are. Loads nothing but bytes."""

import hashlib
from functools import lru_cache
from pathlib import Path

PACKAGE_MODEL = Path(__file__).parent / "model"
WEIGHTS, DESCRIPTION = "weights.npz", "model.json"


@lru_cache(maxsize=4)
def model_hash(folder: Path = PACKAGE_MODEL) -> str:
    """A hash of the model's files; empty where there is none. Reads bytes only."""
    digest = hashlib.sha256()
    for name in (WEIGHTS, DESCRIPTION):
        path = folder / name
        if not path.is_file():
            return ""
        digest.update(path.read_bytes())
    return digest.hexdigest()
