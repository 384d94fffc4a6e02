from datetime import date

import pytest

from stancebank.errors import InputError
from stancebank.publish.release.plan import dataset_history, date_version

DAY = date(2031, 2, 11)

TEXT = """# Changelog

Three voices.

## Unreleased

### Toolkit

- **One**: new.

### Dataset

- **Rows**: new;
  a second line.

### Schema

- **Two**: new.

## 0.1.0 (2030-01-01)

### Dataset

- **Old**: new.
"""

DATED = """# Changelog

Three voices.

## Unreleased

### Toolkit

- **One**: new.

### Schema

- **Two**: new.

## Dataset 0.2.0 (2031-02-11)

- **Rows**: new;
  a second line.

## 0.1.0 (2030-01-01)

### Dataset

- **Old**: new.
"""


def test_the_voice_of_the_dataset_gets_a_section_and_the_others_stay() -> None:
    assert date_version(TEXT, "0.2.0", DAY) == DATED


def test_to_date_a_version_twice_changes_nothing() -> None:
    assert date_version(DATED, "0.2.0", date(2032, 1, 1)) == DATED


def test_news_of_a_version_that_has_a_section_go_to_its_end() -> None:
    more = DATED.replace("## Unreleased\n", "## Unreleased\n\n### Dataset\n\n- **More**: rows.\n")
    assert date_version(more, "0.2.0", date(2032, 1, 1)) == DATED.replace(
        "a second line.\n", "a second line.\n- **More**: rows.\n"
    )


def test_a_changelog_whose_only_voice_is_the_dataset_keeps_its_heading() -> None:
    assert date_version("# C\n\n## Unreleased\n\n### Dataset\n\n- **A**: b.", "1.0.0", DAY) == (
        "# C\n\n## Unreleased\n\n## Dataset 1.0.0 (2031-02-11)\n\n- **A**: b.\n"
    )


@pytest.mark.parametrize("text", ["", "# C\n", "# C\n\n## Unreleased\n\n### Toolkit\n\n- **A**: b.\n", DATED])
def test_a_version_of_which_nothing_is_said_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"says nothing of the dataset 0\.3\.0"):
        date_version(text, "0.3.0", DAY)


def test_the_history_of_the_dataset_leaves_the_toolkit_out() -> None:
    assert dataset_history(DATED, "toy") == (
        "# Changelog of toy\n\n## 0.2.0 (2031-02-11)\n\n- **Rows**: new;\n  a second line.\n"
    )
    assert dataset_history(TEXT, "toy") is None
