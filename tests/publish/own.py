"""The scheme that the toolkit brings, and its tables."""

from stancebank.publish.tables import find_table, tables
from stancebank.records import read_json
from stancebank.schema.fields import Scheme, load_scheme, make_scheme
from tests.conftest import OWN_SCHEMA

SCHEMA = OWN_SCHEMA
SCHEME = load_scheme(SCHEMA)
TABLES = tables(SCHEME)
STATEMENTS, CONDITIONS, ARTICLES, ANNOTATIONS, ENTITIES, TARGETS = (
    find_table(SCHEME, name) for name in ("statements", "conditions", "articles", "annotations", "entities", "targets")
)


def scheme_without(*places: str) -> Scheme:
    """The toolkit's own scheme without some fields, each given as `level/name`."""
    schema = read_json(SCHEMA / "annotation.schema.json")
    statement, condition = schema["$defs"]["statement"], schema["$defs"]["condition"]
    levels = {"statement": statement, "target": statement["properties"]["target"], "condition": condition}
    for place in places:
        level, _, name = place.partition("/")
        del levels[level]["properties"][name]
    return make_scheme(SCHEMA.name, schema, SCHEME.vocabularies)
