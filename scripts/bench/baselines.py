#!/usr/bin/env python
"""Predict the statements of a release by three baselines, and score them: can the labels be learnt from the data?

Usage: .venv/bin/python scripts/bench/baselines.py RELEASE [--test OTHER] [--out DIR] [--folds N]

RELEASE is a folder that `stancebank publish build` has written, with the words of its articles. Prints a Markdown
table of F1 to stdout; with --out, writes a file of predictions for each baseline, such as learnt.jsonl, to be scored
again with `stancebank publish score`.

- trivial: every quotation is a content; speaker, target and stance are the most frequent ones of the other articles.
- cue: every sentence with a word that attributes is a statement: its quotation, or what follows the word, or what
  precedes it. The stance is the most frequent one of this word in the other articles, the target the most frequent of
  all; the speaker is the known name that stands nearest.
- learnt: contents and conditions are tagged token by token, and stance, target, role and kind are read off their
  words, by logistic regressions; the speaker is the known name that stands nearest. Nothing but scikit-learn, on a
  CPU, without any model from elsewhere.

An article is predicted from articles of other events only, so that no copy of a story helps. With --folds, the events
are held out in so many groups, which takes less time and leaves fewer articles to learn from.

With --test, all is learnt from RELEASE and predicted for OTHER, a folder of the same scheme with its words. Of OTHER
nothing is known but its texts and its registries: names of actors, and which targets there are.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from threadpoolctl import threadpool_limits

from stancebank.corpus.language import load_language
from stancebank.corpus.selectors import quotations
from stancebank.publish.parquet import read_table
from stancebank.publish.predictions import read_predictions
from stancebank.publish.published import read_published
from stancebank.publish.score import score_predictions
from stancebank.publish.tables.fields import bounds
from stancebank.schema.fields import Scheme

ZONES = frozenset({"title", "standfirst", "body", "caption"})
TOKEN = re.compile(r"\w+(?:[’'-]\w+)*|[^\w\s]")
CONNECTIVES = {"if", "unless", "until", "once", "while", "when", "without", "only", "even", "provided", "as", "because"}
PRONOUNS = {"he", "she", "they", "it", "his", "her", "their", "its"}
Span = tuple[int, int]


@dataclass(frozen=True)
class Story:
    """An article of the release: its text, the stretches that are annotated, its event and its gold rows."""

    article_id: str
    event: str
    text: str
    paragraphs: tuple[Span, ...]
    rows: tuple[dict[str, Any], ...]


def read_stories(release: Path) -> list[Story]:
    """Read the articles whose words are shown, with the rows of their statements."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for file in (release / "statements").glob("*.parquet"):
        for row in read_table(file).to_pylist():
            rows.setdefault(row["article_id"], []).append(row)
    stories = []
    for file in (release / "articles").glob("*.parquet"):
        for row in read_table(file).to_pylist():
            if row["text"] is None:
                continue
            stretches = [bounds(zone) for zone in row["zones"] if zone["zone"] in ZONES]
            paragraphs = tuple(
                (begin + line.start(), begin + line.end())
                for begin, end in stretches
                for line in re.finditer(r"[^\n]+", row["text"][begin:end])
                if line[0].strip()
            )
            event = row["event"] or row["article_id"]
            stories.append(
                Story(row["article_id"], event, row["text"], paragraphs, tuple(rows.get(row["article_id"], [])))
            )
    return stories


@dataclass(frozen=True)
class Known:
    """What is known of the articles that are predicted: names of actors with their ids, and which targets there are."""

    names: dict[str, str]
    targets: frozenset[str] | None = None

    @classmethod
    def of_stories(cls, stories: Sequence[Story]) -> "Known":
        """Know the speakers of some stories by the names that they have there."""
        names: dict[str, Counter[str]] = {}
        for row in (row for story in stories for row in story.rows):
            for name in (row["speaker_name"], row["speaker_mention"]):
                if name and name.lower() not in PRONOUNS:
                    names.setdefault(name, Counter())[row["speaker_id"]] += 1
        return cls({name: counts.most_common(1)[0][0] for name, counts in names.items()})

    @classmethod
    def of_registries(cls, release: Path) -> "Known":
        """Know the actors and targets of a release."""
        actors = [row for file in (release / "entities").glob("*.parquet") for row in read_table(file).to_pylist()]
        targets = [row for file in (release / "targets").glob("*.parquet") for row in read_table(file).to_pylist()]
        names = {name: row["entity_id"] for row in actors for name in (*row["aliases"], row["name"])}
        return cls(names, frozenset(row["target_id"] for row in targets) | {"unspecified"})

    def named(self, story: Story, paragraph: Span) -> list[tuple[int, int, str]]:
        """The known names of a paragraph, longer ones first where they overlap."""
        begin, end = paragraph
        found: list[tuple[int, int, str]] = []
        for name in sorted(self.names, key=len, reverse=True):
            for match in re.finditer(rf"\b{re.escape(name)}\b", story.text[begin:end]):
                place = (begin + match.start(), begin + match.end())
                if not any(place[0] < other[1] and other[0] < place[1] for other in found):
                    found.append((*place, self.names[name]))
        return found


def nearest(named: Sequence[tuple[int, int, str]], content: Span, last: str) -> str:
    """The name that stands nearest to a content and outside of it; else the last speaker."""
    begin, end = content
    outside = [each for each in named if each[1] <= begin or each[0] >= end]
    return min(outside, key=lambda each: min(abs(each[1] - begin), abs(each[0] - end)))[2] if outside else last


# tokens


def tokens_of(story: Story, paragraph: Span) -> list[Span]:
    begin, end = paragraph
    return [(begin + match.start(), begin + match.end()) for match in TOKEN.finditer(story.text[begin:end])]


def features(story: Story, tokens: Sequence[Span], quoted: Sequence[Span]) -> list[dict[str, Any]]:
    """What a token shows: itself, its neighbours, whether it is quoted, and what came before it in its sentence."""
    words = [story.text[begin:end] for begin, end in tokens]
    found = []
    sentence: list[str] = []
    for place, (word, (begin, _)) in enumerate(zip(words, tokens, strict=True)):
        lower = word.lower()
        shown: dict[str, Any] = {
            "word": lower,
            "end": lower[-3:],
            "shape": "upper" if word[0].isupper() else "digit" if word[0].isdigit() else "lower",
            "quoted": any(b <= begin < e for b, e in quoted),
            "first": not sentence,
            "that": "that" in sentence,
        }
        for offset in (-3, -2, -1, 1, 2, 3):
            near = place + offset
            shown[f"word{offset:+}"] = words[near].lower() if 0 <= near < len(words) else "<edge>"
        for before in sentence[-8:]:
            shown[f"before:{before}"] = True
        for before in sentence:
            if before in CONNECTIVES:
                shown[f"open:{before}"] = True
        found.append(shown)
        sentence = [] if word in ".!?" else [*sentence, lower]
    return found


def tag(tokens: Sequence[Span], spans: Sequence[Span]) -> list[str]:
    """B for the first token of a span, I inside one, O elsewhere."""
    tags = []
    for begin, end in tokens:
        holder = next((span for span in spans if span[0] <= begin and end <= span[1]), None)
        tags.append("O" if holder is None else "B" if holder[0] == begin else "I")
    return tags


def untag(tokens: Sequence[Span], tags: Sequence[str], least: int) -> list[Span]:
    """Spans of the tags; holes of one or two tokens are closed, spans of fewer tokens than the least are dropped."""
    tags = list(tags)
    for place in range(1, len(tags) - 1):
        if tags[place] == "O" and tags[place - 1] != "O" and "I" in tags[place + 1 : place + 3]:
            tags[place] = "I"
    groups: list[list[Span]] = []
    before = "O"
    for token, label in zip(tokens, tags, strict=True):
        if label == "B" or (label == "I" and before == "O"):
            groups.append([token])
        elif label == "I":
            groups[-1].append(token)
        before = label
    return [(group[0][0], group[-1][1]) for group in groups if len(group) >= least]


def tagger() -> Pipeline:
    weights = {"O": 1, "I": 1.2, "B": 2}
    return make_pipeline(DictVectorizer(), LogisticRegression(C=3, max_iter=400, class_weight=weights))


def reader() -> Pipeline:
    grams = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+"),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
    )
    return make_pipeline(grams, LogisticRegression(C=20, max_iter=400, class_weight="balanced"))


# the three baselines


def most_frequent(rows: Sequence[dict[str, Any]], key: str, known: Known) -> str:
    """The most frequent value of a column; of targets, among those that there are."""
    values = Counter(str(row[key]) for row in rows)
    allowed = [each for each in values.most_common() if key != "target_id" or is_there(each[0], known)]
    return (allowed or values.most_common())[0][0]


def is_there(target: str, known: Known) -> bool:
    return known.targets is None or target in known.targets


def trivial(story: Story, others: Sequence[Story], known: Known) -> list[dict[str, Any]]:
    rows = [row for other in others for row in other.rows]
    return [
        {
            "content": [{"begin": begin, "end": begin + len(story.text[begin:end].rstrip(",. "))}],
            "speaker": {"entity": most_frequent(rows, "speaker_id", known)},
            "target": {"id": most_frequent(rows, "target_id", known)},
            "stance": most_frequent(rows, "stance", known),
            "attribution": "direct",
        }
        for begin, end in quotations(story.text)
        if any(first <= begin and end <= last for first, last in story.paragraphs)
    ]


def by_cue(story: Story, others: Sequence[Story], known: Known) -> Iterator[dict[str, Any]]:
    rows = [(row, other.text[slice(*bounds(row["cue_span"]))]) for other in others for row in other.rows if row["cue"]]
    stances: dict[str, Counter[str]] = {}
    for row, cue in rows:
        stances.setdefault(cue.lower().split()[0], Counter())[row["stance"]] += 1
    every = [row for other in others for row in other.rows]
    usual, target = most_frequent(every, "stance", known), most_frequent(every, "target_id", known)
    quoted, cues, last = quotations(story.text), load_language("en").cues, ""
    for paragraph in story.paragraphs:
        named = known.named(story, paragraph)
        for begin, end in sentences(story, paragraph, quoted):
            places = [(begin + each.start(), begin + each.end()) for each in cues.finditer(story.text[begin:end])]
            outside = [each for each in places if not any(b <= each[0] < e for b, e in quoted)]
            if not outside:
                continue
            cue = outside[0]
            said = [each for each in quoted if begin <= each[0] and each[1] <= end]
            rest = max((begin, cue[0]), (cue[1], end), key=lambda each: each[0] == cue[1] and each[1] - each[0] > 20)
            content = [content for each in said or [rest] if (content := trimmed(story.text, each))]
            if not content:
                continue
            last = nearest(named, content[0], last)
            word = story.text[slice(*cue)].lower().split()[0]
            yield {
                "content": [{"begin": first, "end": after} for first, after in content],
                "speaker": {"entity": last or "unknown"},
                "target": {"id": target},
                "stance": stances[word].most_common(1)[0][0] if word in stances else usual,
                "attribution": "direct" if said else "indirect",
            }


def sentences(story: Story, paragraph: Span, quoted: Sequence[Span]) -> Iterator[Span]:
    """The sentences of a paragraph; one that goes on behind a quotation is not ended by what ends the quotation."""
    begin, end = paragraph
    first = begin
    for match in re.finditer(r"[.!?][”\"’)]*\s+(?=[“\"‘(]?[A-Z])", story.text[begin:end]):
        if not any(b <= begin + match.start() < e - 1 for b, e in quoted):
            yield first, begin + match.end()
            first = begin + match.end()
    yield first, end


def trimmed(text: str, span: Span) -> Span | None:
    """A span without white space, stops and an introducing *that*; None where no three words are left."""
    begin, end = span
    words = text[begin:end]
    begin += len(words) - len(re.sub(r"^[\s,:;]*(?:that\s+)?", "", words))
    end = begin + len(text[begin:end].rstrip(" ,.:;\n"))
    return (begin, end) if len(text[begin:end].split()) >= 3 else None


@dataclass(frozen=True)
class Learnt:
    """What was learnt from some stories."""

    contents: Pipeline
    conditions: Pipeline
    readers: dict[str, Pipeline]

    @classmethod
    def of(cls, stories: Sequence[Story]) -> "Learnt":
        shown: list[dict[str, Any]] = []
        contents: list[str] = []
        conditions: list[str] = []
        texts: dict[str, list[tuple[str, str]]] = {
            key: [] for key in ("stance", "target", "attribution", "role", "kind")
        }
        for story in stories:
            quoted = quotations(story.text)
            spans = [bounds(each) for row in story.rows for each in row["content_spans"]]
            parts = [c for row in story.rows for c in row["conditions"]]
            inner = [bounds(each) for part in parts for each in part["spans"]]
            spans.sort(key=lambda span: span[0] - span[1])
            for paragraph in story.paragraphs:
                tokens = tokens_of(story, paragraph)
                shown += features(story, tokens, quoted)
                contents += tag(tokens, spans)
                conditions += tag(tokens, inner)
            for row in story.rows:
                words = with_context(story, [bounds(each) for each in row["content_spans"]])
                for key, value in (("stance", "stance"), ("target", "target_id"), ("attribution", "attribution")):
                    texts[key].append((words, row[value]))
            texts["role"] += [(part["text"], part["role"]) for part in parts]
            texts["kind"] += [(part["text"], part["kind"]) for part in parts if part["kind"]]
        return cls(
            tagger().fit(shown, contents),
            tagger().fit(shown, conditions),
            {key: reader().fit(*zip(*pairs, strict=True)) for key, pairs in texts.items()},
        )

    def predict(self, story: Story, known: Known, scheme: Scheme) -> Iterator[dict[str, Any]]:
        quoted = quotations(story.text)
        last = ""
        for paragraph in story.paragraphs:
            tokens = tokens_of(story, paragraph)
            if not tokens:
                continue
            shown = features(story, tokens, quoted)
            inner = untag(tokens, self.conditions.predict(shown), 2)
            named = known.named(story, paragraph)
            for begin, end in untag(tokens, self.contents.predict(shown), 3):
                last = nearest(named, (begin, end), last)
                words = with_context(story, [(begin, end)])
                yield {
                    "content": [{"begin": begin, "end": end}],
                    "speaker": {"entity": last or "unknown"},
                    "stance": self.read("stance", words),
                    "target": {"id": self.read("target", words, known.targets)},
                    "attribution": self.read("attribution", words),
                    "conditions": [
                        self.condition(story, each, known, scheme)
                        for each in inner
                        if begin <= each[0] and each[1] <= end
                    ],
                }

    def condition(self, story: Story, span: Span, known: Known, scheme: Scheme) -> dict[str, Any]:
        words = story.text[span[0] : span[1]]
        role = self.read("role", words)
        found: dict[str, Any] = {"spans": [{"begin": span[0], "end": span[1]}], "role": role}
        waives = role in scheme.vocabularies.flagged("condition_role", "is_waiver")
        return found if waives else found | {"kind": self.read("kind", words, known.targets)}

    def read(self, key: str, words: str, among: frozenset[str] | None = None) -> str:
        """The most likely value of a field. among: those that there are."""
        reader = self.readers[key]
        likely = zip(reader.predict_proba([words])[0], reader.classes_, strict=True)
        return str(max((chance, value) for chance, value in likely if among is None or value in among)[1])


def with_context(story: Story, spans: Sequence[Span]) -> str:
    """The words of a content with the forty characters on either side, marked as such."""
    words = " ".join(story.text[begin:end] for begin, end in spans)
    before = story.text[max(0, spans[0][0] - 40) : spans[0][0]].rpartition("\n")[2]
    after = story.text[spans[-1][1] : spans[-1][1] + 40].partition("\n")[0]
    around = re.sub(r"(\w+)", r"near_\1", f"{before} {after}")
    return f"{words} {around}"


Predicted = dict[str, dict[str, list[dict[str, Any]]]]
"""By baseline, then by article: statements in the form of prediction.schema.json."""


def predict(stories: Sequence[Story], others: Sequence[Story], known: Known, scheme: Scheme) -> Predicted:
    """Predict stories by all baselines, from other stories."""
    model = Learnt.of(others)
    return {
        "trivial": {story.article_id: trivial(story, others, known) for story in stories},
        "cue": {story.article_id: list(by_cue(story, others, known)) for story in stories},
        "learnt": {story.article_id: list(model.predict(story, known, scheme)) for story in stories},
    }


def predict_all(stories: Sequence[Story], scheme: Scheme, folds: int | None = None) -> Predicted:
    """Predict every story from the stories of other events. folds: in how many groups of events."""
    found: Predicted = {}
    events = sorted({story.event for story in stories})
    for number in range(folds or len(events)):
        held_out = events[number :: folds or len(events)]
        others = [story for story in stories if story.event not in held_out]
        mine = [story for story in stories if story.event in held_out]
        for name, predictions in predict(mine, others, Known.of_stories(others), scheme).items():
            found.setdefault(name, {}).update(predictions)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", metavar="RELEASE", type=Path)
    parser.add_argument("--test", metavar="OTHER", type=Path, help="predict this folder, from all of RELEASE")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where to write the predictions")
    parser.add_argument("--folds", metavar="N", type=int, help="hold events out in N groups; else one by one")
    options = parser.parse_args()
    stories = read_stories(options.release)
    tested = read_stories(options.test) if options.test else []
    if len({story.event for story in stories}) < 2 and not options.test:
        sys.exit(f"{options.release} shows the words of fewer than two events, so that nothing can be held out.")
    for folder, found in ((options.release, stories), *(((options.test, tested),) if options.test else ())):
        if not found:
            sys.exit(f"{folder} shows the words of no article.\nHint: build it with --text full, for your own use.")
    out = options.out or options.release.parent / f"{options.release.name}-predictions"
    out.mkdir(parents=True, exist_ok=True)
    published = read_published(options.test or options.release)
    with threadpool_limits(1):  # the matrices are small: threads that wait for one another take ten times as long
        if options.test:
            predicted = predict(tested, stories, Known.of_registries(options.test), published.scheme)
        else:
            predicted = predict_all(stories, published.scheme, options.folds)
    scores = {}
    for name, predictions in predicted.items():
        path = out / f"{name}.jsonl"
        lines = [json.dumps({"article_id": key, "statements": value}) for key, value in sorted(predictions.items())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        scores[name] = score_predictions(read_predictions(path, published.scheme), published).score
    print(f"| F1 | {' | '.join(scores)} |\n|---|{'---:|' * len(scores)}")
    for measure in next(iter(scores.values())).measures:
        cells = [f"{each.measures[measure].f1 or 0:.1%}" for each in scores.values()]
        print(f"| {measure} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
