"""Record frozen values: run the tests with each value written in place of being compared.

Usage: python tests/frozen/record.py TEST_FILE... (such as tests/frozen/test_builds.py), from the root of the checkout.
"""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.frozen.snapshots import RECORD  # noqa: E402


def main() -> int:
    if not sys.argv[1:] or "-h" in sys.argv or "--help" in sys.argv:
        print(__doc__)
        return 2
    os.environ[RECORD] = "1"
    return int(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]]))


if __name__ == "__main__":
    sys.exit(main())
