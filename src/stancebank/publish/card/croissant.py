"""croissant.json: what a folder holds, in the vocabulary that machines of other people read.

It is JSON-LD after Croissant 1.1 with the fields of its extension for responsible AI, from the second edition of a
scheme on with all of them and with terms of use in ODRL. Everything in it is made of the declarations of the tables, of
rows and of the terms in the manifest; so anyone can make it again. Three things are left out since readers cannot take
them: lists of groups within groups, such as the spans of a condition; lists of groups that may be null, of which
they make a group of nulls; and references between tables, which they execute as joins.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stancebank.agreement.compare import FOUND
from stancebank.model import EVERY_SPLIT, Terms, TextPolicy, is_of_people
from stancebank.publish.card.brief import bibtex, limits
from stancebank.publish.card.card import access_terms, is_cc_by, keywords
from stancebank.publish.card.pairs import tell_lowest
from stancebank.publish.card.statistics import Facts
from stancebank.publish.parquet import TableFacts
from stancebank.publish.tables import Column, ListOf, Struct, Table, Type
from stancebank.records import to_json

CROISSANT = "croissant.json"

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
RAI = "http://mlcommons.org/croissant/RAI/1.0"
CC_BY = "https://creativecommons.org/licenses/by/4.0/"

_ODRL = "http://www.w3.org/ns/odrl/2/"
_PARQUET = "application/x-parquet"
_TYPES = {"string": "sc:Text", "int64": "sc:Integer", "float64": "sc:Float", "bool": "sc:Boolean"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TERMS = (
    *("arrayShape", "citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty"),
    *("fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path"),
    *("containedIn", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator", "source"),
    *("subField", "transform"),
)
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}


_PARTS = {"train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"}
_SPLITS: dict[str, Any] = {
    "@type": "cr:RecordSet",
    "@id": "splits",
    "name": "splits",
    "description": "The splits that articles are in; `none` is in no part for training or testing.",
    "dataType": "cr:Split",
    "key": {"@id": "splits/name"},
    "field": [
        {"@type": "cr:Field", "@id": "splits/name", "name": "splits/name", "dataType": "sc:Text"},
        {"@type": "cr:Field", "@id": "splits/url", "name": "splits/url", "dataType": "sc:URL"},
    ],
    "data": [{"splits/name": name, "splits/url": _PARTS.get(name)} for name in EVERY_SPLIT],
}
_OF_FILE = {
    "extract": {"fileProperty": "filename"},
    "transform": {"regex": f"^({'|'.join(EVERY_SPLIT)})(?:-.*)?$"},  # readers apply it to what it has found, too
}
"""How the split of a row is read from the name of its file: readers then open the files of one split only."""


def make_croissant(facts: Facts, tables: Sequence[TableFacts], terms: Terms | None = None) -> str:
    """Return croissant.json of a folder. tables: as they were written; terms: None where a manifest holds none."""
    is_later = facts.context.scheme.edition >= 2
    dataset: dict[str, Any] = {
        "@context": _CONTEXT | ({"odrl": _ODRL} if is_later else {}),
        "@type": "sc:Dataset",
        "conformsTo": [CONFORMS_TO, RAI] if is_later else CONFORMS_TO,
        "name": facts.name,
        "alternateName": facts.pretty_name,
        "description": describe(facts, tables),
        "version": facts.dataset_version,
        "license": licences(facts),
        "isLiveDataset": False,
        "citeAs": bibtex(facts) if is_later else _citation(facts),
        "keywords": keywords(facts),
        **_responsible(facts),
        **(_more_responsible(facts, terms) | _usage(facts, terms) | _makers(facts) if is_later else {}),
        "distribution": [entry for each in tables for entry in _files(each)],
        "recordSet": [
            *([_SPLITS] if facts.splits else []),
            *(_record_set(each, has_splits=bool(facts.splits)) for each in tables),
        ],
    }
    if facts.released:
        dataset["datePublished"] = facts.released
    if languages := sorted({row["language"] for row in facts.articles if row["language"]}):
        dataset["inLanguage"] = languages
    return to_json(dataset)


def describe(facts: Facts, tables: Iterable[TableFacts]) -> str:
    """Say in one paragraph what a folder holds. tables: as they were written."""
    rows = ", ".join(f"{each.table.name} {each.rows}" for each in tables)
    scheme = facts.context.scheme
    conditions = " on which conditions," if scheme.has_conditions else ""
    return (
        f"Who takes which {scheme.label.title} towards what,{conditions} as news articles report it. "
        f"{len(facts.statements)} statements of {len(facts.articles)} articles, annotation schema "
        f"{facts.schema_version}. Rows by table: {rows}."
    )


def publication_days(facts: Facts) -> list[str]:
    """Return the first and the last day on which an article was published, months or years where no day is known.

    [] where nothing is.
    """
    every = sorted(row["published"] for row in facts.articles if row["published"])
    days = [each for each in every if _DAY.fullmatch(each)] or every
    return [days[0], days[-1]] if days else []


def licences(facts: Facts) -> list[str]:
    """Return the licence of the annotations, and those of the words where a folder shows any."""
    shown = set(facts.built.showing if facts.built else ())
    words = {row["licence"] for row in facts.articles if row["article_id"] in shown}
    own = CC_BY if is_cc_by(facts.licence) else "LICENSE"
    return [own, *sorted(words - ({"CC-BY-4.0"} if own == CC_BY else set()))]


def _citation(facts: Facts) -> str:
    return f"{facts.pretty_name}. Dataset {facts.name}, version {facts.dataset_version}."


def _responsible(facts: Facts) -> dict[str, Any]:
    """Return the fields of responsible AI. What the rows do not tell is left out, and never guessed."""
    origins = sorted({row["origin"] for row in facts.articles} | {origin for _, _, origin in facts.readings})
    editions = sorted({row["guideline_version"] for row in facts.articles})
    models = [each for each in origins if not is_of_people(each) or each == "project"]
    every = sorted(row["published"] for row in facts.articles if row["published"])
    published = publication_days(facts) if facts.context.scheme.edition >= 2 else every
    depends = " and of the conditions they depend on" if facts.context.scheme.has_conditions else ""
    said: dict[str, Any] = {
        "rai:dataCollection": (
            "News articles, each read whole. The stored text is the source as it came in; zones mark what is not the "
            "article. Where each piece of metadata comes from stands in the column metadata_basis of the table "
            "articles."
        ),
        "rai:dataCollectionType": "Manual Human Curation",
        "rai:dataAnnotationProtocol": (
            f"GUIDELINES.md, edition {' and '.join(editions)}. Every span points at exact words and carries their "
            "fingerprint."
        ),
        "rai:annotationsPerItem": _per_item(facts),
        "rai:dataAnnotationAnalysis": _analysis(facts),
        "rai:dataPreprocessingProtocol": "Texts are NFC with LF line ends, and nothing else is changed in them.",
        "rai:dataUseCases": (
            f"Detection of {facts.context.scheme.label.title}s{depends}, attribution of quotations, extraction with "
            "language models, and the study of reporting."
        ),
        "rai:dataLimitations": "README.md names them, under considerations and limitations.",
        "rai:personalSensitiveInformation": (
            "Opinions of people and bodies, as articles report them. "
            f"{len(facts.counted.speakers)} speakers are entries of the table entities; the "
            "column kind tells which are persons."
        ),
    }
    if models:
        said["rai:machineAnnotationTools"] = [
            "language models, aiding the project itself" if each == "project" else each for each in models
        ]
    if published:
        said["rai:dataCollectionTimeFrame"] = [published[0], published[-1]]
    return said


def _makers(facts: Facts) -> dict[str, Any]:
    """Return who made the dataset, and its page, as far as CITATION.cff says; a build has none."""
    if not facts.citation:
        return {}
    from stancebank.publish.card.citing import read_dataset

    told = read_dataset(facts.citation)
    makers = [
        {
            "@type": "sc:Person" if each.is_person else "sc:Organization",
            "name": each.full_name,
            **({"url": f"https://orcid.org/{each.orcid}"} if each.orcid else {}),
        }
        for each in told.authors
    ]
    page = told.url or told.code
    return {**({"creator": makers} if makers else {}), **({"url": page} if page else {})}


def _more_responsible(facts: Facts, terms: Terms | None) -> dict[str, Any]:
    """Return the fields of responsible AI that the first edition leaves out, or says less of.

    Each is computed, or says that nothing is recorded. None of them is a guess.
    """
    many, shown = len(facts.articles), len(facts.built.showing) if facts.built else 0
    methods = facts.context.vocabularies.values("gold_method")
    used = sorted({row["gold_method"] for row in facts.articles})
    who = {row["annotator"] for row in facts.articles} | {annotator for _, annotator, _ in facts.readings}
    origins = Counter(origin for _, _, origin in facts.readings)
    gold = Counter(row["origin"] for row in facts.articles)
    links = sum(row["url"] is not None for row in facts.articles)
    gone = len(terms.withdrawn) if terms else 0
    words = (
        f"Words are null for {many - shown} of {many} articles; README.md and RIGHTS.md say why."
        if shown < many
        else "No article lacks its words."
    )
    kinds, persons = facts.counted.speaker_kinds, facts.context.vocabularies.persons()
    named = sum(kind in persons for kind in kinds.values())
    said: dict[str, Any] = {
        "rai:dataCollectionType": ["Document analysis", "Manual Human Curator"],
        "rai:dataCollectionMissingData": f"What is not known is null. {_missing(facts)} {words}",
        "rai:dataCollectionRawData": (
            f"{many} news articles of {_different(facts, 'outlet')} outlets. {links} of them name the address where "
            "they were read, in the column url. A raw text is in the folder only where the text policy of its article "
            "is full; the others are described by fingerprints of their lines and spans, so that any copy can be "
            "checked. The time frame of collection is that of the days of publication; when the articles were "
            "collected is not recorded."
        ),
        "rai:dataImputationProtocol": (
            "No value is imputed. The column metadata_basis says of each piece of metadata whether it stands in the "
            "source, was given by whoever added the article, or was inferred."
        ),
        "rai:dataManipulationProtocol": (
            f"{words} {gone or 'No'} article{' was' if gone == 1 else 's were'} withdrawn from the corpus. Class "
            "labels, clusters and other derived columns follow from the records; `stancebank publish verify` computes "
            "them again."
        ),
        "rai:dataAnnotationProtocol": [
            _responsible(facts)["rai:dataAnnotationProtocol"],
            *(f"Gold by the method {name}: {methods[name]['description']}" for name in used),
        ],
        "rai:dataAnnotationPlatform": (
            "Label Studio, with an interface that is generated from the schema, or files that were imported. Which of "
            "them a reading came by is not recorded in the rows."
        ),
        "rai:annotatorDemographics": (
            f"Not recorded. Annotators are known by {len(who)} pseudonyms. Gold readings by origin: {_counted(gold)}; "
            f"other readings by origin: {_counted(origins)}."
        ),
        "rai:dataReleaseMaintenancePlan": (
            "A published version is never changed; a change makes a new version of three numbers, and CHANGELOG.md "
            f"says what changed. Reports of faults and requests to take something out go to {_whom(terms)}. What is "
            "withdrawn is in no later version. No dates of later versions are promised."
        ),
        "rai:dataSocialImpact": (
            f"No assessment is recorded. The rows tie reported positions to {len(kinds)} speakers, {named} of them "
            "persons. They say what articles report, not what a speaker holds, and are not made for decisions about "
            "persons."
        ),
        "rai:dataBiases": _biases(facts),
        "rai:dataLimitations": [
            line.removeprefix("- ").replace("**", "").replace("`", "") for line in limits(facts).splitlines()
        ],
    }
    said["rai:personalSensitiveInformation"] = [
        _responsible(facts)["rai:personalSensitiveInformation"],
        f"{named} of the speakers are persons. COLUMNS.md names what the table entities holds of them.",
    ]
    if "rai:machineAnnotationTools" not in _responsible(facts):
        said["rai:machineAnnotationTools"] = "None is recorded as the origin of a reading."
    return said


_LACKED = ("outlet", "published", "author", "place", "url", "event", "language")


def _missing(facts: Facts) -> str:
    lacking = {name: sum(not row[name] for row in facts.articles) for name in _LACKED}
    said = ", ".join(f"{name} of {many}" for name, many in lacking.items() if many)
    return f"Of {len(facts.articles)} articles, these lack a value: {said}." if said else ""


def _different(facts: Facts, column: str) -> int:
    return len({row[column] for row in facts.articles if row[column]})


def _counted(values: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {values[name]}" for name in sorted(values)) or "none"


def _whom(terms: Terms | None) -> str:
    return (terms.contact if terms else "") or "the maintainers, as README.md names them"


def _biases(facts: Facts) -> list[str]:
    """Say how unevenly the dataset is spread, by what has the largest part."""
    told, found = facts.counted, []
    labels = Counter[str]()
    for (label, _), count in told.labels.items():
        labels[label] += count
    parts = {
        "articles by outlet": Counter(row["outlet"] for row in facts.articles if row["outlet"]),
        "articles by language": Counter(row["language"] for row in facts.articles if row["language"]),
        "articles by event": Counter(row["event"] for row in facts.articles if row["event"]),
        f"statements by {facts.context.scheme.label.title}": labels,
        "statements by speaker": told.speakers,
        "statements by target": Counter[str](),
    }
    for (_, target), count in told.targets.items():
        parts["statements by target"][target] += count
    for what, values in parts.items():
        if values:
            most = min(values, key=lambda each: (-values[each], each))
            found.append(f"{what}: {most} has {values[most]} of {values.total()}; different values: {len(values)}.")
    return ["How the articles were chosen is not recorded: do not take them for a random sample.", *found]


def _usage(facts: Facts, terms: Terms | None) -> dict[str, Any]:
    """Return the terms of use: of the annotations, and of the words by text policy, with the cap of quotations."""
    own, *_ = licences(facts)
    head: dict[str, Any] = {"@type": ["CreativeWork", "odrl:Offer"], "name": "Annotations and metadata"}
    if facts.licence is None:
        offers = [head | {"description": "No licence is recorded."}]
    else:
        said = "They may be used under the licence of the dataset, which LICENSE holds."
        offers = [head | {"description": said, "license": own, "odrl:permission": _rule("Permission", "use")}]
    policies = Counter(row["text_policy"] for row in facts.articles)
    for policy in TextPolicy:
        if policies[policy]:
            offers.append(_of_words(policy, policies[policy], facts, terms))
    if terms and terms.withdrawn:
        offers.append(
            {
                "@type": ["CreativeWork", "odrl:Offer"],
                "name": "Withdrawn articles",
                "description": (
                    f"{len(terms.withdrawn)} articles were withdrawn; RIGHTS.md names them. Whoever holds an earlier "
                    "version is asked to stop using them."
                ),
            }
        )
    gate = access_terms(facts)
    return {"usageInfo": offers, **({"conditionsOfAccess": gate} if gate else {})}


def _of_words(policy: TextPolicy, many: int, facts: Facts, terms: Terms | None) -> dict[str, Any]:
    head = {"@type": ["CreativeWork", "odrl:Offer"], "name": f"Words of articles with the text policy {policy}"}
    beside = (
        f"{many} article{'' if many == 1 else 's'}. The words belong to the holders that RIGHTS.md names; to have them "
        f"taken out, they write to {_whom(terms)}."
    )
    if policy.shows_all:
        held = sorted({row["licence"] for row in facts.articles if row["text_policy"] == policy and row["licence"]})
        return head | {
            "description": f"{beside} The whole text may be used under the licence that the column licence names.",
            "license": held,
            "odrl:permission": _rule("Permission", "use"),
        }
    if not policy.shows_quotations:
        return head | {
            "description": f"{beside} None of their words are published, nor may be with this dataset.",
            "odrl:prohibition": _rule("Prohibition", "distribute"),
        }
    cap = (
        {
            "odrl:constraint": [
                _at_most("percentage", terms.cap.share),
                _at_most("absoluteSize", terms.cap.longest) | {"odrl:unit": "characters in one run"},
            ]
        }
        if terms
        else {}
    )
    return head | {
        "description": f"{beside} Annotated quotations are published, within a cap for each article.",
        "odrl:permission": _rule("Permission", "extract") | cap,
    }


def _rule(kind: str, action: str) -> dict[str, Any]:
    return {"@type": f"odrl:{kind}", "odrl:action": {"@id": f"odrl:{action}"}}


def _at_most(what: str, number: int) -> dict[str, Any]:
    return {
        "@type": "odrl:Constraint",
        "odrl:leftOperand": {"@id": f"odrl:{what}"},
        "odrl:operator": {"@id": "odrl:lteq"},
        "odrl:rightOperand": number,
    }


def _per_item(facts: Facts) -> str:
    """Say how many annotators' readings an article has."""
    readers: dict[str, set[str]] = {row["article_id"]: set() for row in facts.articles}
    for article_id, annotator, _ in facts.readings:
        readers[article_id].add(annotator)
    numbers = [len(each) for each in readers.values()]
    few, many = min(numbers), max(numbers)
    return f"{few if few == many else f'{few} to {many}'} readings an article beside the gold one"


def _analysis(facts: Facts) -> str:
    shares = []
    for pair in facts.readers:
        tally = pair.found.tallies.get(FOUND)
        if tally and tally.share is not None:
            more = tell_lowest(pair, facts.context.scheme) if facts.context.scheme.edition >= 2 else ""
            shares.append(
                f"{pair.one} and {pair.other} {tally.share:.1%} of statements{more} in {pair.articles} articles"
            )
    if not shares and facts.context.scheme.edition >= 2:
        return _judged(facts)
    if not shares:
        return _NOBODY
    return f"Agreement of annotators: {'; '.join(shares)}. README.md has it field by field."


def _judged(facts: Facts) -> str:
    """Say how far annotators agree, in one sentence."""
    found = facts.judged
    if found is None:
        return _NOBODY
    alphas = [
        f"{alpha.value:.2f} for {name}" for name, (_, _, alpha) in found.fields.items() if alpha.value is not None
    ]
    said = [] if found.found.value is None else [f"F1 {found.found.value:.2f} for finding a statement"]
    said += [f"Krippendorff's alpha {', '.join(alphas)}"] if alphas else []
    articles = "1 article" if found.articles == 1 else f"{found.articles} articles"
    return (
        f"Agreement of {len(found.annotators)} annotators in {articles} that at least two of them have "
        f"read: {', '.join(said) or 'nothing to compare'}. README.md has it with intervals."
    )


_NOBODY = "No article was read by two annotators."


def _files(written: TableFacts) -> Iterator[dict[str, Any]]:
    """Yield the files of a table; where they are several, the set of them too, from which the rows are read."""
    for file, size, digest in zip(written.files, written.sizes, written.sha256, strict=True):
        yield {
            "@type": "cr:FileObject",
            "@id": file,
            "name": file,
            "contentUrl": file,
            "contentSize": f"{size} B",
            "encodingFormat": _PARQUET,
            "sha256": digest,
        }
    if len(written.files) > 1:
        yield {
            "@type": "cr:FileSet",
            "@id": _source(written),
            "name": _source(written),
            "encodingFormat": _PARQUET,
            "includes": f"{written.table.name}/*.parquet",
        }


def _source(written: TableFacts) -> str:
    return written.files[0] if len(written.files) == 1 else f"{written.table.name}/"


def _record_set(written: TableFacts, *, has_splits: bool) -> dict[str, Any]:
    name = written.table.name
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": written.table.meaning,
        "key": {"@id": f"{name}/{written.table.key}"},
        "field": [
            _split_field(written, column) if has_splits and column.name == "split" else _field(written, column)
            for column in written.table.columns
            if _is_described(column)
        ],
    }


def _field(written: TableFacts, column: Column) -> dict[str, Any]:
    place = f"{written.table.name}/{column.name}"
    item, found = _head(place, column)
    if isinstance(item, Struct):
        found["subField"] = [_sub_field(written, column, field) for field in item.fields if _is_readable(field.type)]
    else:
        found["source"] = _extract(written, column.name)
    return found


def _split_field(written: TableFacts, column: Column) -> dict[str, Any]:
    """Return the field of the split of a row, which refers to the record set of all splits."""
    _, found = _head(f"{written.table.name}/{column.name}", column)
    kind = "fileObject" if len(written.files) == 1 else "fileSet"
    source = {kind: {"@id": _source(written)}, **_OF_FILE}
    return found | {"references": {"field": {"@id": "splits/name"}}, "source": source}


def _sub_field(written: TableFacts, column: Column, field: Column) -> dict[str, Any]:
    _, found = _head(f"{written.table.name}/{column.name}/{field.name}", field)
    source = _extract(written, column.name) | {"transform": {"jsonPath": field.name}}
    return found | {"source": source}


def _head(place: str, column: Column) -> tuple[Type, dict[str, Any]]:
    """Return the type of what a column holds, one by one, and what a field says of itself, whatever its source."""
    item = column.item
    meaning = column.meaning
    if column.refers:
        meaning += f" Refers to {' or '.join(column.refers)}."
    found: dict[str, Any] = {"@type": "cr:Field", "@id": place, "name": place, "description": meaning}
    if isinstance(column.type, ListOf):
        found["repeated"] = True
    if isinstance(item, str):
        found["dataType"] = _TYPES[item]
    return item, found


def _extract(written: TableFacts, column: str) -> dict[str, Any]:
    kind = "fileObject" if len(written.files) == 1 else "fileSet"
    return {kind: {"@id": _source(written)}, "extract": {"column": column}}


def _is_readable(kind: Type) -> bool:
    """Whether readers can take a field of a group: a group in turn, or a list of such, is not."""
    return isinstance(kind, str) or (isinstance(kind, ListOf) and isinstance(kind.item, str))


def _is_described(column: Column) -> bool:
    """Whether readers can take a column: a list of groups that may be null is not taken."""
    return not (column.is_list and column.is_deep and column.optional)


def described(table: Table) -> Iterator[str]:
    """Yield the columns of a table, and the fields within them as ``column/field``, that croissant.json describes."""
    for column in filter(_is_described, table.columns):
        item = column.item
        yield column.name
        if isinstance(item, Struct):
            yield from (f"{column.name}/{each.name}" for each in item.fields if _is_readable(each.type))
