"""croissant.json: what a machine of other people reads of a folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from stancebank.model import Sourced
from stancebank.publish.build import Recipe, WorkspaceFiles, build, fill_folder, read_to_publish
from stancebank.publish.card.croissant import CROISSANT, described
from stancebank.publish.parquet import read_table
from stancebank.records import file_sha256
from stancebank.workspace import Workspace, open_workspace
from tests.publish.builds import ENVOY, HARVEST, MINISTER, contents, lay_toy, read_apart, withhold
from tests.publish.own import TABLES
from tests.publish.test_publishable import change

pytestmark = pytest.mark.slow

RAI = (
    *("dataCollection", "dataCollectionType", "dataCollectionMissingData", "dataCollectionRawData"),
    *("dataCollectionTimeFrame", "dataImputationProtocol", "dataPreprocessingProtocol", "dataManipulationProtocol"),
    *("dataAnnotationProtocol", "dataAnnotationPlatform", "dataAnnotationAnalysis", "annotationsPerItem"),
    *("annotatorDemographics", "machineAnnotationTools", "dataReleaseMaintenancePlan", "dataUseCases"),
    *("personalSensitiveInformation", "dataSocialImpact", "dataBiases", "dataLimitations"),
)
"""All properties of the vocabulary for responsible AI, version 1.0."""

READER = """
import json, sys
sys.modules["stancebank"] = None  # whoever reads has no toolkit
import mlcroissant

def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value

folder, tables = sys.argv[1:]
dataset = mlcroissant.Dataset(f"{folder}/croissant.json")
issues = dataset.metadata.ctx.issues
rows = {table: [plain(dict(row)) for row in dataset.records(table)] for table in tables.split()}
print(json.dumps({"errors": list(issues.errors), "warnings": list(issues.warnings), "rows": rows}))
"""


def seen(folder: Path) -> Any:
    return read_apart(READER, folder.parent, folder, " ".join(table.name for table in TABLES))


def held(folder: Path, table: Any) -> list[dict[str, Any]]:
    """Return the rows of a table as Parquet has them, of what croissant.json describes."""
    names = [name.split("/") for name in described(table)]
    nested = {name: [part[1] for part in names if part[0] == name and len(part) > 1] for name, *_ in names}

    def cut(value: Any, fields: list[str]) -> Any:
        if isinstance(value, list):
            return [cut(each, fields) for each in value]
        return {field: value[field] if value else None for field in fields} if fields else value

    rows = [row for path in sorted((folder / table.name).glob("*.parquet")) for row in read_table(path).to_pylist()]
    return [{name: cut(row[name], nested[name]) for name in nested} for row in rows]


@pytest.mark.parametrize("rows_per_file", [50_000, 4])
def test_its_records_are_the_rows_whether_in_one_file_or_in_several(
    toy: Workspace, tmp_path: Path, rows_per_file: int
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    dated = b"# Changelog of toy\n\n## 1.2.0 (2031-02-11)\n\n## 1.1.0 (2030-01-01)\n"
    recipe = Recipe(WorkspaceFiles(toy.root), history=dated, rows_per_file=rows_per_file)
    fill_folder(out, toy, read_to_publish(toy, None), recipe)
    found = seen(out)
    assert found["errors"] == []
    assert found["warnings"] == []
    for table in TABLES:
        assert found["rows"][table.name] == held(out, table)


def test_it_names_every_file_of_every_view_with_its_fingerprint(toy: Workspace, tmp_path: Path) -> None:
    build(toy, tmp_path / "out")
    told = json.loads((tmp_path / "out" / CROISSANT).read_bytes())
    files = {each["contentUrl"]: each["sha256"] for each in told["distribution"]}
    assert files.keys() == {name for name in contents(tmp_path / "out") if name.endswith(".parquet")}
    assert all(file_sha256(tmp_path / "out" / name) == digest for name, digest in files.items())
    assert (told["version"], told["isLiveDataset"]) == ("1.2.0", False)
    assert told["rai:annotationsPerItem"].startswith("0 to 2 readings")
    assert told["rai:dataAnnotationAnalysis"].startswith("Agreement of 2 annotators in 1 article that ")
    assert "F1 1.00 for finding a statement" in told["rai:dataAnnotationAnalysis"]


def test_every_column_is_described_and_what_readers_cannot_take_is_left_out() -> None:
    for table in TABLES:
        names = list(described(table))
        left_out = {column.name for column in table.columns} - {name.partition("/")[0] for name in names}
        assert left_out <= {"stance_soft"}  # a list of groups that may be null
    assert "conditions/role" in list(described(TABLES[0]))
    assert "conditions/obligors" in list(described(TABLES[0]))
    assert "conditions/spans" not in list(described(TABLES[0]))


def test_the_licences_of_shown_words_are_named(toy: Workspace, tmp_path: Path) -> None:
    build(toy, tmp_path / "out", "withheld")
    told = json.loads((tmp_path / "out" / CROISSANT).read_bytes())
    assert told["license"] == ["https://creativecommons.org/licenses/by/4.0/"]


def test_every_field_of_responsible_ai_is_there_and_demographics_are_not_made_up(
    toy: Workspace, tmp_path: Path
) -> None:
    built = build(toy, tmp_path / "out")
    told = json.loads((tmp_path / "out" / CROISSANT).read_bytes())
    found = {key.removeprefix("rai:") for key in told if key.startswith("rai:")}
    assert found == {*RAI}
    assert len(RAI) == 20
    assert all(told[f"rai:{name}"] for name in RAI)
    assert told["conformsTo"][1] == "http://mlcommons.org/croissant/RAI/1.0"
    assert told["rai:annotatorDemographics"].startswith("Not recorded. Annotators are known by ")
    rows = [row for path in sorted((built.out / "articles").iterdir()) for row in read_table(path).to_pylist()]
    lacking = sum(not row["author"] for row in rows)
    assert lacking
    assert f"author of {lacking}" in told["rai:dataCollectionMissingData"]
    outlets = [row["outlet"] for row in rows if row["outlet"]]
    most = max(outlets.count(each) for each in outlets)
    assert f" has {most} of {len(outlets)}; different values: {len({*outlets})}." in told["rai:dataBiases"][1]


def test_the_time_frame_is_of_days_where_some_are_known(tmp_path: Path) -> None:
    toy = lay_toy(tmp_path / "toy")
    change(toy, ENVOY, published=Sourced(value="2031-02", basis="given"))
    build(toy, tmp_path / "out")
    told = json.loads((tmp_path / "out" / CROISSANT).read_bytes())
    assert told["rai:dataCollectionTimeFrame"] == ["2031-02-12", "2031-02-12"]
    change(toy, MINISTER, published=None)
    build(toy, tmp_path / "out")
    told = json.loads((tmp_path / "out" / CROISSANT).read_bytes())
    assert told["rai:dataCollectionTimeFrame"] == ["2031-02", "2031-02"]


def test_terms_of_use_are_those_of_the_text_policies(tmp_path: Path) -> None:
    toy = lay_toy(tmp_path / "toy")
    withhold(toy, ENVOY)
    withhold(toy, HARVEST, "quotes")
    settings = toy.root / "stancebank.toml"
    settings.write_text(
        settings.read_text() + '\n[rights]\nlongest_quote = 900\nquoted_share = 81\ncontact = "r@toy.example"\n'
    )
    build(open_workspace(toy.root), tmp_path / "out")
    told = json.loads((tmp_path / "out" / CROISSANT).read_bytes())
    own, *words = told["usageInfo"]
    assert own["license"] == "https://creativecommons.org/licenses/by/4.0/"
    by_policy = {each["name"].rpartition(" ")[2]: each for each in words}
    assert by_policy.keys() == {"withheld", "quotes", "full"}
    assert by_policy["withheld"]["odrl:prohibition"]["odrl:action"] == {"@id": "odrl:distribute"}
    limits = by_policy["quotes"]["odrl:permission"]["odrl:constraint"]
    assert [(each["odrl:leftOperand"]["@id"], each["odrl:rightOperand"]) for each in limits] == [
        ("odrl:percentage", 81),
        ("odrl:absoluteSize", 900),
    ]
    assert all("r@toy.example" in each["description"] for each in words)
    found = seen(tmp_path / "out")
    assert (found["errors"], found["warnings"]) == (
        [],
        ['[Metadata(toy)] Property "https://schema.org/datePublished" is recommended, but does not exist.'],
    )
