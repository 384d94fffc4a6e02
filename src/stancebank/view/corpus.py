"""The section of a dossier on the corpus: outlets, months, what may be shown, what is read, splits and reprints."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stancebank.model import EVERY_SPLIT, NO_SPLIT, Article, Placement, TextPolicy, split_order
from stancebank.pictures.bars import MOST_PARTS, WIDTH, Bar, BarGroup, draw_bars, draw_months
from stancebank.pictures.chains import WIDTH as CHAINS
from stancebank.pictures.chains import Chain, ChainLink, PartedTie, draw_chains, draw_parted
from stancebank.pictures.picture import Picture, PictureTable
from stancebank.pictures.svg import Drawing
from stancebank.publish.splitting import say_leak
from stancebank.view.collection import Collection
from stancebank.view.leaks import Leaks, find_leaks, name_of
from stancebank.view.section import Section

MOST_OUTLETS, MOST_TIES, MOST_CHAINS, MOST_REPRINTS = 30, 25, 25, 6
"""How many of each are drawn; tables have all."""

NOT_KNOWN = "not known"

_POLICIES = {TextPolicy.FULL: "whole text", TextPolicy.QUOTES: "quotations", TextPolicy.WITHHELD: "no words"}


@dataclass(frozen=True, slots=True)
class _Held:
    """What the section is about. readers: how many people have read an article, by its id; of a folder, None."""

    collection: Collection
    articles: Sequence[Article]
    placements: Mapping[str, Placement]
    readers: Mapping[str, int] | None

    def link(self, name: str) -> str:
        return f"#article-{name}"


def make_corpus(collection: Collection) -> Section | None:
    """Return the section on articles. None where there is none."""
    articles = [collection.article(each) for each in collection.article_ids]
    if not articles:
        return None
    workspace = collection.workspace
    placements = collection.side.placements
    readers = None
    if workspace:
        placements = workspace.store.placements() if collection.scheme.edition >= 2 else {}
        readers = {each.article_id: len(each.documents) for each in workspace.store.readings(least=1)}
    held = _Held(collection, articles, placements, readers)
    makers: tuple[Callable[[_Held], Picture | None], ...] = (
        _outlets,
        _months,
        _kinds,
        _splits,
        _leaks,
        _reprints,
    )
    made = (make(held) for make in makers)
    return Section("corpus", "Corpus", _intro(held), tuple(each for each in made if each))


def _intro(held: _Held) -> str:
    missing = []
    if not _placed(held):
        missing.append("No article is in a split, so that nothing can leak between splits.")
    if not any(each.reprint_of for each in held.articles):
        missing.append("No article reprints another one.")
    return " ".join(missing)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _ranked(counts: Mapping[str, int]) -> list[str]:
    """Return names, the most frequent first; what is not known comes last."""
    return sorted(counts, key=lambda each: (each == NOT_KNOWN, -counts[each], each))


def _outlet(article: Article) -> str:
    return (article.outlet.value.strip() if article.outlet else "") or NOT_KNOWN


# Outlets and months.


def _outlets(held: _Held) -> Picture:
    policies = [each for each in _POLICIES if any(one.rights.text_policy == each for one in held.articles)]
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in held.articles:
        counts[_outlet(each)][each.rights.text_policy] += 1
    order = _ranked({name: each.total() for name, each in counts.items()})
    shown = order if len(order) <= MOST_OUTLETS else order[: MOST_OUTLETS - 1]
    bars = [Bar(name, tuple(counts[name][each] for each in policies)) for name in shown]
    rest = order[len(shown) :]
    if rest:
        bars.append(
            Bar(f"{len(rest)} other outlets", tuple(sum(counts[name][each] for name in rest) for each in policies))
        )
    known = len(order) - (NOT_KNOWN in counts)
    caption = f"{_count(len(held.articles), 'article')} of {_count(known, 'outlet')}"
    if unknown := counts[NOT_KNOWN].total() if NOT_KNOWN in counts else 0:
        caption += f"; the outlet of {_count(unknown, 'article')} is not known"
    caption += ". Colours say what their text policy allows to be published."
    if rest:
        caption += f" {len(rest)} outlets with fewer articles are one bar; the table has all."
    drawing = Drawing(f"Articles by outlet. {caption}", WIDTH)
    drawing.height = draw_bars(drawing, [BarGroup("", bars)], [_POLICIES[each] for each in policies]) + 8
    rows = [[name, *(str(counts[name][each]) for each in policies), str(counts[name].total())] for name in order]
    head = ["outlet", *(_POLICIES[each] for each in policies), "articles"]
    table = PictureTable(head, rows, frozenset(range(1, len(head))))
    return Picture("outlets", "Articles by outlet", caption, drawing.svg(), table)


def _months(held: _Held) -> Picture:
    counts = Counter(map(_outlet, held.articles))
    order = _ranked(counts)
    parts = order if len(order) <= MOST_PARTS else order[: MOST_PARTS - 1]
    rest = len(order) - len(parts)
    names = [*parts, f"{rest} other outlets"] if rest else parts
    dated = [(each.published.value if each.published else "", _place(parts, _outlet(each))) for each in held.articles]
    drawing = Drawing("Articles by month of publication", WIDTH)
    drawn = draw_months(drawing, dated, names)
    caption = f"{_count(len(held.articles), 'article')} by {drawn.unit} of publication; colours are outlets."
    if drawn.aside:
        what = "no month" if drawn.unit == "month" else "no year"
        caption += f" {_count(drawn.aside, 'article')} with {what} {'stands' if drawn.aside == 1 else 'stand'} aside."
    if breaks := drawn.axis.say_breaks():
        caption += f" {breaks}"
    head = [drawn.unit, *names, "articles"]
    table = PictureTable(head, drawn.rows, frozenset(range(1, len(head))))
    return Picture("months", f"Articles by {drawn.unit}", caption, drawing.svg(), table)


def _place(parts: Sequence[str], name: str) -> int:
    return parts.index(name) if name in parts else len(parts)


# What they are, and what is read.


def _kinds(held: _Held) -> Picture:
    whole = len(held.articles)
    groups = [BarGroup("Gold", _gold_bars(held), whole)]
    if held.readers is not None:
        read = Counter(held.readers.get(each.id, 0) for each in held.articles)
        bars = [
            Bar("nobody" if not count else _count(count, "person", "people"), (read[count],)) for count in sorted(read)
        ]
        groups.append(BarGroup("Read by", bars, whole))
    languages = Counter(each.language_tag or NOT_KNOWN for each in held.articles)
    groups.append(BarGroup("Language", [Bar(name, (languages[name],)) for name in _ranked(languages)], whole))
    policies = Counter(each.rights.text_policy for each in held.articles)
    groups.append(
        BarGroup("Text policy", [Bar(str(each), (policies[each],)) for each in _POLICIES if policies[each]], whole)
    )
    gold = sum(each.id in held.collection.side.documents for each in held.articles)
    caption = f"{_count(len(held.articles), 'article')}, {gold} of them with gold."
    if held.readers is not None:
        caption += " Readings are of the present text, and of people."
    drawing = Drawing(f"What is read, and what may be shown. {caption}", WIDTH)
    drawing.height = draw_bars(drawing, groups) + 8
    rows = [[group.title, bar.name, str(bar.total)] for group in groups for bar in group.bars]
    table = PictureTable(["what", "value", "articles"], rows, frozenset({2}))
    return Picture("articles-read", "What is read, and what may be shown", caption, drawing.svg(), table)


def _gold_bars(held: _Held) -> list[Bar]:
    counts: Counter[str] = Counter()
    for each in held.articles:
        gold = held.collection.side.documents.get(each.id)
        named = "statements" if gold and gold.statements else "nothing to annotate" if gold else "no gold yet"
        counts[named] += 1
    return [Bar(name, (counts[name],)) for name in ("statements", "nothing to annotate", "no gold yet") if counts[name]]


# Splits.


def _placed(held: _Held) -> list[str]:
    """Return the splits that articles are in, in their order; those in none of them do not count."""
    found = {held.placements[each.id].split for each in held.articles if each.id in held.placements}
    return sorted(found - {NO_SPLIT}, key=split_order)


def _splits(held: _Held) -> Picture | None:
    if not _placed(held):
        return None
    articles = Counter(_split(held, each.id) for each in held.articles)
    statements: Counter[str] = Counter()
    for name, gold in held.collection.side.documents.items():
        statements[_split(held, name)] += len(gold.statements)
    folds: Counter[int] = Counter()
    for each in held.articles:
        if (place := held.placements.get(each.id)) and place.fold is not None:
            folds[place.fold] += 1
    names = [each for each in (*EVERY_SPLIT, _NOT_ASSIGNED) if articles[each]]
    groups = [
        BarGroup("Articles", [Bar(each, (articles[each],)) for each in names]),
        BarGroup("Statements in gold", [Bar(each, (statements[each],)) for each in names]),
    ]
    if folds:
        groups.append(
            BarGroup("Articles by fold", [Bar(f"fold {each}", (folds[each],)) for each in range(max(folds) + 1)])
        )
    placed = sum(articles[each] for each in _placed(held))
    caption = f"{placed} of {_count(len(held.articles), 'article')} are in a split."
    if articles[NO_SPLIT]:
        caption += f" {_count(articles[NO_SPLIT], 'article')} tied to several splits {_is(articles[NO_SPLIT])} in none."
    if articles[_NOT_ASSIGNED]:
        caption += f" {_count(articles[_NOT_ASSIGNED], 'article')} {_is(articles[_NOT_ASSIGNED])} not assigned yet."
    drawing = Drawing(f"Splits. {caption}", WIDTH)
    drawing.height = draw_bars(drawing, groups) + 8
    rows = [[group.title, bar.name, str(bar.total)] for group in groups for bar in group.bars]
    table = PictureTable(["what", "place", "number"], rows, frozenset({2}))
    return Picture("splits", "Splits", caption, drawing.svg(), table)


_NOT_ASSIGNED = "not assigned"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _split(held: _Held, name: str) -> str:
    return held.placements[name].split if name in held.placements else _NOT_ASSIGNED


def _leaks(held: _Held) -> Picture | None:
    splits = _placed(held)
    if not splits:
        return None
    found = find_leaks(held.collection, held.articles, held.placements)
    folds = sorted({each.fold for each in held.placements.values() if each.fold is not None})
    places = [*splits, *(f"fold {each}" for each in folds)]
    ties = [_parted(each) for each in (*found.parted, *found.parted_folds)]
    shown = ties[:MOST_TIES]
    caption = _say_leaks(found, splits, has_folds=len(folds) > 1)
    if len(ties) > MOST_TIES:
        caption += f" The first {MOST_TIES} are drawn; the table has all."
    drawing = Drawing(f"Leaks between splits. {caption}", CHAINS)
    if ties:
        used = [each for each in places if any(each in tie.counts for tie in shown)]
        draw_parted(drawing, shown, used)
    else:
        drawing.text(0, 18, "No leak", "f-ink strong", size=16)
        drawing.height = 28
    rows = [[tie.name, ", ".join(f"{place}: {count}" for place, count in tie.counts.items()), tie.told] for tie in ties]
    return Picture(
        "leaks", "Leaks between splits", caption, drawing.svg(), PictureTable(["tie", "articles", "what"], rows)
    )


def _parted(leak: Mapping[str, object]) -> PartedTie:
    articles = leak["articles"]
    assert isinstance(articles, Mapping)
    counts: Counter[str] = Counter()
    for place in articles.values():
        if place is not None and place != NO_SPLIT:
            counts[place if isinstance(place, str) else f"fold {place}"] += 1
    return PartedTie(name_of(leak), counts, say_leak(leak))


def _say_leaks(found: Leaks, splits: Sequence[str], *, has_folds: bool) -> str:
    if len(splits) == 1 and not has_folds:
        return f"No leak: every article that is in a split is in {splits[0]}."
    parts = []
    for parted, what, told in ((found.parted, "split", True), (found.parted_folds, "fold", has_folds)):
        if parted:
            parts.append(f"{_count(len(parted), 'tie')} between articles of more than one {what}.")
        elif told:
            parts.append(f"No leak between {what}s.")
    if found.ties is not None:
        parts.append(f"{_count(found.ties, 'tie')} of articles looked at.")
    if not found.compared:
        parts.append(
            "Looked at are reprints, equal texts, the groups of the settings, and words that gold has in common; for "
            "near copies, run: stancebank corpus split --dry-run."
        )
    return " ".join(parts)


# Reprints.


def _reprints(held: _Held) -> Picture | None:
    known = {each.id: each for each in held.articles}
    groups: defaultdict[str, list[Article]] = defaultdict(list)
    for each in held.articles:
        if each.reprint_of:
            groups[each.reprint_of].append(each)
    if not groups:
        return None
    for group in groups.values():
        group.sort(key=lambda each: (each.published.value if each.published else "~", each.id))
    order = sorted(groups, key=lambda each: (-len(groups[each]), each))
    chains = [
        Chain(
            _link(held, known[name]) if name in known else ChainLink(name, "", is_here=False),
            [_link(held, each) for each in groups[name][:MOST_REPRINTS]],
            max(0, len(groups[name]) - MOST_REPRINTS),
        )
        for name in order[:MOST_CHAINS]
    ]
    count = sum(map(len, groups.values()))
    caption = f"{_count(count, 'reprint')} of {_count(len(groups), 'article')}; the first printing is on the left."
    if away := sum(name not in known for name in groups):
        caption += f" {_count(away, 'first printing')} {_is(away)} not in this collection, and drawn dashed."
    if len(order) > MOST_CHAINS:
        caption += f" The {MOST_CHAINS} with most reprints are drawn; the table has all."
    drawing = Drawing(f"Reprints. {caption}", CHAINS)
    draw_chains(drawing, chains)
    pairs = [(each, name) for name in order for each in groups[name]]
    rows = [[_said(known, each.id), _date(each), _said(known, name)] for each, name in pairs]
    links = tuple(
        (row, column, held.link(of))
        for row, (each, name) in enumerate(pairs)
        for column, of in ((0, each.id), (2, name))
        if of in known
    )
    table = PictureTable(["reprint", "published", "of"], rows, links=links)
    return Picture("reprints", "Reprints", caption, drawing.svg(), table)


def _link(held: _Held, article: Article) -> ChainLink:
    return ChainLink(_outlet(article) if article.outlet else article.id, _date(article), held.link(article.id))


def _date(article: Article) -> str:
    return article.published.value if article.published else ""


def _said(known: Mapping[str, Article], name: str) -> str:
    outlet = _outlet(known[name]) if name in known else ""
    return f"{outlet}: {name}" if outlet and outlet != NOT_KNOWN else name
