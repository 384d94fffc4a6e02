"""The tree of a web page: its words as a reader sees them, its headline, summaries and captions, by what it marks."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from stancebank.errors import InputError
from stancebank.search import BIDI, SOFT

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
STANDFIRST = re.compile(
    r"(?:^|[\s_-])(?:standfirst|lead|lede|leadtext|dek|deck|subtitle|sub-title|subhead|subheadline|summary|vorspann"
    r"|teaser-?text|intro|chapo|chapeau|entradilla|bajada|sommario|ingress)(?:$|[\s_-])",
    re.I,
)
"""What the summary between headline and text is called."""

_CAPTION = re.compile(r"(?:^|[\s_-])caption|captiontext|bildunterschrift|(?:^|[\s_-])legende", re.I)
_CREDIT = re.compile(r"credit|copyright|(?:^|[\s_-])(?:source|quelle|photographer|fotograf)(?:$|[\s_-])", re.I)
_SHELF = re.compile(
    r"cookie|consent|share|social|newsletter|promo|advert|(?:^|[\s_-])ads?(?:$|[\s_-])|byline|author|autor|meta|related"
    r"|teaser(?!-?text)|breadcrumb|comment|toolbar|subscri|skip|infobox|hidden|tags",
    re.I,
)
_APART = ("nav", "aside", "footer", "form", "button", "dialog")
_UNSEEN = ("script", "style", "noscript", "template", "svg", "iframe", "button", "select", "textarea")
_BLOCKS = (*HEADINGS, "p", "li", "dd", "dt", "blockquote", "figcaption", "td", "th", "div", "section", "pre")
_APART_IN_LINE = frozenset((*_BLOCKS, "br", "figure", "small"))  # a space stands where these begin and end
_WHOLE = (*HEADINGS, "p", "li", "blockquote", "figcaption")  # blocks even where others are in them
_NAMED = ("small", "cite", "span", "p", "div", "em", "i")  # elements in which a credit may be
_TEASER = 450  # characters that a teaser has at most, with its headline
_LONG_CELL = 300  # characters that no cell of data has

_NAMING = ("class", "id", "itemprop", "data-testid", "data-component", "data-gu-name", "data-area", "data-qa")
_CONSENT = re.compile(
    r"(?:cookie|consent|gdpr|datenschutz)[\w-]*(?:banner|notice|bar|layer|dialog|pop-?up|modal|wall|hinweis)", re.I
)
_NOTICE = 200  # words that a notice on cookies has at most
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_TAG = re.compile(r"<[A-Za-z][\w:-]*[\s/>]")
_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}  # &#147; of old pages
_JOINERS = {0x200C: "\U000102a0", 0x200D: "\U000102a1"}  # trafilatura drops joiners; letters of Caria stand for them
_JOINERS_BACK = {ord(letter): code for code, letter in _JOINERS.items()}


def plain(text: str) -> str:
    """Return words as texts have them: single spaces, joiners back, nothing that is not drawn and no script needs."""
    if text.isascii():
        return " ".join(text.split())
    return SOFT.sub("", BIDI.sub("", " ".join(text.translate(_JOINERS_BACK).split())))


def key_of(words: str) -> str:
    """Return that by which words of a page and of its article are compared: white space does not count."""
    return "".join(words.split())


def words_in(element: Any, *, credits: bool = True) -> str:
    """Return the words in an element that a reader sees. credits: also those that name a photographer."""
    return plain(_flat(element, credits))


def _flat(element: Any, credits: bool = True) -> str:
    from lxml.etree import iterwalk

    parts: list[str] = [element.text or ""]
    unseen: Any = None  # in whose words nobody is interested
    for event, each in iterwalk(element, ("start", "end")):
        if each is element or (unseen is not None and each is not unseen):
            continue
        gap = " " if each.tag in _APART_IN_LINE else ""
        if event == "end":
            unseen = None
            parts += [gap, each.tail or ""]
        elif each.tag in _UNSEEN or (not credits and is_credit(each)):
            unseen = each
        else:
            parts += [gap, each.text or ""]
    return "".join(parts)


def names_of(element: Any) -> str:
    """Return what the author of a page calls an element."""
    return " ".join(element.get(each, "") for each in _NAMING)


def is_credit(element: Any) -> bool:
    """Whether an element names the photographer of the picture that it belongs to."""
    if element.tag not in ("small", "cite") and not _CREDIT.search(names_of(element)):
        return False
    return any(each.tag == "figcaption" or _CAPTION.search(names_of(each)) for each in element.iterancestors())


def is_apart(element: Any) -> bool:
    """Whether an element holds what stands on a page beside its article: menus, notices, forms, bylines."""
    return (
        element.tag in _APART
        or _SHELF.search(names_of(element)) is not None
        or element.get("role") in ("dialog", "navigation", "alert", "complementary")
    )


class PageTree:
    """A page as its author wrote it. root: its tree, of lxml. html: its source.

    Raises InputError where there is no HTML in it.
    """

    def __init__(self, html: str, name: str) -> None:
        self.html = html
        self.root = _parse(html, name)
        self._keys: dict[Any, str] = {}

    def key(self, element: Any) -> str:
        """Return the key of the words in an element."""
        if element not in self._keys:
            self._keys[element] = key_of(words_in(element))
        return self._keys[element]

    @cached_property
    def order(self) -> dict[Any, int]:
        """The place of every element on the page."""
        return {each: place for place, each in enumerate(self.root.iter())}

    @cached_property
    def blocks(self) -> list[Any]:
        """The elements that a reader sees as a line or a paragraph, in the order of the page."""
        return [
            each
            for each in self.root.iter(*_BLOCKS)
            if (each.tag in _WHOLE or next(_inner(each), None) is None) and self.key(each)
        ]

    @cached_property
    def by_key(self) -> dict[str, list[Any]]:
        """The blocks by their keys."""
        found: dict[str, list[Any]] = {}
        for each in self.blocks:
            found.setdefault(self.key(each), []).append(each)
        return found

    @cached_property
    def headline(self) -> Any | None:
        """The element with the headline: the only h1, else the one that is in the page's title, and all of it."""
        found = [each for each in self.root.iter("h1") if self.key(each)]
        if len(found) == 1:
            return found[0]
        title = key_of(plain(self.root.findtext(".//title") or ""))
        return max(
            (each for each in found if self.key(each) in title), key=lambda each: len(self.key(each)), default=None
        )

    @cached_property
    def captions(self) -> frozenset[str]:
        """The keys of captions: of whole ones, of their paragraphs, and of both without credits."""
        found = [each for each in self.root.iter("figcaption", "p", "div", "span", "dd") if _in_caption(each)]
        keys = (key for each in found for key in (self.key(each), key_of(words_in(each, credits=False))))
        return frozenset(filter(None, keys))

    @cached_property
    def credits(self) -> frozenset[str]:
        """The keys of what names photographers."""
        return frozenset(key for each in self.root.iter(*_NAMED) if is_credit(each) and (key := self.key(each)))

    @cached_property
    def standfirsts(self) -> frozenset[str]:
        """The keys of what may be a summary of the article."""
        return frozenset(self.key(each) for each in self.blocks if STANDFIRST.search(names_of(each)))

    def is_teaser(self, key: str) -> bool:
        """Whether a block is, or stands below, a headline that leads to another page, in a box with little else."""
        for element in self.by_key.get(key, ()):
            for above in (element, *list(element.iterancestors())[:3]):
                if len(self.key(above)) > _TEASER:
                    break
                if any(_is_link(each) for each in above.iter(*HEADINGS)):
                    return True
        return False


def _parse(html: str, name: str) -> Any:
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True)
    try:
        root = document_fromstring(_NO_TEXT.sub("", html).encode(), parser=parser) if _TAG.search(html) else None
    except (etree.LxmlError, ValueError):
        root = None
    if root is None:
        raise InputError(f"{name} holds no HTML.\nHint: if it is plain text, name the file .txt.")
    letters = str.maketrans({**_WINDOWS, **_JOINERS, 0xAD: None})
    for element in root.iter():
        if element.tag == "script":
            continue
        for part in ("text", "tail"):
            words = getattr(element, part)
            if words and not words.isascii():
                setattr(element, part, words.translate(letters))
        if element.tag == "meta" and (said := element.get("content")):
            element.set("content", said.translate(letters))
        elif element.tag == "q":  # browsers draw the marks
            element.text, element.tail = f"“{element.text or ''}", f"”{element.tail or ''}"
            element.tag = "span"
    return root


def _inner(element: Any) -> Iterator[Any]:
    return element.iterdescendants(*_BLOCKS, "table", "ul", "ol", "figure", "article")  # type: ignore[no-any-return]


def _is_within(element: Any, *tags: str) -> bool:
    return next(element.iterancestors(*tags), None) is not None


def _in_caption(element: Any) -> bool:
    return (
        element.tag == "figcaption"
        or _CAPTION.search(names_of(element)) is not None
        or _is_within(element, "figcaption")
    )


def _is_link(heading: Any) -> bool:
    """Whether all words of a heading are a link to another page."""
    around = next(heading.iterancestors("a"), None)
    if around is not None:
        return _leads_on(around)
    links = [each for each in heading.iter("a") if _leads_on(each)]
    return key_of(heading.text_content()) == key_of("".join(each.text_content() for each in links)) != ""


def _leads_on(link: Any) -> bool:
    """Whether a link leads to another page; headings of live blogs have links to their own place."""
    return "#" not in link.get("href", "#")


def prepared(root: Any) -> Any:
    """Return a copy of a tree in the form in which trafilatura takes the most of it.

    It leaves out figures, times, feet of quotations and tables: captions, times in a sentence and the names below a
    quotation become paragraphs and words, and tables that lay out a page plain containers.
    """
    from copy import deepcopy

    from lxml.etree import strip_elements

    root = deepcopy(root)
    strip_elements(root, "noscript", "template", "amp-consent", with_tail=False)
    for notice in [
        each for each in root.iter("div", "section", "aside", "p", "form") if _CONSENT.search(names_of(each))
    ]:
        if len(_flat(notice).split()) <= _NOTICE and notice.getparent() is not None:
            notice.drop_tree()
    for caption in [each for each in root.iter("figcaption", "p", "div", "span", "dd") if _is_caption(each)]:
        _set_free(caption)
    for heading in list(root.iter(*HEADINGS)):
        for link in [each for each in heading.iter("a") if not _leads_on(each)]:
            link.drop_tag()
    for time in list(root.iter("time")):
        if _is_within(time, "p", "li", "blockquote") and key_of(words_in(time.getparent())) != key_of(words_in(time)):
            time.tag = "span"
            time.attrib.clear()
    for foot in list(root.iter("footer")):
        if _is_within(foot, "blockquote"):
            foot.tag = "p"
    for table in list(root.iter("table")):
        if _lays_out(table):
            parts = [table, *table.iter("tbody", "thead", "tfoot", "tr", "td", "th")]
            for part in [each for each in parts if each is table or next(each.iterancestors("table")) is table]:
                part.tag = "div"
                part.attrib.clear()
    return root


def _is_caption(element: Any) -> bool:
    """Whether an element is a whole caption."""
    if element.tag == "figcaption":
        return True
    is_named = _CAPTION.search(names_of(element)) is not None
    return (
        is_named and not _is_within(element, "figure") and next(element.iter("img", "picture", "video"), None) is None
    )


def _set_free(caption: Any) -> None:
    """Put the paragraphs of a caption, then its credits, in the place of its figure; not if that is a link."""
    from lxml.etree import Element, SubElement

    figure = next(
        (
            each
            for each in caption.iterancestors()
            if each.tag == "figure" or (_CAPTION.search(names_of(each)) and next(each.iter("img"), None) is not None)
        ),
        caption,
    )
    if _is_within(figure, "a") or figure.getparent() is None:
        return
    credits = [each for each in caption.iter(*_NAMED) if is_credit(each)]
    paragraphs = [each for each in caption.iter("p") if each not in credits] or [caption]
    said = [*(_flat(each, credits=False) for each in paragraphs), *map(_flat, credits)]
    shell = Element("div")
    shell.tail = figure.tail
    for words in said:
        if words.strip():
            SubElement(shell, "p").text = words
    figure.getparent().replace(figure, shell)


def _lays_out(table: Any) -> bool:
    """Whether a table lays out a page, and is none of data: it holds headings, paragraphs, tables, or long cells."""
    if next(table.iterdescendants("table", "p", "h1", "h2", "h3", "ul"), None) is not None:
        return True
    return any(len(cell.findall(".//br")) > 1 and len(_flat(cell)) > _LONG_CELL for cell in table.iter("td"))
