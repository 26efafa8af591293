"""The product's side of benchmarks/assess.py: ``assess_ours.py MIX.jsonl ROUNDS``."""

import json
import resource
import statistics
import sys
import time
from pathlib import Path


def main() -> None:
    """Load, read the mix in rounds, print the figures as one JSON line."""
    started = time.perf_counter()
    from pipeline.assess.assessor import build_assessor
    from pipeline.catalog import load_rules
    from pipeline.settings import load_settings
    from schemas.assessment import Document

    assessor = build_assessor(load_rules(load_settings()))
    loaded = time.perf_counter() - started
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    documents = [Document(r["id"], r["title"], r["summary"], r["lang"] or None) for r in rows]
    del rows
    rates = []
    for _ in range(int(sys.argv[2])):
        started = time.process_time()
        passed = relevant = 0
        for reading in assessor.assess(documents):
            passed += reading.relevance > 0
            relevant += reading.relevant
        rates.append(len(documents) / (time.process_time() - started))
    told = {
        "docs_per_s": statistics.median(rates),
        "rounds": rates,
        "load_s": loaded,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "note": f"; past the gate {passed / len(documents):.1%}, "
        f"relevant {relevant / len(documents):.1%}",
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
