import pytest

from stancebank.errors import InputError
from stancebank.publish.history import VersionStep, least, parse_version, suffices


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.03", "1.2.3-rc1", "1.2.x", " 1.2.3", "١.2.3"]
)
def test_what_is_not_three_numbers_is_no_version(text: str) -> None:
    with pytest.raises(InputError, match="no version"):
        parse_version(text)


@pytest.mark.parametrize(
    ("before", "after", "enough"),
    [
        ("1.2.3", "2.0.0", {VersionStep.PATCH, VersionStep.MINOR, VersionStep.MAJOR}),
        ("1.2.3", "1.3.0", {VersionStep.PATCH, VersionStep.MINOR}),
        ("1.2.3", "1.10.0", {VersionStep.PATCH, VersionStep.MINOR}),
        ("1.2.3", "1.2.4", {VersionStep.PATCH}),
        ("0.2.3", "0.3.0", {VersionStep.PATCH, VersionStep.MINOR, VersionStep.MAJOR}),
        ("0.2.3", "0.2.4", {VersionStep.PATCH}),
    ],
)
def test_a_version_suffices_for_its_step_and_smaller_ones(before: str, after: str, enough: set[VersionStep]) -> None:
    assert {
        step for step in (VersionStep.PATCH, VersionStep.MINOR, VersionStep.MAJOR) if suffices(before, after, step)
    } == enough
    assert all(suffices(before, least(before, step), step) for step in enough)
