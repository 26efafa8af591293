"""The product's side of benchmarks/assess.py: ``assess_ours.py MIX.jsonl ROUNDS``."""

import json
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.assessment import Document


def main() -> None:
    """Load, read the mix in rounds, print the figures as one JSON line."""
    started = time.perf_counter()
    from pipeline.assess.assessor import build_assessor
    from pipeline.catalog import load_rules
    from pipeline.settings import load_settings

    assessor = build_assessor(load_rules(load_settings()))
    loaded = time.perf_counter() - started
    rates = []
    for _ in range(int(sys.argv[2])):
        started = time.process_time()
        count = passed = relevant = 0
        for reading in assessor.assess(documents(Path(sys.argv[1]))):
            count += 1
            passed += reading.relevance > 0
            relevant += reading.relevant
        rates.append(count / (time.process_time() - started))
    told = {
        "docs_per_s": statistics.median(rates),
        "rounds": rates,
        "load_s": loaded,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "note": f"; past the gate {passed / count:.1%}, relevant {relevant / count:.1%}",
    }
    print(json.dumps(told))


def documents(path: Path) -> "Iterator[Document]":
    """Read the mix line by line, as a pass reads rows: what waits is not in memory."""
    from schemas.assessment import Document

    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Document(row["id"], row["title"], row["summary"], row["lang"] or None)


if __name__ == "__main__":
    main()
