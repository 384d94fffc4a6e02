"""What stands around the text in the interface: the guidelines in a nutshell, to be unfolded, and the style sheet."""

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from stancebank.annotate.controls import Profile, labels

STYLE = (
    ".stancebank .desk { display: flex; gap: 16px; align-items: flex-start; }",
    ".stancebank .page { flex: 1 1 0; min-width: 0; }",
    ".stancebank .answers { flex: 0 0 400px; position: sticky; top: 0; display: grid; "
    "grid-template-columns: 1fr 1fr; gap: 0 10px; align-content: start; "
    "max-height: calc(100vh - 150px); overflow: auto; }",
    ".stancebank .page .lsf-labels { position: sticky; top: 0; z-index: 5; padding: 6px 0; "
    "background: var(--color-neutral-background, #fff); border-bottom: 1px solid #ccc; }",
    ".stancebank .lsf-htx-richtext { line-height: 2.1; font-size: 16px; white-space: pre-wrap; max-height: none; }",
    ".stancebank .lsf-richtext__line { display: inline-block; min-width: 100%; "
    "unicode-bidi: plaintext; text-align: start; }",
    ".stancebank .answers .question, .stancebank .answers .new-names { grid-column: 1 / -1; min-width: 0; }",
    ".stancebank .answers .half { grid-column: auto; }",
    ".stancebank h4 { margin: 6px 0 0 !important; font-size: 13px !important; line-height: 1.3 !important; }",
    ".stancebank .htx-taxonomy { width: 100%; min-width: 0 !important; }",
    ".stancebank .guide h4 { font-weight: normal !important; }",
)

_NUTSHELL = (
    "A statement is one speaker's position on one target. Another speaker, target or stance: another content (G-01).",
    "Stance, first answer that fits: 1 a report or forecast: affirm, deny, doubt. 2 speaks for one who would take "
    "part: reject, open, offer. 3 otherwise: demand, support, disapprove (G-31).",
    "Condition: a word joins it to the position (G-46). Role, first that fits: given up: waived; named as not enough: "
    "even_if; necessary: only_if; an exception: unless; lasts: while; else if (G-54 to G-59).",
    "And: the same group. Or: a new group (G-63). A ground is no condition (G-48).",
    "Mark first, a number and a drag for each span; then click each region and answer for it. While a region is "
    "selected a number would give it another label: press Esc, until its questions are gone, before you mark again.",
    "Ties: what lies inside a content, or is alone with it in the paragraph, needs no arrow. Otherwise select the "
    "region, press Alt+R, click the content. A piece goes to what it continues, a via to the next inner via or the "
    "content, a repetition to the fullest content (G-26, G-68).",
    "Left out: force is plain, attribution is read from the quotation marks, a known name needs no choice.",
)


def leaflet(profile: Profile) -> Iterator[str]:
    """Yield the panel with the guidelines in a nutshell, closed at first."""
    yield '<Collapse bordered="true">'
    yield '  <Panel value="Guidelines in a nutshell (annotate/GUIDELINES.md has the whole)">'
    yield '    <View className="guide">'
    for words in _NUTSHELL:
        yield f'      <Header size="6" value={quoteattr(words)}/>'
    for label in labels(profile):
        yield f'      <Header size="6" value={quoteattr(f"{label.key} {label.title}: {label.hint}")}/>'
    yield "    </View>"
    yield "  </Panel>"
    yield "</Collapse>"
