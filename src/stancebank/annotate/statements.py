"""Statements, put together from regions that are tied: what was chosen, what is inferred, and what is missing."""

from typing import cast

from stancebank.annotate.conditions import make_conditions
from stancebank.annotate.ledger import Ledger
from stancebank.annotate.regions import Region
from stancebank.annotate.sources import Sources, id_of
from stancebank.check.spans import quoted_words
from stancebank.model import Attribution, DateBasis, Force, Mention, SaidOn, Span, Stance, Statement, Target

Pieces = list[tuple[Region, int | None]]


def make_statement(sources: Sources, ledger: Ledger, region: Region) -> Statement | None:
    """Return the statement that a content region started; None, with a fault, where it lacks what it needs.

    ledger: gets pointers below the statement. `same_as` is left open: it ties statements.
    """
    stance = sources.chosen(ledger, region, "stance", Stance, "/stance")
    target = _target(sources, ledger, region)
    mentions = _single(sources, ledger, region, "speaker")
    speaker = _speaker(sources, ledger, region, mentions)
    lacking = [what for what, value in (("stance", stance), ("target", target), ("speaker", speaker)) if value is None]
    if target is None or speaker is None or stance is None:
        hint = f"select it and choose its {' and its '.join(lacking)}"
        ledger.fault(region.item, region.id, f"a content without {' and without '.join(lacking)}.", hint)
        return None
    content = sources.put_spans(ledger, "/content", [(region, None), *sources.low(region.id, "more")])
    cue = _span(sources, ledger, _single(sources, ledger, region, "cue"), "/cue")
    conditions = make_conditions(sources, ledger, region)
    grounds = sources.low(region.id, "reason")
    pieces = [piece for ground, _ in grounds for piece in sources.low(ground.id, "more")]
    if "doubt" in region.answers:
        ledger.put("/doubt", region.answers["doubt"].item)
    return Statement(
        id=id_of(region),
        content=content,
        speaker=speaker,
        cue=cue,
        attribution=_attribution(sources, ledger, region, content, cue),
        via=_via(sources, ledger, region, mentions),
        stance=cast("Stance", stance),
        force=_force(sources, ledger, region),
        target=target,
        conditions=conditions,
        reason=sources.put_spans(ledger, "/reason", [*grounds, *pieces]),
        said_on=_said_on(sources, ledger, region),
        doubt="doubt" in region.answers,
        note=sources.written(ledger, region, "note", "/note"),
    )


def _single(sources: Sources, ledger: Ledger, content: Region, label: str) -> Pieces:
    """Return the one region of a label that a content may have; further ones are faults."""
    found = sources.low(content.id, label)
    for region, arrow in found[1:]:
        reason = f"{content.id} has another {label} already, {found[0][0].id}."
        ledger.fault(region.item if arrow is None else arrow, region.id, reason, "keep one of them")
    if found and len(sources.bounds[found[0][0].id]) > 1:
        region = found[0][0]
        ledger.fault(region.item, region.id, f"a {label} over several paragraphs.", "mark words of one paragraph")
        return []
    return found[:1]


def _span(sources: Sources, ledger: Ledger, pieces: Pieces, pointer: str) -> Span | None:
    for region, arrow in pieces:
        ledger.put(pointer, region.item, arrow)
        return sources.spans([region.id])[0]
    return None


def _speaker(sources: Sources, ledger: Ledger, content: Region, mentions: Pieces) -> Mention | None:
    entity = sources.one(ledger, content, "entity", "/speaker/entity")
    for region, _ in mentions:
        other = sources.one(ledger, region, "entity", "/speaker/entity")
        if entity and other and entity != other:
            ledger.placed.pop(region.answers["entity"].item, None)
            ledger.fault(
                region.answers["entity"].item, region.id, f"{other} here, {entity} there.", "choose one speaker"
            )
        entity = entity or other
        if entity is None and (entity := sources.names.mentioned(sources.words(region))):
            ledger.infer(region.id, f"the speaker is {entity}: no other is called so (G-17).")
    if entity is None:
        return None
    return Mention(entity=entity, span=_span(sources, ledger, mentions, "/speaker/span"))


def _target(sources: Sources, ledger: Ledger, region: Region) -> Target | None:
    target = sources.one(ledger, region, "target_id", "/target/id")
    if target is None:
        return None
    return Target(
        id=target,
        parties=sources.listed(ledger, region, "parties", "/target/parties"),
        mediators=sources.listed(ledger, region, "mediators", "/target/mediators"),
        agents=sources.listed(ledger, region, "agents", "/target/agents"),
        scope=sources.written(ledger, region, "scope", "/target/scope"),
        span=_span(sources, ledger, _single(sources, ledger, region, "target"), "/target/span"),
    )


def _attribution(
    sources: Sources, ledger: Ledger, region: Region, content: tuple[Span, ...], cue: Span | None
) -> Attribution:
    chosen = sources.chosen(ledger, region, "attribution", Attribution, "/attribution")
    if chosen is not None:
        return cast("Attribution", chosen)
    inside, outside = quoted_words(content, sources.quoted, sources.text)
    found: Attribution = "direct" if not outside else "mixed" if inside else "indirect"
    why = f"{inside} of {inside + outside} words stand in quotation marks"
    if cue and any(span.begin <= cue.begin and cue.end <= span.end for span in content):
        found, why = "reported", "its cue lies inside it"
    ledger.infer(region.id, f"attribution {found}: {why} (G-21 to G-24).")
    return found


def _force(sources: Sources, ledger: Ledger, region: Region) -> Force:
    chosen = sources.chosen(ledger, region, "force", Force, "/force")
    if chosen is None:
        ledger.infer(region.id, "force plain: none was chosen (G-39, G-40).")
    return cast("Force", chosen or "plain")


def _said_on(sources: Sources, ledger: Ledger, region: Region) -> SaidOn | None:
    basis = sources.chosen(ledger, region, "date_basis", DateBasis, "/said_on/basis")
    date = sources.written(ledger, region, "said_on", "/said_on/date")
    if date is None:
        if basis is not None:
            ledger.placed.pop(region.answers["date_basis"].item)
            ledger.fault(region.answers["date_basis"].item, region.id, f"{basis}, and no date.", "write the date")
        return None
    if basis is None:
        ledger.infer(region.id, f"the date {date} is stated: no basis was chosen (G-69).")
    return SaidOn(date=date, basis=cast("DateBasis", basis or "stated"))


def _via(sources: Sources, ledger: Ledger, content: Region, mentions: Pieces) -> tuple[Mention, ...]:
    """Return who stands in between, outermost first: the marked ones, and on their outside and inside the unmarked."""
    chain: Pieces = []
    if len(sources.low(content.id, "via")) > 1:
        ledger.infer(content.id, "several via, without an arrow between them: outermost first as in the text (G-26).")
    for high in (content, *(region for region, _ in mentions)):
        for via in reversed(sources.low(high.id, "via")):
            _outwards(sources, via, chain)
    chain.reverse()
    made: list[Mention] = []
    for question in ("via_outer", "", "via_inner"):
        if question:
            entity = sources.one(ledger, content, question, f"/via/{len(made)}/entity")
            made += [Mention(entity=entity)] if entity else []
            continue
        for region, arrow in chain:
            entity = sources.one(ledger, region, "entity", f"/via/{len(made)}/entity")
            if entity is None and (entity := sources.names.mentioned(sources.words(region))):
                ledger.infer(region.id, f"via {entity}: no other is called so (G-26).")
            if entity is None:
                ledger.fault(region.item, region.id, "a via without a name.", "select it and choose who it is")
            else:
                made.append(
                    Mention(entity=entity, span=_span(sources, ledger, [(region, arrow)], f"/via/{len(made)}/span"))
                )
    return tuple(made)


def _outwards(sources: Sources, via: tuple[Region, int | None], chain: Pieces) -> None:
    """Add a via and those that stand outside of it, innermost first."""
    if all(via[0].id != region.id for region, _ in chain):
        chain.append(via)
        for outer in reversed(sources.low(via[0].id, "via")):
            _outwards(sources, outer, chain)
