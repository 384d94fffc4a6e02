"""A page that a notebook shows, or writes to a file."""

from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from stancebank.errors import InputError
from stancebank.pictures.page import require_page
from stancebank.records import write_text
from stancebank.view.article import make_article
from stancebank.view.collection import Collection
from stancebank.view.dossier import make_dossier, title_of
from stancebank.view.folder import MOST


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page. html: the whole of it, as a file holds it."""

    title: str
    html: str = field(repr=False)

    def write(self, path: str | Path) -> Path:
        """Write the page to a file, and return where. Raises InputError where that is taken by something else."""
        path = Path(path)
        require_page(path)
        write_text(path, self.html)
        return path

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, which can reach neither the notebook nor anything else."""
        return (
            f'<iframe title="{escape(self.title)}" sandbox="allow-scripts" width="100%" height="640" '
            f'srcdoc="{escape(self.html)}"></iframe>'
        )


def show_dossier(collection: Collection) -> ShownPage:
    """Return the dossier of a collection as a page. Raises InputError where it has more articles than a page takes."""
    if len(collection.article_ids) > MOST:
        raise InputError(
            f"{collection.name} has more than {MOST} articles, which are too many for one page.\n"
            "Hint: `stancebank view` writes a folder of pages."
        )
    return ShownPage(title_of(collection), make_dossier(collection))


def show_article(collection: Collection, article_id: str) -> ShownPage:
    """Return the page of an article. Raises InputError where there is none of that id."""
    return ShownPage(article_id, make_article(collection, article_id))
