"""The view of tokens."""

from stancebank.publish.tags import LABELS, LAYERS, tag_names
from stancebank.publish.views.columns import Column, ListOf, Struct, View
from stancebank.publish.views.groups import IDS, READING, RIGHTS
from stancebank.publish.views.passages import PASSAGE


def tags_column(label: str, layer: int) -> str:
    """Return the name of the column that holds the tags of a label in a layer."""
    return f"{label}_tags" + f"_{layer}" * (layer > 1)


def tag_ids_column(label: str, layer: int) -> str:
    """Return the name of the column that holds the same tags as class labels."""
    return f"{label}_tag_ids" + f"_{layer}" * (layer > 1)


def _tags(label: str, layer: int) -> Column:
    which = f"Tags of the tokens for `{label}`" if layer == 1 else f"Tags for what overlaps those of `{label}_tags`"
    return Column(tags_column(label, layer), IDS, f"{which}: {', '.join(f'`{tag}`' for tag in tag_names(label))}.")


def _tag_ids(label: str, layer: int) -> Column:
    name = tags_column(label, layer)
    meaning = f"The same as `{name}` by number, counted from 0; class labels."
    return Column(tag_ids_column(label, layer), ListOf("int64"), meaning, classes=tag_names(label))


_PAIRS = [(label, layer) for layer in LAYERS for label in LABELS]

TOKENS = View(
    "tokens",
    "One row a passage, its tokens tagged in BIO for speaker, cue, content, target and condition, in two layers.",
    (
        *PASSAGE,
        Column("n_tokens", "int64", "How many tokens it has."),
        *RIGHTS,
        *READING,
        Column("tokens", IDS, "The tokens.", words=True),
        *(_tags(label, layer) for label, layer in _PAIRS),
        Column(
            "token_begins",
            ListOf("int64"),
            "First code point of each token in the passage; plus `begin`: in the article.",
        ),
        Column("token_ends", ListOf("int64"), "One past the last code point of each token in the passage."),
        *(_tag_ids(label, layer) for label, layer in _PAIRS),
        Column(
            "spans",
            ListOf(
                Struct(
                    (
                        Column("label", "string", "What the span is: one of the tagged labels."),
                        Column("begin", "int64", "First code point in the passage."),
                        Column("end", "int64", "One past the last code point in the passage."),
                        Column("first_token", "int64", "First token that it touches, counted from 0."),
                        Column("last_token", "int64", "Last token that it touches."),
                        Column("exact", "bool", "Whether it begins and ends where tokens do; else tags reach further."),
                        Column("layer", "int64", "Layer in which it is tagged; null where it fits in none."),
                        Column(
                            "ids",
                            IDS,
                            "Ids of the statements, or conditions, that it belongs to.",
                            refers=("statements", "conditions"),
                        ),
                    )
                )
            ),
            "Every span that begins in the passage, as annotated: the truth, of which tags are an image.",
        ),
    ),
    whole_text=True,
)
