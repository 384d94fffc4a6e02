"""Waivers: what a person lets stand is counted apart, and no waiver outlives its date or its finding unnoticed."""

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run

from stancebank.check import check_workspace
from stancebank.check.waivers import Waiver, apply_waivers, read_waivers
from stancebank.codes import CODES, NEVER_WAIVED
from stancebank.errors import Finding
from stancebank.workspace import Workspace

TODAY = date(2031, 3, 1)
ALIKE = Finding("corpus/entities.json", "/entities/1", "entity-alike", "'a' reads like 'e', a name of 'lena-orlo'.")
MARKS = Finding("corpus/gold/a.json", "/statements/0/attribution", "quotation-marks", "1 of 2 words.")
OTHER = Finding("corpus/gold/b.json", "/statements/0/attribution", "quotation-marks", "1 of 2 words.")
WHOLE = """
[[waiver]]
code = "quotation-marks"
file = "corpus/gold/*.json"
reason = "The outlet leaves out marks."
until = 2031-12-31
"""


def waiver(until: date = TODAY, **more: Any) -> Waiver:
    values = {"code": "quotation-marks", "file": "corpus/gold/a.json", "reason": "Looked at."} | more
    return Waiver(1, until=until, **values)


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def test_a_waived_finding_is_parted_from_those_that_count() -> None:
    counted, waived = apply_waivers([MARKS, OTHER, ALIKE], [waiver()], TODAY)
    assert counted == [OTHER, ALIKE]
    assert [(each.finding, each.waiver.reason) for each in waived] == [(MARKS, "Looked at.")]


@pytest.mark.parametrize(
    ("more", "covers"),
    [
        ({"file": "corpus/gold/*"}, True),
        ({"file": "corpus/*.json"}, True),
        ({"file": "a.json"}, False),
        ({"file": "CORPUS/gold/a.json"}, False),
        ({"pointer": "/statements/0/attribution"}, True),
        ({"pointer": "/statements/0"}, False),
        ({"pointer": ""}, False),
        ({"says": "of 2"}, True),
        ({"says": "of 3"}, False),
        ({"code": "force-word"}, False),
    ],
)
def test_a_waiver_covers_what_fits_all_that_it_says(more: dict[str, Any], covers: bool) -> None:
    counted, waived = apply_waivers([MARKS], [waiver(**more)], TODAY)
    assert bool(waived) is covers
    assert codes(counted) == ([] if covers else ["quotation-marks", "waiver-unused"])


def test_a_waiver_holds_through_its_day_and_is_then_an_error_itself() -> None:
    assert apply_waivers([MARKS], [waiver()], TODAY)[0] == []
    counted, waived = apply_waivers([MARKS], [waiver(date(2031, 2, 28))], TODAY)
    assert (codes(counted), waived) == (["quotation-marks", "waiver-expired"], [])
    assert counted[-1].severity == "error"
    assert counted[-1].message.endswith("held until 2031-02-28. Its reason was: Looked at.")


def test_two_waivers_of_one_finding_are_both_used() -> None:
    counted, waived = apply_waivers([MARKS], [waiver(), waiver(file="corpus/*")], TODAY)
    assert (counted, len(waived)) == ([], 1)


def test_each_of_many_waivers_takes_its_finding_and_the_first_of_several_is_named() -> None:
    findings = [Finding(f"corpus/gold/{n}.json", "/statements", "quotation-marks", "said.") for n in range(300)]
    waivers = [Waiver(n, "quotation-marks", f"corpus/gold/{n}.json", f"{n}.", TODAY) for n in range(1, 400)]
    waivers.append(Waiver(400, "quotation-marks", "corpus/gold/1*.json", "All.", TODAY))
    counted, waived = apply_waivers(findings, waivers, TODAY)
    assert counted[0] == findings[0]
    assert codes(counted[1:]) == ["waiver-unused"] * 100
    assert [each.waiver.reason for each in waived] == [f"{n}." for n in range(1, 300)]
    assert apply_waivers(findings, waivers[::-1], TODAY)[1] == waived


def test_a_workspace_without_waivers_has_none(tmp_path: Path) -> None:
    assert read_waivers(tmp_path) == ([], [])
    (tmp_path / "waivers.toml").write_text("# none yet\n")
    assert read_waivers(tmp_path) == ([], [])


def test_a_waiver_is_read_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(WHOLE)
    found, faults = read_waivers(tmp_path)
    assert faults == []
    assert found == [
        Waiver(1, "quotation-marks", "corpus/gold/*.json", "The outlet leaves out marks.", date(2031, 12, 31))
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (WHOLE, "code = ", "is not TOML"),
        (WHOLE, "waiver = 3", "no list of tables"),
        (WHOLE, "[waiver]\ncode = 1", "headed [[waiver]]"),
        ("[[waiver]]", "[[waivers]]", "unknown key 'waivers'. Did you mean 'waiver'?"),
        ("quotation-marks", "quotation-mark", "unknown code 'quotation-mark'. Did you mean 'quotation-marks'?"),
        ("quotation-marks", "text-not-public", "text-not-public cannot be waived: move it to"),
        ("reason =", "reasons =", "unknown key 'reasons'. Did you mean 'reason'?"),
        ("reason =", "# reason =", "the key 'reason' is missing."),
        ("until =", "# until =", "the key 'until' is missing."),
        ('"The outlet leaves out marks."', '"  "', "reason is '  ', which is no text in quotes."),
        ('"corpus/gold/*.json"', "3", "file is 3, which is no text in quotes."),
        ("2031-12-31", '"2031-12-31"', "until is '2031-12-31'; it is a date without quotes"),
        ("2031-12-31", "2031-12-31T00:00:00", "it is a date without quotes"),
    ],
)
def test_a_broken_waiver_is_a_finding_with_a_mend(old: str, new: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(WHOLE.replace(old, new))
    found, faults = read_waivers(tmp_path)
    assert found == []
    assert {finding.code for finding in faults} == {"waiver-invalid"}
    assert any(says in finding.message for finding in faults)
    assert all(finding.message.endswith((".", "?")) and finding.hint for finding in faults)


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_bytes(b"\xff")
    assert codes(read_waivers(tmp_path)[1]) == ["waiver-invalid"]
    (tmp_path / "waivers.toml").unlink()
    (tmp_path / "waivers.toml").mkdir()
    assert codes(read_waivers(tmp_path)[1]) == ["waiver-invalid"]
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "waivers.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert codes(read_waivers(inner.resolve())[1]) == ["link-outside"]


def test_one_broken_waiver_leaves_the_others_in_force(tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(WHOLE + WHOLE.replace("quotation-marks", "nonsense"))
    found, faults = read_waivers(tmp_path)
    assert len(found) == 1
    assert faults[0].message.startswith("waiver 2: ")


def test_only_codes_that_exist_can_never_be_waived() -> None:
    assert set(CODES) >= NEVER_WAIVED


def test_every_warning_about_data_can_be_waived() -> None:
    firm = {code for code in NEVER_WAIVED if CODES[code].severity == "warning"}
    assert firm == {"waiver-unused"}


def test_a_waived_error_does_not_stop_the_check_and_is_listed(
    toy_root: Path, toy_workspace: Workspace, run: Run
) -> None:
    path = toy_root / "corpus/entities.json"
    path.write_text(path.read_text().replace('"weekly Lantern"', '"Radio Essa"'))
    assert run("-w", toy_root, "check").returncode == 1
    (toy_root / "waivers.toml").write_text(
        '[[waiver]]\ncode = "alias-shared"\nfile = "corpus/entities.json"\nsays = "Radio Essa"\n'
        'reason = "Both papers go by it."\nuntil = 9999-12-31\n'
    )
    subprocess.run(["git", "init", "--quiet", toy_root], check=True)
    result = run("-w", toy_root, "check", "--json")
    assert result.returncode == 0
    report = json.loads(result.stdout)
    assert (report["counts"]["errors"], report["counts"]["warnings"], report["counts"]["waived"]) == (0, 0, 1)
    assert report["findings"] == []
    waived = report["waived"][0]
    assert (waived["code"], waived["until"], waived["reason"]) == (
        "alias-shared",
        "9999-12-31",
        "Both papers go by it.",
    )
    words = run("-w", toy_root, "check")
    assert "(error, waived until 9999-12-31)" in words.stdout
    assert "Both papers go by it." in words.stdout
    assert "0 errors, 0 warnings, 1 waived." in words.stderr
    assert check_workspace(toy_workspace).errors == ()


def test_the_drift_of_the_interface_can_be_waived_too(toy_root: Path, run: Run) -> None:
    (toy_root / "annotate/labeling.xml").write_text("<View/>\n")
    waiver = WHOLE.replace("quotation-marks", "interface-drift").replace("corpus/gold/*.json", "annotate/labeling.xml")
    (toy_root / "waivers.toml").write_text(waiver.replace("2031-12-31", "9999-12-31"))
    result = run("-w", toy_root, "check")
    assert result.returncode == 0, result.stdout
    assert "waiver-unused" not in result.stdout


def test_the_day_is_the_one_that_the_check_is_given(toy_root: Path, toy_workspace: Workspace) -> None:
    (toy_root / "waivers.toml").write_text(WHOLE)
    assert codes(list(check_workspace(toy_workspace, today=date(2031, 12, 31)).findings)) == ["waiver-unused"]
    assert codes(list(check_workspace(toy_workspace, today=date(2032, 1, 1)).findings)) == ["waiver-expired"]
