#!/usr/bin/env python
"""Send drawn readings to Label Studio's form and back, and print how often each feature was among them.

Usage: .venv/bin/python scripts/bench/round_trip.py [READINGS]

The draws are the same at every run. Writes a Markdown table to stdout. Exits with 1 if a reading does not come back
equal, an item is lost, or a feature is missing.
"""

import sys
from collections import Counter
from pathlib import Path

REPO = Path(__file__).parent.parent.parent
sys.path.insert(0, str(REPO))

from hypothesis import HealthCheck, given, settings  # noqa: E402
from tests.annotate.tasks import count_raw  # noqa: E402
from tests.annotate.test_conversion import require_equal  # noqa: E402
from tests.strategies import features, readings, wanted_features  # noqa: E402

from stancebank.model import Article, Document  # noqa: E402


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seen: Counter[str] = Counter()
    total: Counter[str] = Counter()

    @settings(
        max_examples=count, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(readings())
    def comes_back(reading: tuple[Article, str, Document]) -> None:
        _, text, document = reading
        task = require_equal(reading)
        seen.update(set(features(text, document)))
        total.update(count_raw(task), readings=1, statements=len(document.statements))

    comes_back()
    print("| feature | readings that have it |\n|---|---|")
    for feature, number in sorted(seen.items()):
        print(f"| {feature} | {number} |")
    print(f"| **all** | {total['readings']} |\n")
    print(
        f"{total['statements']} statements, {total['regions']} regions and {total['relations']} relations in "
        f"{total['items']} items: all came back, none was rejected."
    )
    missing = wanted_features() - set(seen)
    sys.exit(f"Missing: {', '.join(sorted(missing))}" if missing else 0)


if __name__ == "__main__":
    main()
